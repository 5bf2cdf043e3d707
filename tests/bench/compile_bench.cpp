// SPDX-License-Identifier: Apache-2.0
// What compiling costs and yields: time from resolved profile to image bytes,
// and the image's size, for growing numbers of rules and for the profiles named
// as arguments (includes come from ./profiles). Prints, with --json one object a
// line; asserts nothing.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "lsm/abi/image.h"
#include "manager/image/builder.h"
#include "manager/image/reader.h"
#include "manager/profile/load.h"
#include "tests/unit/generate.h"

namespace glacis {
namespace {

// Of this process: what others do on the machine meanwhile does not count.
double cpu_ms() { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <typename Work>
double median_ms(Work work) {
  std::vector<double> times;
  for (int i = 0; i < 11; ++i) {
    const double begin = cpu_ms();
    work();
    times.push_back(cpu_ms() - begin);
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

bool as_json = false;

void report_refused(nlohmann::json row, const Error& error, double ms) {
  row["refused"] = error.what;
  row["refused_ms"] = ms;
  if (as_json) return fmt::print("{}\n", row.dump());
  fmt::print("{:<24} refused after {:.1f} ms: {}\n", row["name"].get<std::string>(), ms,
             error.what);
}

void report(const std::string& name, const profile::ResolvedProfile& profile, double load = 0) {
  nlohmann::json row{{"name", name}, {"rules", profile.rules.size()}};
  const auto image = image::build(profile);
  if (!image) {
    const double begin = cpu_ms();
    const auto again = image::build(profile);
    return report_refused(row, again.error(), cpu_ms() - begin);
  }
  const double build = median_ms([&] { (void)image::build(profile); });
  const double read = median_ms([&] { (void)image::read(image->bytes); });
  const auto size = image->bytes.size();
  const auto class_bytes = image::size_class_bytes(image::size_class(size).value());
  const image::BuildStats& s = image->stats;
  if (as_json) {
    row.update({{"build_ms", build},
                {"read_ms", read},
                {"load_ms", load},
                {"bytes", size},
                {"class_bytes", class_bytes},
                {"states", s.states}});
    return fmt::print("{}\n", row.dump());
  }
  fmt::print(
      "{:<24} {:>5} rules {:>8.2f} ms build {:>6.2f} ms read {:>8} bytes (class {:>4}K) "
      "{:>6} states ({} before) {:>6} edges {:>3} classes\n",
      name, profile.rules.size(), build, read, size, class_bytes / 1024, s.states, s.raw_states,
      s.transitions, s.classes);
  if (load > 0) fmt::print("{:<24} and {:.2f} ms from text to rules\n", "", load);
}

profile::ResolvedProfile pathological(std::vector<std::string> globs) {
  return generate::profile_of(globs, GL_FILE_READ);
}

// From the profile's text on, as `glacis compile` does it.
void report_file(const std::filesystem::path& path) {
  profile::LoadOptions options;
  options.search = {"profiles"};
  std::optional<profile::ResolvedProfile> profile;
  const auto load = [&] {
    diag::Diagnostics diagnostics;
    diag::SourceSet sources;
    profile = profile::load_profile(path, options, diagnostics, sources);
  };
  const double ms = median_ms(load);
  if (!profile) return fmt::print("{}: has errors; see glacis check\n", path.string());
  report(path.filename().string(), *profile, ms);
}

int run(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json")
      as_json = true;
    else
      report_file(argv[i]);
  }
  for (const unsigned rules : {10u, 60u, 100u, 1000u, 2000u, 5000u})
    report(fmt::format("service x {}", rules), generate::service_profile(rules));
  std::vector<std::string> directories, files, anywhere;
  for (unsigned i = 0; i < 1000; ++i) directories.push_back(fmt::format("/dir_{}/**", i));
  for (unsigned i = 0; i < 1000; ++i) files.push_back(fmt::format("/usr/share/data/file_{}", i));
  for (unsigned i = 0; i < 20; ++i) anywhere.push_back(fmt::format("/**/secret_{}/**", i));
  report("1000 directories", pathological(directories));
  report("1000 files", pathological(files));
  report("20 x /**/name/**", pathological(anywhere));
  report("?-tail", pathological({"/x/?????????????????a**"}));
  report("many **", pathological({"/**a/**b/**c/**d/**e/**f/**g/**h/**i/**j/**k/**l**"}));
  return 0;
}

}  // namespace
}  // namespace glacis

int main(int argc, char** argv) { return glacis::run(argc, argv); }

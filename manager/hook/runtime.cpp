// SPDX-License-Identifier: Apache-2.0
// glacis-oci-runtime: stands where an engine without hooks of its own (docker,
// containerd) expects a runtime. Before a container is made, the config.json of its
// bundle gets the hook and the profile's filter of system calls; then the true
// runtime runs, with the same words. What fails is told to who started us, and no
// container is made.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <vector>

#include "manager/backend/seccomp/oci.h"
#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/image/reader.h"
#include "manager/kernel/enforcer.h"
#include "manager/oci/choice.h"
#include "manager/oci/config.h"
#include "manager/oci/edit.h"
#include "manager/oci/settings.h"

namespace glacis::hook {
namespace {

constexpr int failed = 1;

// The filter of the image that is in force.
Status put_filter(oci::Json& config, const std::string& profile) {
  auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (!*enforcer) return fail(Exit::usage, "no profile is loaded on this host");
  const auto bytes = (*enforcer)->image(profile);
  if (!bytes) return std::unexpected(bytes.error());
  const auto image = image::read(*bytes);
  if (!image) return std::unexpected(image.error());
  const seccomp::Policy policy = seccomp::policy_of(*image);
  const auto text = seccomp::oci_json(policy, seccomp::this_machine(), nullptr);
  if (!text) return std::unexpected(text.error());
  const auto filter = oci::parse_object(*text, "the filter");
  if (!filter) return std::unexpected(filter.error());
  return oci::add_seccomp(config, *filter,
                          policy.list ? oci::Filter::refuses_others : oci::Filter::refuses_some);
}

Status edit(const std::string& bundle, const oci::Settings& settings, const std::string& hook) {
  const std::string path = bundle + "/config.json";
  const auto text = read_file(path, oci::config_max);
  if (!text) return std::unexpected(text.error());
  const auto parsed = oci::parse_config(*text, bundle);
  if (!parsed) return std::unexpected(parsed.error());
  const auto choice = oci::choose(parsed->annotations, settings);
  if (!choice) return std::unexpected(choice.error());
  if (choice->profile.empty()) return {};
  auto config = oci::parse_object(*text, "config.json");
  if (!config) return std::unexpected(config.error());
  if (auto done = oci::add_hooks(*config, hook); !done) return done;
  if (auto done = put_filter(*config, choice->profile); !done) return done;
  struct stat about{};
  const bool known = ::stat(path.c_str(), &about) == 0;
  return write_file(path, config->dump(), known ? about.st_mode & 0777 : 0600);
}

Status run(char** words, const oci::Call& call) {
  const auto settings = oci::read_settings();
  if (!settings) return std::unexpected(settings.error());
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(Exit::bug, "cannot tell which program this is");
  if (std::filesystem::equivalent(own, settings->runtime, error))
    return fail(Exit::usage, fmt::format("{}: `oci.runtime` is this program", oci::settings_file));
  if (call.makes)
    if (auto done = edit(call.bundle, *settings, own.parent_path() / "glacis-oci-hook"); !done)
      return done;
  ::execv(settings->runtime.c_str(), words);
  return fail(Exit::usage,
              fmt::format("cannot execute {}: {}", settings->runtime, std::strerror(errno)));
}

// On stderr, and as runc would write it to the log that its engine reads.
int tell(const Error& error, const std::string& log) {
  std::string line = "glacis-oci-runtime: " + error.what;
  if (!error.next.empty()) line += " (" + error.next + ")";
  line = escape(line, Backslash::keep);
  fmt::print(stderr, "{}\n", line);
  if (!log.empty())
    std::ofstream(log, std::ios::app)
        << oci::Json{{"level", "error"}, {"msg", line}}.dump() << '\n';
  return failed;
}

}  // namespace
}  // namespace glacis::hook

int main(int argc, char** argv) {
  using namespace glacis;
  std::string log;
  try {
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    const oci::Call call = oci::parse_call(words);
    log = call.log;
    const Status done = hook::run(argv, call);
    return done ? 0 : hook::tell(done.error(), log);
  } catch (const std::exception& failure) {
    return hook::tell({Exit::bug, std::string("internal failure: ") + failure.what(), {}, {}}, log);
  }
}

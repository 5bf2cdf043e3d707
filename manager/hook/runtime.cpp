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
#include <string_view>
#include <vector>

#include "manager/base/file.h"
#include "manager/hook/prepare.h"
#include "manager/hook/tell.h"
#include "manager/oci/config.h"
#include "manager/oci/edit.h"
#include "manager/oci/settings.h"

namespace glacis::hook {
namespace {

Status edit(const std::string& bundle, const oci::Settings& settings, const std::string& hook) {
  const std::string path = bundle + "/config.json";
  const auto text = read_file(path, oci::config_max);
  if (!text) return std::unexpected(text.error());
  const auto edited = prepare(*text, bundle, settings, hook);
  if (!edited) return std::unexpected(edited.error());
  if (*edited == *text) return {};
  struct stat about{};
  const bool known = ::stat(path.c_str(), &about) == 0;
  return write_file(path, *edited, known ? about.st_mode & 0777 : 0600);
}

Status run(char** words, const oci::Call& call) {
  const auto settings = oci::read_settings();
  if (!settings) return std::unexpected(settings.error());
  const auto own = own_path();
  if (!own) return std::unexpected(own.error());
  std::error_code error;
  if (std::filesystem::equivalent(*own, settings->runtime, error))
    return fail(Exit::usage, fmt::format("{}: `oci.runtime` is this program", oci::settings_file));
  if (call.makes)
    if (auto done = edit(call.bundle, *settings, own->parent_path() / "glacis-oci-hook"); !done)
      return done;
  ::execv(settings->runtime.c_str(), words);
  return fail(Exit::usage,
              fmt::format("cannot execute {}: {}", settings->runtime, std::strerror(errno)));
}

int tell(std::string_view why, const std::string& log) {
  const std::string line = fmt::format("glacis-oci-runtime: {}", why);
  fmt::print(stderr, "{}\n", line);
  add_to_log(log, line);
  return refused;
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
    return done ? 0 : hook::tell(hook::line_of(done.error()), log);
  } catch (const std::exception& failure) {
    return hook::tell(std::string("internal failure: ") + failure.what(), log);
  }
}

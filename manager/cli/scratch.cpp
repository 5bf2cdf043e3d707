// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/scratch.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <system_error>

namespace glacis::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInstalled = "/usr/libexec/glacis/selftest";

}  // namespace

Result<Scratch> Scratch::make(std::string_view prefix) {
  std::string name = fmt::format("/var/tmp/{}.XXXXXX", prefix);
  if (!::mkdtemp(name.data()))
    return fail(Exit::usage, fmt::format("cannot make a folder in /var/tmp: {}",
                                         std::generic_category().message(errno)));
  return Scratch(name);
}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

fs::path selftest_folder() {
  std::error_code error;
  if (fs::is_directory(kInstalled, error)) return kInstalled;
  return fs::read_symlink("/proc/self/exe", error).parent_path() / "../../selftest";
}

}  // namespace glacis::cli

// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"

namespace glacis::evidence {
namespace {

std::unexpected<Error> no_folder(const char* what, const std::filesystem::path& path, int error) {
  const bool rights = error == EACCES || error == EPERM;
  return fail(rights ? Exit::not_permitted : Exit::usage,
              fmt::format("cannot {} the folder {}: {}", what, escape(path.native()),
                          std::generic_category().message(error)),
              rights ? "run the command as root" : "make room for it and run the command again",
              "events that were not recorded stay in the kernel's ring");
}

}  // namespace

Status make_folder(const std::filesystem::path& folder) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return {};
  if (auto status = make_folder(folder.parent_path()); !status) return status;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return no_folder("make", folder, errno);
  return {};
}

Status sync_folder(const std::filesystem::path& folder) {
  const Fd fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return no_folder("save", folder, errno);
  return {};
}

}  // namespace glacis::evidence

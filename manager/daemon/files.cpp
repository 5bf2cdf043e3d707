// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"

namespace glacis::daemon {
namespace {

using Kind = ReadFailure::Kind;

std::unexpected<ReadFailure> refuse(Kind kind, std::string what) {
  return std::unexpected(ReadFailure{kind, std::move(what)});
}

std::unexpected<ReadFailure> not_opened(int error) {
  if (error == ENOENT) return refuse(Kind::missing, std::generic_category().message(error));
  if (error == ELOOP) return refuse(Kind::not_regular, "is a symbolic link");
  if (error == ENOTDIR) return refuse(Kind::not_regular, "is no folder, or a symbolic link");
  return refuse(Kind::unreadable, std::generic_category().message(error));
}

std::expected<struct stat, ReadFailure> trusted(int fd, uid_t owner) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return not_opened(errno);
  if (info.st_uid != owner)
    return refuse(Kind::unreadable, fmt::format("belongs to user {}, not {}", info.st_uid, owner));
  if (info.st_mode & (S_IWGRP | S_IWOTH))
    return refuse(Kind::unreadable, "can be written by others than its owner");
  return info;
}

std::expected<Fd, ReadFailure> open_folder(const fs::path& folder, uid_t owner) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return not_opened(errno);
  if (const auto info = trusted(fd.get(), owner); !info)
    return refuse(info.error().kind,
                  fmt::format("the folder {} {}", escape(folder.native()), info.error().what));
  return fd;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

std::expected<std::string, ReadFailure> TrustedFiles::read(const fs::path& path) const {
  const auto folder = open_folder(path.parent_path(), owner_);
  if (!folder) return std::unexpected(folder.error());
  // O_NONBLOCK: a named pipe must be refused, not waited for.
  const Fd fd(::openat(folder->get(), path.filename().c_str(),
                       O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  if (!fd) return not_opened(errno);
  const auto info = trusted(fd.get(), owner_);
  if (!info) return std::unexpected(info.error());
  if (!S_ISREG(info->st_mode)) return refuse(Kind::not_regular, "is no regular file");
  return read_descriptor(fd.get(), profile::largest_file);
}

std::expected<std::vector<std::string>, ReadFailure> TrustedFiles::list(
    const fs::path& folder) const {
  std::vector<std::string> names;
  auto fd = open_folder(folder, owner_);
  if (!fd && fd.error().kind == Kind::missing) return names;
  if (!fd) return std::unexpected(fd.error());
  const std::unique_ptr<DIR, CloseFolder> open(::fdopendir(fd->get()));
  if (!open) return not_opened(errno);
  (void)fd->release();  // closedir(3) closes it
  errno = 0;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return not_opened(errno);
  std::ranges::sort(names);
  return names;
}

Profiles find_profiles(const profile::Files& files, const std::vector<fs::path>& folders) {
  Profiles out;
  for (const fs::path& folder : folders) {
    const auto names = files.list(folder / "profiles");
    if (!names) {
      out.problems.push_back(
          fmt::format("{}: {}", escape((folder / "profiles").native()), names.error().what));
      continue;
    }
    // Editors leave names that begin with a dot while they write.
    for (const std::string& name : *names)
      if (name.ends_with(".toml") && !name.starts_with('.'))
        out.files[name] = folder / "profiles" / name;
  }
  return out;
}

}  // namespace glacis::daemon

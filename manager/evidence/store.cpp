// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/evidence/folder.h"
#include "manager/evidence/names.h"

namespace glacis::evidence {
namespace {

using Path = std::filesystem::path;

constexpr const char* kUnchanged = "events that were not recorded stay in the kernel's ring";

std::unexpected<Error> cannot(const char* what, const Path& path, int error) {
  const bool rights = error == EACCES || error == EPERM;
  return fail(rights ? Exit::not_permitted : Exit::usage,
              fmt::format("cannot {} the evidence log {}: {}", what, escape(path.native()),
                          std::generic_category().message(error)),
              rights ? "run the command as root" : "make room for it and run the command again",
              kUnchanged);
}

Status wait_for_lock(int fd, const Path& path, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return cannot("lock", path, errno);
    if (std::chrono::steady_clock::now() >= until)
      return fail(
          Exit::usage,
          fmt::format("the evidence log {} is in use by another command", escape(path.native())),
          "run the command again when that one has ended", kUnchanged);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

// A log that others own or may write to proves nothing.
Status check_file(const struct stat& file, const Path& path) {
  const auto refuse = [&](const char* why) {
    return fail(Exit::not_permitted,
                fmt::format("the evidence log {} {}", escape(path.native()), why),
                "move it away: a new one is made", kUnchanged);
  };
  if (!S_ISREG(file.st_mode)) return refuse("is no regular file");
  if (file.st_uid != ::geteuid()) return refuse("belongs to another user");
  if (file.st_mode & (S_IWGRP | S_IWOTH)) return refuse("can be written by other users");
  return {};
}

// The file may have been moved away while the lock was awaited.
bool still_named(const struct stat& file, const Path& path) {
  struct stat named{};
  return ::lstat(path.c_str(), &named) == 0 && named.st_dev == file.st_dev &&
         named.st_ino == file.st_ino;
}

}  // namespace

Result<Store> Store::open(const Where& where, std::chrono::milliseconds patience) {
  const Path& path = where.log;
  if (auto status = make_folder(path.parent_path()); !status)
    return std::unexpected(status.error());
  for (;;) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                 0600));
    if (!fd) return cannot("open", path, errno);
    struct stat file{};
    if (::fstat(fd.get(), &file) != 0) return cannot("open", path, errno);
    if (auto status = check_file(file, path); !status) return std::unexpected(status.error());
    if (auto status = wait_for_lock(fd.get(), path, patience); !status)
      return std::unexpected(status.error());
    if (!still_named(file, path)) continue;
    Store store(std::move(fd), where);
    if (auto status = store.load(); !status) return std::unexpected(status.error());
    return store;
  }
}

Result<std::uint64_t> Store::size() const {
  struct stat file{};
  if (::fstat(fd_.get(), &file) != 0) return cannot("read", path(), errno);
  return static_cast<std::uint64_t>(file.st_size);
}

Status Store::write(std::string_view bytes) {
  const auto before = size();
  if (!before) return std::unexpected(before.error());
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t done = ::write(fd_.get(), rest.data(), rest.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) {
      const int error = done < 0 ? errno : ENOSPC;
      // If this fails too, the next to open the log ends the torn line.
      if (::ftruncate(fd_.get(), static_cast<off_t>(*before)) != 0)
        return cannot("repair", path(), errno);
      return cannot("write", path(), error);
    }
    rest.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

// A checkpoint is a record too wherever the number of records passes a multiple of
// this, so that a part of a log proves something by itself.
constexpr std::uint64_t kSignedEvery = 256;

Status Store::append(std::span<const std::string> lines) {
  if (auto status = adopt_key(); !status) return status;
  return add(lines);
}

Status Store::add(std::span<const std::string> lines) {
  Position at = position_;
  std::string bytes;
  for (const std::string& line : lines) {
    auto record = parse_canonical(line);
    if (!record) return fail(Exit::bug, "what should be recorded is no record", "", kUnchanged);
    bytes += chained(std::move(*record), at) + '\n';
    if (keys_ && at.count % kSignedEvery == 0) bytes += chained(checkpoint_record(at), at) + '\n';
  }
  if (auto status = write(bytes); !status) return status;
  position_ = at;
  return {};
}

Canonical Store::checkpoint_record(const Position& at) const {
  const std::string time = time_text(here(0).now);
  return {{"schema", checkpoint_schema},
          {"time", time},
          {"note", sign_note({header_.log, at, time}, keys_->current())}};
}

// Without its checkpoint the log is as durable, and can be signed by the next batch.
Status Store::sync() {
  if (::fdatasync(fd_.get()) != 0) return cannot("save", path(), errno);
  if (!keys_) return {};
  const auto note = sign_note({header_.log, position_, time_text(here(0).now)}, keys_->current());
  if (auto status = write_file(checkpoint_path(path()), note, 0600); !status)
    trouble_ = status.error();
  return {};
}

Path checkpoint_path(const Path& log) { return log.native() + ".checkpoint"; }

}  // namespace glacis::evidence

// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "manager/base/escape.h"
#include "manager/evidence/lines.h"

namespace glacis::evidence {
namespace {

using Json = nlohmann::ordered_json;
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

Status make_folder(const Path& folder) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return {};
  if (auto status = make_folder(folder.parent_path()); !status) return status;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return cannot("make the folder of", folder, errno);
  return {};
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

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The numbers that a line takes up, if it tells of the ring.
struct Told {
  std::uint64_t last = 0;
  std::optional<std::uint64_t> seq;
};

std::optional<std::uint64_t> number(const Json& line, const char* key) {
  const auto at = line.find(key);
  if (at == line.end() || !at->is_number_unsigned()) return std::nullopt;
  return at->get<std::uint64_t>();
}

std::string_view text(const Json& line, const char* key) {
  const auto at = line.find(key);
  return at != line.end() && at->is_string() ? at->get_ref<const std::string&>()
                                             : std::string_view();
}

std::optional<Told> told(const Json& line) {
  const std::string_view schema = text(line, "schema");
  const auto seq = number(line, "seq");
  if (schema == event_schema || schema == undecoded_schema) return Told{seq.value_or(0), seq};
  if (schema == gap_schema) return Told{number(line, "to").value_or(0), std::nullopt};
  return std::nullopt;
}

}  // namespace

Result<Store> Store::open(const Path& path, std::chrono::milliseconds patience) {
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
    Store store(std::move(fd), path);
    if (auto status = store.repair(); !status) return std::unexpected(status.error());
    return store;
  }
}

Result<std::uint64_t> Store::size() const {
  struct stat file{};
  if (::fstat(fd_.get(), &file) != 0) return cannot("read", path_, errno);
  return static_cast<std::uint64_t>(file.st_size);
}

// A line that lacks only its end is whole.
Status Store::repair() {
  const auto bytes = size();
  if (!bytes) return std::unexpected(bytes.error());
  std::vector<std::string> lines;
  auto status = read_lines_back(fd_.get(), *bytes, [&](const Line& line) {
    if (line.ended) return false;
    lines.emplace_back();
    if (line.too_long || !Json::accept(line.text))
      lines.push_back(torn_line(*bytes - line.text.size(), line.text.size(), now()));
    return false;
  });
  if (!status) return status;
  return lines.empty() ? Status() : append(lines);
}

Status Store::append(std::span<const std::string> lines) {
  const auto before = size();
  if (!before) return std::unexpected(before.error());
  std::string bytes;
  for (const std::string& line : lines) bytes += line + '\n';
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t done = ::write(fd_.get(), rest.data(), rest.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) {
      const int error = done < 0 ? errno : ENOSPC;
      // If this fails too, the next to open the log ends the torn line.
      if (::ftruncate(fd_.get(), static_cast<off_t>(*before)) != 0)
        return cannot("repair", path_, errno);
      return cannot("write", path_, error);
    }
    rest.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Status Store::sync() {
  if (::fdatasync(fd_.get()) != 0) return cannot("save", path_, errno);
  return {};
}

Result<Tail> Store::tail(const Origin& origin, std::size_t count) const {
  const auto bytes = size();
  if (!bytes) return std::unexpected(bytes.error());
  Tail out;
  auto status = read_lines_back(fd_.get(), *bytes, [&](const Line& line) {
    const Json json = Json::parse(line.text, nullptr, false);
    if (!json.is_object()) return true;  // a corrupt line says nothing
    const auto of = told(json);
    if (!of) return true;
    if (text(json, "boot") != origin.boot || number(json, "ring") != origin.ring) return false;
    out.known = true;
    out.last = std::max(out.last, of->last);
    if (of->seq) out.seqs.insert(*of->seq);
    return --count > 0;
  });
  if (!status) return std::unexpected(status.error());
  return out;
}

}  // namespace glacis::evidence

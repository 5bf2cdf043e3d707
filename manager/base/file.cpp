// SPDX-License-Identifier: Apache-2.0
#include "manager/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"

namespace glacis {
namespace {

using Kind = ReadFailure::Kind;

std::string reason(int error) { return std::generic_category().message(error); }

Exit exit_of(int error) {
  const bool refused = error == EACCES || error == EPERM || error == EROFS;
  return refused ? Exit::not_permitted : Exit::usage;
}

std::unexpected<ReadFailure> refuse(Kind kind, std::string what) {
  return std::unexpected(ReadFailure{kind, std::move(what)});
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "is a directory";
  if (S_ISFIFO(mode)) return "is a named pipe";
  if (S_ISSOCK(mode)) return "is a socket";
  return "is a device";
}

Status write_all(int fd, std::string_view bytes, const std::string& shown) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      return fail(exit_of(errno), fmt::format("cannot write {}: {}", shown, reason(errno)));
    }
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

}  // namespace

std::expected<std::string, ReadFailure> read_descriptor(int fd, std::size_t limit) {
  std::string bytes;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(Kind::unreadable, reason(errno));
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(got));
    if (bytes.size() > limit) {
      return refuse(Kind::too_large, fmt::format("is larger than {} bytes", limit));
    }
  }
}

std::expected<std::string, ReadFailure> read_whole(const std::filesystem::path& path,
                                                   std::size_t limit) {
  // O_NONBLOCK: a named pipe must be refused, not waited for.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return refuse(missing ? Kind::missing : Kind::unreadable, reason(errno));
  }
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return refuse(Kind::unreadable, reason(errno));
  if (!S_ISREG(info.st_mode)) return refuse(Kind::not_regular, kind_of(info.st_mode));
  return read_descriptor(fd.get(), limit);
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  auto bytes = read_whole(path, limit);
  if (bytes) return std::move(*bytes);
  return fail(Exit::usage,
              fmt::format("cannot read {}: {}", Untrusted(path.native()), bytes.error().what));
}

Status write_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode) {
  const std::string shown = Untrusted(path.native()).escaped();
  std::string temporary = path.native() + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail(exit_of(errno), fmt::format("cannot write {}: {}", shown, reason(errno)));
  Status status = write_all(fd.get(), bytes, shown);
  if (status && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
                 ::rename(temporary.c_str(), path.c_str()) != 0)) {
    status = fail(exit_of(errno), fmt::format("cannot write {}: {}", shown, reason(errno)));
  }
  if (!status) {
    ::unlink(temporary.c_str());
    status.error().unchanged = "the file is as it was";
  }
  return status;
}

}  // namespace glacis

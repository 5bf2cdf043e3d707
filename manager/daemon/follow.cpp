// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/follow.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manager/evidence/lines.h"

namespace glacis::daemon {
namespace {

constexpr std::size_t chunk = 64u << 10;
constexpr int chunks_at_once = 16;

}  // namespace

bool Follow::reopen(bool at_end) {
  fd_ = Fd(::open(log_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info{};
  if (!fd_ || ::fstat(fd_.get(), &info) != 0) return false;
  offset_ = at_end ? static_cast<std::uint64_t>(info.st_size) : 0;
  part_.clear();
  return true;
}

void Follow::skip() { reopen(true); }

bool Follow::replaced() const {
  struct stat own{}, named{};
  return ::lstat(log_.c_str(), &named) == 0 &&
         (::fstat(fd_.get(), &own) != 0 || own.st_ino != named.st_ino ||
          own.st_dev != named.st_dev);
}

void Follow::next(const std::function<void(const std::string&)>& each) {
  if (!fd_ && !reopen(false)) return;
  std::string buffer(chunk, '\0');
  for (int i = 0; i < chunks_at_once; ++i) {
    const ssize_t got =
        ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset_));
    if (got <= 0) {
      if (!replaced() || !reopen(false)) return;
      continue;
    }
    offset_ += static_cast<std::uint64_t>(got);
    std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      part_ += rest.substr(0, end);
      each(part_);
      part_.clear();
      rest.remove_prefix(end + 1);
    }
    part_ += rest;
    // No record is as long: what is there is not a log.
    if (part_.size() > evidence::longest_line) part_.clear();
  }
}

}  // namespace glacis::daemon

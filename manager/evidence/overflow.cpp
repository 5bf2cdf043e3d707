// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/overflow.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/evidence/folder.h"
#include "manager/evidence/lines.h"
#include "manager/evidence/peek.h"

namespace glacis::evidence {
namespace {

std::unexpected<Error> no_overflow(const char* what, const std::filesystem::path& file, int error) {
  return fail(Exit::usage,
              fmt::format("cannot {} {}: {}", what, escape(file.native()),
                          std::generic_category().message(error)),
              "", "events that were not recorded stay in the kernel's ring");
}

// Who can write the file could make records up.
bool is_ours(int fd) {
  struct stat file{};
  return ::fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == ::geteuid() &&
         (file.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

Result<std::vector<std::string>> Overflow::lines() const {
  std::vector<std::string> out;
  const Fd fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) return out;
  if (!fd) return no_overflow("read", file_, errno);
  if (!is_ours(fd.get())) return no_overflow("trust", file_, EPERM);
  // A line that was cut off was never told to the kernel as recorded.
  auto status = read_lines(fd.get(), [&](const Line& line) {
    if (line.ended && !line.too_long) out.emplace_back(line.text);
    return true;
  });
  if (!status) return std::unexpected(status.error());
  return out;
}

Status Overflow::add(std::span<const std::string> lines) const {
  if (auto status = make_folder(file_.parent_path()); !status) return status;
  const Fd fd(::open(file_.c_str(),
                     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  struct stat file{};
  if (!fd || ::fstat(fd.get(), &file) != 0) return no_overflow("write", file_, errno);
  if (!is_ours(fd.get())) return no_overflow("trust", file_, EPERM);
  std::string bytes;
  for (const std::string& line : lines) bytes += line + '\n';
  if (static_cast<std::uint64_t>(file.st_size) + bytes.size() > most_)
    return no_overflow("write", file_, EFBIG);
  const ssize_t done = ::write(fd.get(), bytes.data(), bytes.size());
  if (done == static_cast<ssize_t>(bytes.size()) && ::fdatasync(fd.get()) == 0) return {};
  const int error = done < 0 ? errno : ENOSPC;
  if (::ftruncate(fd.get(), file.st_size) != 0) return no_overflow("repair", file_, errno);
  return no_overflow("write", file_, error);
}

Status Overflow::clear() const {
  if (::unlink(file_.c_str()) != 0 && errno != ENOENT) return no_overflow("remove", file_, errno);
  return {};
}

Tail with_waiting(Tail tail, std::span<const std::string> waiting, const Origin& origin) {
  for (const std::string& line : waiting) {
    const auto about = peek(line);
    if (!about) continue;
    const std::string_view schema = peeked_text(about->schema);
    const bool gap = schema == gap_schema;
    if (!gap && schema != event_schema && schema != undecoded_schema) continue;
    const Origin own{std::string(peeked_text(about->boot)),
                     static_cast<std::uint32_t>(peeked_number(about->ring).value_or(0))};
    tail.newest = own;
    if (own != origin) continue;
    const auto number = peeked_number(gap ? about->to : about->seq);
    tail.known = true;
    tail.last = std::max(tail.last, number.value_or(0));
    if (!gap && number) tail.seqs.insert(*number);
  }
  return tail;
}

}  // namespace glacis::evidence

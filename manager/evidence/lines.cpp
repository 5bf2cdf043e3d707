// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/lines.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace glacis::evidence {
namespace {

constexpr std::size_t kChunk = 64u << 10;

// Bytes read at an offset: fewer than asked for only at the end of the file.
Result<std::size_t> read_at(int fd, char* to, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, to + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(Exit::usage, fmt::format("cannot read the evidence log: {}",
                                           std::generic_category().message(errno)));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

// A line as it grows; bytes past the bound are dropped.
class Growing {
 public:
  void append(std::string_view bytes) {
    const std::size_t room = longest_line - text_.size();
    too_long_ |= bytes.size() > room;
    text_.append(bytes.substr(0, room));
  }
  void prepend(std::string_view bytes) {
    const std::size_t room = longest_line - text_.size();
    too_long_ |= bytes.size() > room;
    text_.insert(0, bytes.substr(bytes.size() - std::min(room, bytes.size())));
  }
  [[nodiscard]] bool empty() const { return text_.empty() && !too_long_; }
  [[nodiscard]] Line line(std::uint64_t number, std::uint64_t offset, bool ended) const {
    return {number, offset, text_, ended, too_long_};
  }
  void clear() {
    text_.clear();
    too_long_ = false;
  }

 private:
  std::string text_;
  bool too_long_ = false;
};

}  // namespace

Status read_lines(const ReadMore& more, const EachLine& each) {
  std::vector<char> buffer(kChunk);
  Growing growing;
  std::uint64_t offset = 0, start = 0, number = 1;
  for (;;) {
    const auto got = more(buffer.data(), buffer.size());
    if (!got) return std::unexpected(got.error());
    std::string_view rest(buffer.data(), *got);
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      growing.append(rest.substr(0, end));
      if (!each(growing.line(number++, start, true))) return {};
      growing.clear();
      rest.remove_prefix(end + 1);
      start = offset + *got - rest.size();
    }
    growing.append(rest);
    offset += *got;
    if (*got < buffer.size()) break;
  }
  if (!growing.empty()) each(growing.line(number, start, false));
  return {};
}

Status read_lines(int fd, const EachLine& each) {
  std::uint64_t offset = 0;
  const auto more = [&](char* to, std::size_t size) {
    const auto got = read_at(fd, to, size, offset);
    offset += got.value_or(0);
    return got;
  };
  return read_lines(more, each);
}

// The text behind the last line end is a line that is not ended, if it is not empty.
Status read_lines_back(int fd, std::uint64_t size, const EachLine& each) {
  std::vector<char> buffer(kChunk);
  Growing growing;
  bool ended = false;
  for (std::uint64_t end = size; end > 0;) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(end, kChunk));
    const auto got = read_at(fd, buffer.data(), want, end - want);
    if (!got) return std::unexpected(got.error());
    if (*got != want) return fail(Exit::usage, "the evidence log became shorter while it was read");
    end -= want;
    std::string_view rest(buffer.data(), want);
    for (auto at = rest.rfind('\n'); at != rest.npos; at = rest.rfind('\n')) {
      growing.prepend(rest.substr(at + 1));
      if ((ended || !growing.empty()) && !each(growing.line(0, 0, ended))) return {};
      growing.clear();
      ended = true;
      rest = rest.substr(0, at);
    }
    growing.prepend(rest);
  }
  if (ended || !growing.empty()) each(growing.line(0, 0, ended));
  return {};
}

}  // namespace glacis::evidence

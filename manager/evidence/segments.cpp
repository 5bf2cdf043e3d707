// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/segments.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium/crypto_generichash.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <tuple>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/evidence/zstd.h"

namespace glacis::evidence {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 6;  // at least
constexpr std::string_view kUnchained = ".unchained";
constexpr std::string_view kCompressed = ".zst";
constexpr std::size_t kCopied = 64u << 10;

bool take_end(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

// STEM.NUMBER[.unchained]EXT[.zst]
std::optional<Segment> parse_name(const fs::path& log, std::string_view name) {
  Segment out;
  const std::string stem = log.stem().native() + ".", extension = log.extension().native();
  out.compressed = take_end(name, kCompressed);
  if (!name.starts_with(stem) || !take_end(name, extension)) return std::nullopt;
  out.unchained = take_end(name, kUnchained);
  if (name.size() < stem.size() + kDigits) return std::nullopt;
  name.remove_prefix(stem.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), out.number);
  if (error != std::errc() || end != name.data() + name.size() || out.number == 0)
    return std::nullopt;
  return out;
}

std::unexpected<Error> cannot_read(const fs::path& path, int error) {
  const bool rights = error == EACCES || error == EPERM;
  return fail(rights ? Exit::not_permitted : Exit::usage,
              fmt::format("cannot read the evidence log {}: {}", escape(path.native()),
                          std::generic_category().message(error)),
              rights ? "run the command as root" : "");
}

bool same_file(const fs::path& one, const fs::path& other) {
  struct stat a{}, b{};
  return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

bool same_segment(const Segment& a, const Segment& b) {
  return a.number == b.number && a.unchained == b.unchained;
}

Result<std::size_t> read_plain(int fd, const fs::path& path, char* to, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, to + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

using WithBytes = std::function<Status(const ReadMore&)>;

Status with_bytes(const Segment& segment, const WithBytes& use) {
  const Fd fd(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  // It was compressed since its name was read.
  if (!fd && errno == ENOENT && segment.number != 0 && !segment.compressed)
    return with_bytes(
        {segment.path.native() + std::string(kCompressed), segment.number, segment.unchained, true},
        use);
  if (!fd) return cannot_read(segment.path, errno);
  const ReadMore plain = [&](char* to, std::size_t size) {
    return read_plain(fd.get(), segment.path, to, size);
  };
  if (!segment.compressed) return use(plain);
  Decompressor decompressor(plain, segment.path);
  return use([&](char* to, std::size_t size) { return decompressor.read(to, size); });
}

}  // namespace

fs::path segment_path(const fs::path& log, std::uint64_t number, bool unchained) {
  return log.parent_path() / fmt::format("{}.{:06}{}{}", log.stem().native(), number,
                                         unchained ? kUnchained : "", log.extension().native());
}

Result<std::vector<Segment>> segments_of(const fs::path& log) {
  std::vector<Segment> out;
  std::error_code error;
  const fs::path folder = log.has_parent_path() ? log.parent_path() : ".";
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    auto segment = parse_name(log, at->path().filename().native());
    if (!segment || same_file(at->path(), log)) continue;
    segment->path = at->path();
    out.push_back(std::move(*segment));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return cannot_read(folder, error.value());
  // What is there plain is whole, whatever became of its compressed copy.
  std::ranges::sort(out, {}, [](const Segment& one) {
    return std::tuple(one.number, !one.unchained, one.compressed);
  });
  const auto twice = std::ranges::unique(out, same_segment);
  out.erase(twice.begin(), twice.end());
  if (::access(log.c_str(), F_OK) == 0) out.push_back({log, 0, false, false});
  return out;
}

Status read_segment(const Segment& segment, const EachLine& each) {
  return with_bytes(segment, [&](const ReadMore& more) { return read_lines(more, each); });
}

Result<Hash> hash_segment(const Segment& segment, std::uint64_t& bytes) {
  Hash out{};
  crypto_generichash_state state;
  ::crypto_generichash_init(&state, nullptr, 0, out.size());
  bytes = 0;
  const auto status = with_bytes(segment, [&](const ReadMore& more) -> Status {
    std::vector<char> buffer(kCopied);
    for (;;) {
      const auto got = more(buffer.data(), buffer.size());
      if (!got) return std::unexpected(got.error());
      ::crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(buffer.data()),
                                  *got);
      bytes += *got;
      if (*got < buffer.size()) return {};
    }
  });
  if (!status) return std::unexpected(status.error());
  ::crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

Status compress(const Segment& segment) {
  const fs::path packed = segment.path.native() + std::string(kCompressed);
  return with_bytes(segment, [&](const ReadMore& more) -> Status {
    if (auto status = compress_to(packed, more); !status) return status;
    if (::unlink(segment.path.c_str()) != 0) return cannot_read(segment.path, errno);
    return {};
  });
}

}  // namespace glacis::evidence

// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/follow.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/base/file.h"
#include "manager/evidence/fields.h"
#include "manager/evidence/header.h"
#include "manager/evidence/segments.h"

namespace glacis::notify {
namespace {

namespace fs = std::filesystem;
using evidence::Line;
using evidence::Segment;

std::unexpected<Error> cannot(const fs::path& path, int error) {
  const bool rights = error == EACCES || error == EPERM;
  return fail(rights ? Exit::not_permitted : Exit::usage,
              fmt::format("cannot read the evidence log {}: {}", escape(path.native()),
                          std::generic_category().message(error)),
              rights ? "run the command as root" : "");
}

// The file that is written to, with its header. It may be rotated meanwhile, but
// stays the same file.
struct Current {
  Fd fd;
  evidence::Header header;
};

Result<std::optional<Current>> open_current(const fs::path& log) {
  Current out;
  out.fd = Fd(::open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!out.fd && errno == ENOENT) return std::nullopt;
  if (!out.fd) return cannot(log, errno);
  std::optional<evidence::Header> header;
  auto status = evidence::read_lines(out.fd.get(), [&](const Line& line) {
    if (const auto record = evidence::parse_canonical(line.text); record && line.ended)
      header = evidence::parse_header(*record);
    return false;
  });
  if (!status) return std::unexpected(status.error());
  if (!header) return std::nullopt;  // the first to record sets it aside
  out.header = std::move(*header);
  return std::optional(std::move(out));
}

using Each = std::function<void(std::string_view)>;

Status read_current(const Current& current, const fs::path& log, Cursor& cursor, const Each& each) {
  const std::uint64_t start = cursor.offset;
  std::uint64_t at = start;
  const evidence::ReadMore more = [&](char* to, std::size_t size) -> Result<std::size_t> {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got = ::pread(current.fd.get(), to + done, size - done, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return cannot(log, errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
      at += static_cast<std::uint64_t>(got);
    }
    return done;
  };
  return evidence::read_lines(more, [&](const Line& line) {
    // A line that was too long was passed over: its length shows by the next.
    cursor.offset = start + line.offset;
    if (!line.ended || line.too_long) return line.ended;
    each(line.text);
    cursor.offset += line.text.size() + 1;
    return true;
  });
}

Status read_archived(const Segment& segment, Cursor& cursor, const Each& each) {
  auto status = evidence::read_segment(segment, [&](const Line& line) {
    if (line.offset >= cursor.offset && !line.too_long) each(line.text);
    return true;
  });
  if (!status) return status;
  cursor.segment = segment.number + 1;
  cursor.offset = 0;
  return {};
}

}  // namespace

Result<std::optional<Cursor>> end_of_log(const fs::path& log) {
  const auto current = open_current(log);
  if (!current) return std::unexpected(current.error());
  if (!*current) return std::nullopt;
  Cursor out{(*current)->header.log, (*current)->header.segment, 0};
  if (auto status = read_current(**current, log, out, [](std::string_view) {}); !status)
    return std::unexpected(status.error());
  return out;
}

Status read_on(const fs::path& log, Cursor& cursor, const Each& each) {
  const auto current = open_current(log);
  if (!current) return std::unexpected(current.error());
  if (!*current) return {};
  const evidence::Header& header = (*current)->header;
  if (cursor.log != header.log || cursor.segment > header.segment) cursor = {header.log, 1, 0};
  if (cursor.segment < header.segment) {
    const auto segments = evidence::segments_of(log);
    if (!segments) return std::unexpected(segments.error());
    for (const Segment& segment : *segments) {
      if (segment.unchained || segment.number < cursor.segment || segment.number >= header.segment)
        continue;
      if (segment.number > cursor.segment) cursor = {header.log, segment.number, 0};
      if (auto status = read_archived(segment, cursor, each); !status) return status;
    }
    if (cursor.segment < header.segment) cursor = {header.log, header.segment, 0};
  }
  return read_current(**current, log, cursor, each);
}

std::optional<Cursor> load_cursor(const fs::path& file) {
  const auto text = read_whole(file, 4096);
  if (!text) return std::nullopt;
  const auto json = evidence::Json::parse(*text, nullptr, false);
  const auto log = evidence::text_of(json, "log");
  const auto segment = evidence::number_of(json, "segment"),
             offset = evidence::number_of(json, "offset");
  if (!log || !segment || !offset) return std::nullopt;
  return Cursor{*log, *segment, *offset};
}

Status save_cursor(const fs::path& file, const Cursor& cursor) {
  const evidence::Json json = {{"schema", "glacis.cursor/1"},
                               {"log", cursor.log},
                               {"segment", cursor.segment},
                               {"offset", cursor.offset}};
  return write_file(file, json.dump() + '\n', 0600);
}

}  // namespace glacis::notify

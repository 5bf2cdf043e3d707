// SPDX-License-Identifier: Apache-2.0
// Where the chain begins, goes on after a stop, and changes its file and key.
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium/crypto_generichash.h>
#include <sodium/randombytes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/evidence/folder.h"
#include "manager/evidence/lines.h"
#include "manager/evidence/segments.h"
#include "manager/evidence/store.h"

namespace glacis::evidence {
namespace {

using Path = std::filesystem::path;

constexpr std::size_t kLargestNote = 16384;
constexpr std::size_t kTail = 64;

std::unexpected<Error> cannot_chain(const char* what, const Path& path, int error) {
  return fail(Exit::usage,
              fmt::format("cannot {} the evidence log {}: {}", what, escape(path.native()),
                          std::generic_category().message(error)),
              "make room for it and run the command again",
              "events that were not recorded stay in the kernel's ring");
}

std::string new_log_id() {
  std::array<std::uint8_t, 32> bytes{};
  ::randombytes_buf(bytes.data(), bytes.size());
  return image::hex(bytes).substr(0, 32);
}

Result<std::string> read_range(int fd, std::uint64_t from, std::size_t size, const Path& path) {
  std::string out(size, '\0');
  const ssize_t got = ::pread(fd, out.data(), size, static_cast<off_t>(from));
  if (got < 0) return cannot_chain("read", path, errno);
  out.resize(static_cast<std::size_t>(got));
  return out;
}

Result<Hash> hash_range(int fd, std::uint64_t from, std::uint64_t to, const Path& path) {
  Hash out{};
  crypto_generichash_state state;
  ::crypto_generichash_init(&state, nullptr, 0, out.size());
  while (from < to) {
    const auto part = read_range(fd, from, std::min<std::uint64_t>(to - from, 64u << 10), path);
    if (!part) return std::unexpected(part.error());
    if (part->empty()) return cannot_chain("read", path, EIO);
    ::crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part->data()),
                                part->size());
    from += part->size();
  }
  ::crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

// The last record of a segment, and the segment's header.
struct Ends {
  std::optional<Header> header;
  std::optional<Position> position;
};

Result<Ends> ends_of(const Segment& segment) {
  Ends out;
  const auto status = read_segment(segment, [&](const Line& line) {
    const auto link = read_chained(line.text);
    if (!link) return true;
    if (!out.header) out.header = parse_header(link->record);
    out.position = link->after();
    return true;
  });
  if (!status) return std::unexpected(status.error());
  return out;
}

}  // namespace

Status Store::load() {
  if (auto status = load_chain(); !status) return status;
  return note_shortened();
}

// Who only looks whether there is something to write needs no key.
void Store::need_keys() {
  if (asked_for_keys_) return;
  asked_for_keys_ = true;
  if (auto keys = Keys::open(where_.keys))
    keys_ = std::move(*keys);
  else
    trouble_ = keys.error();
  if (keys_ && header_.key)
    if (auto status = keys_->hand_over(*header_.key); !status) trouble_ = status.error();
}

Status Store::load_chain() {
  const auto bytes = size();
  if (!bytes) return std::unexpected(bytes.error());
  if (*bytes == 0) return follow_earlier({});
  std::optional<Header> first;
  auto status = read_lines(fd_.get(), [&](const Line& line) {
    if (const auto link = read_chained(line.text); link && line.ended)
      first = parse_header(link->record);
    return false;
  });
  if (!status) return status;
  if (!first) return set_aside();
  header_ = std::move(*first);
  std::uint64_t good = *bytes;  // the end of the last record
  bool unended = false;
  status = read_lines_back(fd_.get(), *bytes, [&](const Line& line) {
    if (const auto link = read_chained(line.text)) {
      position_ = link->after();
      unended = !line.ended;
      return false;
    }
    good -= std::min<std::uint64_t>(good, line.text.size() + (line.ended ? 1 : 0));
    return !line.too_long;
  });
  if (!status) return status;
  if (unended) return write("\n");  // a line that lacks only its end is whole
  return good == *bytes ? Status() : repair(good);
}

// Nothing is taken away: what follows the last record stays where it is.
Status Store::repair(std::uint64_t good) {
  const auto bytes = size();
  if (!bytes) return std::unexpected(bytes.error());
  const auto last = read_range(fd_.get(), *bytes - 1, 1, path());
  if (!last) return std::unexpected(last.error());
  const bool ended = *last == "\n";
  const std::uint64_t to = ended ? *bytes - 1 : *bytes;
  const auto hash = hash_range(fd_.get(), good, to, path());
  if (!hash) return std::unexpected(hash.error());
  const auto record = parse_canonical(torn_line(good, to - good, image::hex(*hash), here(0).now));
  Position at = position_;
  if (auto status = write((ended ? "" : "\n") + chained(*record, at) + '\n'); !status)
    return status;
  position_ = at;
  return {};
}

// A file in the log's place: the first of a log, or one that earlier segments go
// on in. `header` has what the caller knows.
Status Store::follow_earlier(Header header) {
  const auto segments = segments_of(path());
  if (!segments) return std::unexpected(segments.error());
  header.log = new_log_id();
  for (const Segment& segment : *segments) {
    if (segment.number == 0) continue;
    header.segment = segment.number + (segment.unchained ? 0 : 1);
    if (segment.unchained) continue;
    const auto ends = ends_of(segment);
    if (!ends) return std::unexpected(ends.error());
    if (!ends->header || !ends->position) continue;
    header.log = ends->header->log;
    position_ = *ends->position;
  }
  need_keys();
  if (keys_) header.key = keys_->current().public_key();
  return begin(std::move(header));
}

// What is no chain keeps its bytes under another name.
Status Store::set_aside() {
  const auto segments = segments_of(path());
  if (!segments) return std::unexpected(segments.error());
  std::uint64_t number = 1;
  for (const Segment& segment : *segments) number = std::max(number, segment.number + 1);
  Header header;
  header.old = Header::Old{segment_path(path(), number, true).filename().native(), 0, {}};
  const auto hash = hash_segment({path(), 0, true, false}, header.old->bytes);
  if (!hash) return std::unexpected(hash.error());
  header.old->hash = *hash;
  if (auto status = follow_ring(header); !status) return status;
  if (auto status = archive(number, true); !status) return status;
  return follow_earlier(std::move(header));
}

// What the kernel counts goes on where this file ends.
Status Store::follow_ring(Header& header) const {
  const auto newest = tail({}, 1);
  if (!newest) return std::unexpected(newest.error());
  header.ring = newest->newest;
  if (!header.ring) return {};
  const auto end = tail(*header.ring, kTail);
  if (!end) return std::unexpected(end.error());
  header.last = end->last;
  return {};
}

// A second name for the log, before another file takes its place.
Status Store::archive(std::uint64_t number, bool unchained) {
  const Path to = segment_path(path(), number, unchained);
  if (::link(path().c_str(), to.c_str()) == 0) return {};
  struct stat own{}, there{};
  const int error = errno;  // the last to try was stopped here
  if (error == EEXIST && ::fstat(fd_.get(), &own) == 0 && ::lstat(to.c_str(), &there) == 0 &&
      own.st_ino == there.st_ino && own.st_dev == there.st_dev)
    return {};
  return cannot_chain("archive", to, error);
}

Status Store::begin(Header header) {
  const std::string temporary = path().native() + ".new";
  ::unlink(temporary.c_str());
  Fd fd(::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  // The lock is held before the name is there for others.
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return cannot_chain("begin", path(), errno);
  const Context context = here(0);
  header.started = context.now / 1'000'000'000;
  Position at = position_;
  const std::string line = chained(header_record(header, context), at) + '\n';
  const ssize_t done = ::write(fd.get(), line.data(), line.size());
  if (done != static_cast<ssize_t>(line.size()) || ::fsync(fd.get()) != 0 ||
      ::rename(temporary.c_str(), path().c_str()) != 0) {
    const int error = done >= 0 && done != static_cast<ssize_t>(line.size()) ? ENOSPC : errno;
    ::unlink(temporary.c_str());
    return cannot_chain("begin", path(), error);
  }
  fd_ = std::move(fd);
  header_ = std::move(header);
  position_ = at;
  return sync_folder(path().parent_path());
}

// The log's header says which key signs. A key that it does not name (the folder of
// keys was lost, or replaced) begins a segment, which then says so by having no
// certificate.
Status Store::adopt_key() {
  need_keys();
  if (!keys_ || header_.key == keys_->current().public_key()) return {};
  Header next;
  next.log = header_.log;
  next.segment = header_.segment + 1;
  if (auto status = follow_ring(next); !status) return status;
  next.key = keys_->current().public_key();
  if (auto status = archive(header_.segment, false); !status) return status;
  return begin(std::move(next));
}

// The checkpoint beside the log knows of records that are not there any more.
Status Store::note_shortened() {
  const auto bytes = read_whole(checkpoint_path(path()), kLargestNote);
  const auto note = bytes ? parse_note(*bytes) : std::nullopt;
  if (!note || note->checkpoint.log != header_.log || !header_.key) return {};
  const Position& told = note->checkpoint.position;
  const bool fits = told.count < position_.count || told == position_;
  if (fits || !note->signed_by(*header_.key)) return {};
  const std::vector<std::string> lines = {canonical({{"schema", shortened_schema},
                                                     {"time", note->checkpoint.time},
                                                     {"count", told.count},
                                                     {"found", position_.count},
                                                     {"note", *bytes}})};
  need_keys();
  if (auto status = add(lines); !status) return status;
  return sync();
}

bool Store::rotation_due() const {
  const auto bytes = size();
  const std::int64_t age = here(0).now / 1'000'000'000 - header_.started;
  return (bytes && *bytes >= where_.segment_bytes) || age >= where_.segment_age.count();
}

Status Store::rotate() {
  if (auto status = adopt_key(); !status) return status;
  Header next;
  next.log = header_.log;
  next.segment = header_.segment + 1;
  if (auto status = follow_ring(next); !status) return status;
  if (keys_) {
    const auto key = keys_->prepare();
    if (!key) return std::unexpected(key.error());
    const std::vector<std::string> last = {canonical(checkpoint_record(position_))};
    if (auto status = append(last); !status) return status;
    next.key = *key;
    next.certificate = keys_->current().sign(certificate_text(next, position_));
  }
  if (auto status = sync(); !status) return status;
  if (auto status = archive(header_.segment, false); !status) return status;
  if (auto status = begin(std::move(next)); !status) return status;
  if (keys_)
    if (auto status = keys_->hand_over(*header_.key); !status) return status;
  if (auto status = sync(); !status) return status;
  compress_earlier();
  return {};
}

void Store::compress_earlier() {
  const auto segments = segments_of(path());
  if (!segments) return;
  for (const Segment& segment : *segments) {
    if (segment.number == 0 || segment.compressed) continue;
    if (auto status = compress(segment); !status) trouble_ = status.error();
  }
}

}  // namespace glacis::evidence

// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/verify.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <chrono>
#include <thread>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/base/file.h"
#include "manager/evidence/store.h"
#include "manager/evidence/verifier.h"

namespace glacis::evidence {
namespace {

constexpr std::size_t kLargestSigned = 16384;

// So that no line is read half written; who may not lock reads all the same.
Fd shared_lock(const std::filesystem::path& log) {
  Fd fd(::open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 &&
         std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return fd;
}

void read_checkpoint(const std::filesystem::path& log, Verifier& verifier) {
  const auto path = checkpoint_path(log);
  const auto bytes = read_whole(path, kLargestSigned);
  const std::string name = escape(path.filename().native());
  if (!bytes) {
    if (bytes.error().kind != ReadFailure::Kind::missing)
      verifier.finding(0, {}, fmt::format("{} {}", name, bytes.error().what));
    return;
  }
  if (auto note = parse_note(*bytes))
    verifier.add_checkpoint(std::move(*note), name);
  else
    verifier.finding(0, {}, fmt::format("{} is no checkpoint", name));
}

}  // namespace

Result<Verified> verify_log(const std::filesystem::path& log, const Expected& expected) {
  const Fd lock = shared_lock(log);
  const auto segments = segments_of(log);
  if (!segments) return std::unexpected(segments.error());
  Verifier verifier(expected);
  for (const Note& note : expected.checkpoints)
    verifier.add_checkpoint(note, "the checkpoint given");
  read_checkpoint(log, verifier);
  for (const Segment& segment : *segments) {
    verifier.begin_file(segment);
    if (segment.unchained) continue;
    const auto status = read_segment(segment, [&](const Line& line) {
      verifier.take(line);
      return true;
    });
    if (!status && status.error().exit == Exit::not_permitted)
      return std::unexpected(status.error());
    if (!status) verifier.finding(0, {}, status.error().what);
    verifier.end_file(status.has_value());
  }
  return verifier.finish();
}

}  // namespace glacis::evidence

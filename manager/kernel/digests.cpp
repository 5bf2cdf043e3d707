// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/digests.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <thread>

#include "manager/base/escape.h"
#include "manager/kernel/layout.h"

namespace glacis::kernel {
namespace {

bool same(const gl_file_state& a, const gl_file_state& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

bool same(const gl_file_key& a, const gl_file_key& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// A change within the tick of the clock that the last one fell into would not show: a file
// that was changed just now is hashed a little later.
constexpr auto settle = std::chrono::milliseconds(40);
constexpr int looks = 5;
constexpr off_t largest = off_t{1} << 30;  // a load has other loads wait for it

bool just_changed(const gl_file_state& state) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto since = std::chrono::seconds(now.tv_sec - static_cast<std::int64_t>(state.ctime_sec)) +
                     std::chrono::nanoseconds(now.tv_nsec - state.ctime_nsec);
  return since >= std::chrono::seconds(0) && since < settle;
}

struct Looked {
  KnownFile file;
  std::string sha256;
};

// What the file holds while the kernel sees it so. An error is a sentence for people.
std::expected<Looked, std::string> look(const FileStates& states, const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY));
  struct stat s{};
  if (!fd) return std::unexpected("cannot be opened: " + errno_text(errno));
  if (::fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode)) return std::unexpected("is no file");
  if (s.st_size > largest) return std::unexpected("is larger than 1 GiB");
  for (int i = 0; i < looks; ++i) {
    // What is mapped writable and was written to changes without a sign until its pages are
    // written back; from then on the next write sets the time of change (page_mkwrite).
    (void)::fsync(fd.get());
    const auto before = states.of(fd.get());
    if (!before) return std::unexpected(before.error().what);
    if (just_changed(before->second)) {
      std::this_thread::sleep_for(settle);
      continue;
    }
    auto sha256 = sha256_of(fd.get());
    if (!sha256) return std::unexpected("cannot be read: " + errno_text(errno));
    const auto after = states.of(fd.get());
    if (!after) return std::unexpected(after.error().what);
    if (same(before->second, after->second)) return Looked{*before, std::move(*sha256)};
  }
  return std::unexpected("changes all the time");
}

}  // namespace

std::vector<FileDigest> digests_in(std::span<const std::byte> image) {
  gl_image header{};
  if (image.size() < sizeof header) return {};
  std::memcpy(&header, image.data(), sizeof header);
  const gl_section& at = header.digests;
  if (at.offset > image.size() || at.count > image.size() - at.offset) return {};
  const auto text = image.subspan(at.offset, at.count);
  return parse_digests({reinterpret_cast<const char*>(text.data()), text.size()})
      .value_or(std::vector<FileDigest>{});
}

Result<DigestPlan> plan_digests(std::uint32_t domain, const std::vector<FileDigest>& digests) {
  std::map<std::string, std::vector<std::string>> files;
  for (const FileDigest& each : digests) files[each.path].push_back(each.sha256);
  DigestPlan out;
  if (files.empty()) return out;
  const auto states = FileStates::open();
  if (!states) return std::unexpected(states.error());
  for (const auto& [path, named] : files) {
    auto seen = look(*states, path);
    const std::string shown = escape(path, Backslash::keep);
    if (!seen) {
      out.unmatched.push_back(shown + " " + seen.error());
    } else if (std::ranges::find(named, seen->sha256) == named.end()) {
      out.unmatched.push_back(fmt::format("{} has the SHA-256 {}, which the profile does not name",
                                          shown, seen->sha256));
    } else {
      seen->file.first.domain = domain;
      out.wanted.push_back(seen->file);
    }
  }
  return out;
}

Status add_digests(const Enforcer::State& s, DigestPlan& plan) {
  for (const KnownFile& wanted : plan.wanted) {
    gl_file_state old{};
    const bool there = bpf_map_lookup_elem(s.digests.get(), &wanted.first, &old) == 0;
    if (there && same(old, wanted.second)) continue;
    if (bpf_map_update_elem(s.digests.get(), &wanted.first, &wanted.second, BPF_ANY) != 0) {
      const int error = errno;
      take_back_digests(s, plan);
      return fail(Exit::kernel, "cannot write map `digests`: " + errno_text(error),
                  error == E2BIG ? "name fewer files in [[exec.digest]]" : "run `glacis doctor`");
    }
    plan.added.push_back(wanted);
    if (there) plan.before.emplace_back(wanted.first, old);
  }
  return {};
}

void take_back_digests(const Enforcer::State& s, const DigestPlan& plan) {
  for (const KnownFile& each : plan.added) bpf_map_delete_elem(s.digests.get(), &each.first);
  for (const KnownFile& each : plan.before)
    bpf_map_update_elem(s.digests.get(), &each.first, &each.second, BPF_ANY);
}

Status settle_digests(const Enforcer::State& s, std::uint32_t domain, const DigestPlan& plan) {
  const auto all = all_entries<gl_file_key, gl_file_state>(s.digests, "digests");
  if (!all) return std::unexpected(all.error());
  for (const KnownFile& each : *all) {
    if (each.first.domain != domain) continue;
    const bool stays = std::ranges::any_of(
        plan.wanted, [&](const KnownFile& wanted) { return same(wanted.first, each.first); });
    if (!stays) bpf_map_delete_elem(s.digests.get(), &each.first);
  }
  return {};
}

}  // namespace glacis::kernel

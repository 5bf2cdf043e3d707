// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "manager/base/escape.h"
#include "manager/base/file.h"

namespace glacis::notify {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestNotice = std::size_t{1} << 20;
constexpr std::string_view kFirst = ".first", kSummary = ".summary";

// Files that a stopped write left have other names and are no messages.
std::optional<std::pair<std::uint64_t, bool>> parse_name(std::string_view name) {
  const auto dot = name.find('.');
  if (dot == name.npos) return std::nullopt;
  const std::string_view end = name.substr(dot);
  std::uint64_t number = 0;
  const auto [at, error] = std::from_chars(name.data(), name.data() + dot, number);
  if (error != std::errc() || at != name.data() + dot || (end != kFirst && end != kSummary))
    return std::nullopt;
  return std::pair(number, end == kFirst);
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const fs::path& folder, std::uint64_t most) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  std::unique_ptr<Spool> out(new Spool(folder, most));
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (const auto item = parse_name(at->path().filename().native())) {
      out->items_.insert(*item);
      out->next_ = std::max(out->next_, item->first + 1);
    }
  if (error)
    return fail(Exit::usage, fmt::format("cannot use the spool {}: {}", escape(folder.native()),
                                         error.message()));
  return out;
}

fs::path Spool::path_of(std::uint64_t number, bool first) const {
  return folder_ / fmt::format("{:012}{}", number, first ? kFirst : kSummary);
}

bool Spool::make_room(bool first) {
  if (items_.size() < most_) return true;
  if (!first) return false;
  const auto summary =
      std::ranges::find(items_, false, &std::pair<const std::uint64_t, bool>::second);
  if (summary == items_.end()) return false;
  std::error_code ignored;
  fs::remove(path_of(summary->first, false), ignored);
  items_.erase(summary);
  return true;
}

Result<bool> Spool::put(const std::string& body, bool first) {
  const std::lock_guard lock(mutex_);
  const bool full = items_.size() >= most_;
  if (!make_room(first)) return false;
  const std::uint64_t number = next_++;
  if (auto status = write_file(path_of(number, first), body, 0600); !status)
    return std::unexpected(status.error());
  items_.emplace(number, first);
  return !full;
}

std::optional<Spool::Item> Spool::front() {
  const std::lock_guard lock(mutex_);
  while (!items_.empty()) {
    const auto [number, first] = *items_.begin();
    auto body = read_whole(path_of(number, first), kLargestNotice);
    if (body) return Item{number, std::move(*body)};
    items_.erase(items_.begin());  // somebody took the file away
  }
  return std::nullopt;
}

void Spool::pop(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto at = items_.find(number);
  if (at == items_.end()) return;
  std::error_code ignored;
  std::filesystem::remove(path_of(number, at->second), ignored);
  items_.erase(at);
}

std::size_t Spool::size() const {
  const std::lock_guard lock(mutex_);
  return items_.size();
}

}  // namespace glacis::notify

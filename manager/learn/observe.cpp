// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/observe.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

#include "manager/base/escape.h"
#include "manager/evidence/fields.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

using evidence::Json;
using evidence::member;
using evidence::number_of;
using evidence::text_of;

// Reasons for which no rule of a profile can answer.
struct Unanswerable {
  std::string_view reason, words;
};
constexpr Unanswerable kUnanswerable[] = {
    {"error", "the decision failed inside"},
    {"ungrantable", "no rule can grant it"},
    {"unsafe_exec", "a transition that others have a hand in"},
    {"no_target", "a transition to a profile that is not loaded"},
    {"digest", "the file's content is not the one that the profile names"},
};

std::vector<std::string> accesses(const Json& record, std::string_view klass) {
  std::vector<std::string> out;
  for (const Json& one : member(record, "blockers")) {
    if (!one.is_string()) return {};
    const auto& word = one.get_ref<const std::string&>();
    if (!word.starts_with(klass) || word.size() <= klass.size() || word[klass.size()] != '.')
      return {};
    out.push_back(word.substr(klass.size() + 1));
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ","));
}

// "" where the owner is neither. What is being made has no inode yet, and will be its maker's.
std::string owner_words(const Json& record, const Json& object) {
  const auto subject = number_of(member(record, "subject"), "fsuid");
  const auto owner = number_of(object, "inode") == 0u ? subject : number_of(object, "owner");
  std::string out;
  if (owner && owner == subject) out = "self";
  if (owner && *owner == 0) out += out.empty() ? "root" : ",root";
  return out.empty() ? "" : " owner=" + out;
}

struct Texts {
  std::vector<std::string> events;
  std::string unlearned;
};

Texts file_texts(const Json& record, const Json& object) {
  const auto words = accesses(record, "file");
  // An open for execution is asked about again by the hooks that know whether
  // the file is run or mapped.
  if (text_of(record, "hook") == "file_open" && words == std::vector<std::string>{"execute"})
    return {};
  const auto ending = text_of(object, "ending");
  if (words.empty() || !ending) return {{}, "a file of which too little is known"};
  const std::string head = "file " + joined(words) + owner_words(record, object);
  if (*ending != "rooted") return {{head + " ending=" + *ending}, {}};
  if (member(object, "path_cut") == true) return {{}, "a path that is too long to be recorded"};
  const auto escaped = text_of(object, "path");
  if (!escaped) return {{}, "an abstract Unix socket, whose name is not in records"};
  const auto path = unescape(*escaped);
  if (!path) return {{}, "a path that is not written as records are"};
  return {{head + " " + *path}, {}};
}

Texts net_texts(const Json& object) {
  const auto kind = text_of(object, "socket");
  const auto op = text_of(object, "op");
  if (!kind || !op) return {{}, "a kind of socket that cannot be granted"};
  if (*op == "create") return {{"socket " + *kind}, {}};
  const auto address = text_of(object, "address");
  const auto port = number_of(object, "port");
  if (!address || !port) return {{}, "an address that is not known"};
  const bool v6 = address->find(':') != std::string::npos;
  return {{fmt::format("net {} {} {}{}{}:{}", *op, *kind, v6 ? "[" : "", *address, v6 ? "]" : "",
                       *port)},
          {}};
}

Texts task_texts(const Json& record, const Json& object, std::string_view profile) {
  auto peer = text_of(object, "profile");
  if (!peer) return {{}, "a process that was gone before it was looked at"};
  if (*peer == profile) peer = "self";
  Texts out;
  for (const std::string& word : accesses(record, "task"))
    out.events.push_back(word == "signal" ? fmt::format("task signal {} {}", *peer,
                                                        text_of(object, "signal").value_or("0"))
                                          : fmt::format("task {} {}", word, *peer));
  if (out.events.empty()) out.unlearned = "a process of which too little is known";
  return out;
}

Texts word_texts(const Json& record, std::string_view klass) {
  const auto words = accesses(record, klass);
  if (words.empty()) return {{}, fmt::format("{} without a word", klass)};
  return {{fmt::format("{} {}", klass, joined(words))}, {}};
}

Texts texts_of(const Json& record, std::string_view profile) {
  const auto reason = text_of(member(record, "rule"), "reason");
  for (const Unanswerable& one : kUnanswerable)
    if (reason == one.reason) return {{}, std::string(one.words)};
  const Json& object = member(record, "object");
  const auto kind = text_of(object, "kind").value_or("");
  if (kind == "file") return file_texts(record, object);
  if (kind == "socket") return net_texts(object);
  if (kind == "task") return task_texts(record, object, profile);
  if (kind == "capability" || kind == "memory") return word_texts(record, kind);
  if (kind == "kernel") {
    Texts out;
    for (const std::string& word : accesses(record, "kernel"))
      out.events.push_back("kernel " + word);
    if (out.events.empty()) out.unlearned = "kernel without a word";
    return out;
  }
  return {{}, "a kind of object that this version does not know"};
}

}  // namespace

std::int64_t parse_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0, used = 0;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &year, &month, &day, &hour,
                  &minute, &second, &micro, &used) != 7 ||
      used != static_cast<int>(copy.size()))
    return 0;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)),
                            std::chrono::day(unsigned(day))};
  if (!date.ok() || year < 1970 || year > 2261) return 0;
  const auto at = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  return duration_cast<nanoseconds>(at.time_since_epoch()).count() + std::int64_t{micro} * 1000;
}

Observation observe(const nlohmann::ordered_json& record, std::string_view profile) {
  Observation out;
  out.seq = number_of(record, "seq").value_or(0);
  out.first = parse_time(text_of(record, "time").value_or(""));
  const Json& repeats = member(record, "repeats");
  out.count = 1 + number_of(repeats, "count").value_or(0);
  out.last = std::max(out.first, parse_time(text_of(repeats, "last").value_or("")));
  out.exe = unescape(text_of(member(record, "subject"), "exe").value_or("")).value_or("");
  const Texts texts = texts_of(record, profile);
  out.unlearned = texts.unlearned;
  for (const std::string& text : texts.events) {
    auto request = sim::parse_event(text);
    if (!request) {
      out.requests.clear();
      out.unlearned = "a request that this version does not know";
      return out;
    }
    out.requests.push_back(std::move(*request));
  }
  return out;
}

}  // namespace glacis::learn

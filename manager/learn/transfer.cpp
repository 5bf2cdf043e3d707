// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include "manager/base/escape.h"
#include "manager/evidence/fields.h"
#include "manager/image/view.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

using evidence::Json;
using evidence::member;
using evidence::number_of;
using evidence::text_of;

constexpr std::string_view kSchema = "glacis.recording/1";
constexpr std::size_t kLongestLine = std::size_t{4} << 20;
constexpr std::size_t kMostRuns = 100'000;
constexpr int kDeepest = 4;

std::string hash_of(std::string_view bytes) {
  return image::hex(image::digest_of(std::as_bytes(std::span(bytes.data(), bytes.size()))));
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json run_json(const Run& run) {
  Json odd = Json::object();
  for (const auto& [what, count] : run.unlearned) odd[escape(what)] = count;
  Json out = {
      {"run", escape(run.token)},     {"host", escape(run.host)}, {"machine", escape(run.machine)},
      {"kernel", escape(run.kernel)}, {"what", escape(run.what)}, {"started", run.started},
      {"ended", run.ended},           {"lost", run.lost},         {"unlearned", std::move(odd)}};
  for (const auto& [exe, digest] : run.programs) out["programs"][escape(exe)] = digest;
  if (run.rules >= 0) out["rules"] = run.rules;
  return out;
}

Json behaviour_json(const Behaviour& behaviour) {
  Json seen = Json::array();
  for (const Sighting& one : behaviour.seen)
    seen.push_back(Json::array({one.run, one.count, one.first, one.last}));
  return {{"event", escape(sim::to_text(behaviour.request))},
          {"exe", escape(behaviour.exe)},
          {"seen", std::move(seen)}};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Recording> read() {
    const auto head = next();
    if (!head) return bad("it is no line of JSON");
    if (text_of(*head, "schema") != kSchema) return bad("it does not start as a recording");
    const auto name = text(*head, "name");
    const auto runs = number_of(*head, "runs"), behaviours = number_of(*head, "behaviours");
    if (!name || !runs || !behaviours || *runs > kMostRuns)
      return bad("its first line is incomplete");
    out_.name = *name;
    for (std::uint64_t i = 0; i < *runs; ++i)
      if (const auto wrong = read_run()) return bad(*wrong);
    for (std::uint64_t i = 0; i < *behaviours; ++i)
      if (const auto wrong = read_behaviour()) return bad(*wrong);
    if (const auto wrong = read_end()) return bad(*wrong);
    return std::move(out_);
  }

 private:
  using Wrong = std::optional<std::string>;

  std::unexpected<Error> bad(std::string_view what) const {
    return fail(Exit::usage, fmt::format("this is no whole recording: line {}: {}", line_, what),
                "export it again", "nothing was changed");
  }

  std::optional<Json> next() {
    ++line_;
    const std::size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos || end - at_ > kLongestLine) return std::nullopt;
    const std::string_view line = text_.substr(at_, end - at_);
    start_ = at_;
    at_ = end + 1;
    bool deep = false;
    Json out = Json::parse(
        line,
        [&](int depth, Json::parse_event_t, Json&) {
          deep |= depth > kDeepest;
          return !deep;
        },
        false);
    if (deep || !out.is_object()) return std::nullopt;
    return out;
  }

  static std::optional<std::string> text(const Json& of, const char* key) {
    const auto escaped = text_of(of, key);
    return escaped ? unescape(*escaped) : std::nullopt;
  }

  static std::optional<std::int64_t> time(const Json& value) {
    if (!value.is_number_integer()) return std::nullopt;
    const auto out = value.get<std::int64_t>();
    return out < 0 ? std::nullopt : std::optional(out);
  }

  static bool is_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  }
  static bool is_digest(std::string_view text) { return text.size() == 64 && is_hex(text); }

  Wrong read_run() {
    const auto json = next();
    if (!json) return "it is cut off: a run is missing";
    const auto token = text(*json, "run"), host = text(*json, "host"),
               machine = text(*json, "machine"), kernel = text(*json, "kernel"),
               what = text(*json, "what");
    const auto started = time(member(*json, "started")), ended = time(member(*json, "ended"));
    const auto lost = number_of(*json, "lost");
    if (!token || !host || !machine || !kernel || !what || !started || !ended || !lost)
      return "a run that is incomplete";
    if (token->size() != 32 || !is_hex(*token) || !tokens_.insert(*token).second)
      return "a run with the number of another, or with none";
    Run run{*token, *host, *machine, *kernel, *what, *started, *ended, *lost, {}, {}, -1};
    for (const auto& [key, value] : member(*json, "unlearned").items()) {
      const auto odd = unescape(key);
      if (!odd || !value.is_number_unsigned()) return "a run that is incomplete";
      run.unlearned[*odd] = value.get<std::uint64_t>();
    }
    if (const Json& rules = member(*json, "rules"); !rules.is_null()) {
      const auto count = time(rules);
      if (!count) return "a run that is incomplete";
      run.rules = *count;
    }
    const Json& programs = member(*json, "programs");
    if (!programs.is_null() && (!programs.is_object() || programs.empty()))
      return "a run that is incomplete";
    for (const auto& [key, value] : programs.items()) {
      const auto exe = unescape(key);
      if (!exe || !value.is_string() || !is_digest(value.get_ref<const std::string&>()))
        return "a run with a program of no version";
      run.programs[*exe] = value.get<std::string>();
    }
    out_.runs.push_back(std::move(run));
    return {};
  }

  Wrong read_sighting(const Json& from, Behaviour& into) const {
    if (!from.is_array() || from.size() != 4 || !from[0].is_number_unsigned() ||
        !from[1].is_number_unsigned())
      return "a behaviour that does not say when it was seen";
    const auto first = time(from[2]), last = time(from[3]);
    const Sighting seen{from[0].get<std::size_t>(), from[1].get<std::uint64_t>(), first.value_or(0),
                        last.value_or(0)};
    if (!first || !last || seen.run >= out_.runs.size() || seen.count == 0 ||
        seen.last < seen.first)
      return "a behaviour that was seen never, or in no run";
    if (std::ranges::find(into.seen, seen.run, &Sighting::run) != into.seen.end())
      return "a behaviour that was seen twice in one run";
    into.seen.push_back(seen);
    return {};
  }

  Wrong read_behaviour() {
    const auto json = next();
    if (!json) return "it is cut off: a behaviour is missing";
    const auto event = text(*json, "event"), exe = text(*json, "exe");
    if (!event || !exe) return "a behaviour that is incomplete";
    auto request = sim::parse_event(*event);
    if (!request || sim::to_text(*request) != *event) return "a behaviour that is no request";
    if (!known_.insert(*event + '\0' + *exe).second) return "a behaviour that came before";
    Behaviour out{std::move(*request), *exe, {}};
    const Json& seen = member(*json, "seen");
    if (!seen.is_array() || seen.empty()) return "a behaviour that was never seen";
    for (const Json& one : seen)
      if (auto wrong = read_sighting(one, out)) return wrong;
    out_.behaviours.push_back(std::move(out));
    return {};
  }

  Wrong read_end() {
    const std::uint64_t before = line_;
    const auto json = next();
    if (!json || number_of(*json, "end") != before) return "it is cut off: its end is missing";
    if (text_of(*json, "blake2b") != hash_of(text_.substr(0, start_))) return "it was changed";
    if (at_ != text_.size()) return "something follows its end";
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0, start_ = 0;
  std::uint64_t line_ = 0;
  Recording out_;
  std::unordered_set<std::string> tokens_, known_;
};

}  // namespace

std::string export_text(const Recording& recording) {
  std::string out = dump({{"schema", kSchema},
                          {"name", escape(recording.name)},
                          {"runs", recording.runs.size()},
                          {"behaviours", recording.behaviours.size()}});
  for (const Run& run : recording.runs) out += dump(run_json(run));
  for (const Behaviour& behaviour : recording.behaviours) out += dump(behaviour_json(behaviour));
  const std::size_t lines = 1 + recording.runs.size() + recording.behaviours.size();
  out += dump({{"end", lines}, {"blake2b", hash_of(out)}});
  return out;
}

Result<Recording> import_text(std::string_view text) { return Reader(text).read(); }

}  // namespace glacis::learn

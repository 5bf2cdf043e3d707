// SPDX-License-Identifier: Apache-2.0
// What the end of the log says of one ring.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "manager/evidence/lines.h"
#include "manager/evidence/peek.h"
#include "manager/evidence/store.h"

namespace glacis::evidence {
namespace {

using Json = nlohmann::ordered_json;

// The numbers that a line takes up, if it tells of a ring.
struct ToldOf {
  Origin origin;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> seq;
};

std::optional<std::uint64_t> number(const Json& line, const char* key) {
  const auto at = line.find(key);
  if (at == line.end() || !at->is_number_unsigned()) return std::nullopt;
  return at->get<std::uint64_t>();
}

std::int64_t integer(const Json& line, const char* key) {
  const auto at = line.find(key);
  return at != line.end() && at->is_number_integer() ? at->get<std::int64_t>() : 0;
}

std::string_view text(const Json& line, const char* key) {
  const auto at = line.find(key);
  return at != line.end() && at->is_string() ? at->get_ref<const std::string&>()
                                             : std::string_view();
}

Origin origin_of(const Json& line) {
  return {std::string(text(line, "boot")),
          static_cast<std::uint32_t>(number(line, "ring").value_or(0))};
}

Origin origin_of(const Peek& line) {
  return {std::string(peeked_text(line.boot)),
          static_cast<std::uint32_t>(peeked_number(line.ring).value_or(0))};
}

// A segment goes on where the one before ended.
std::optional<ToldOf> told_by_header(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto follows = json.find("follows");
  if (follows == json.end() || !follows->is_object()) return std::nullopt;
  return ToldOf{origin_of(*follows), number(*follows, "last").value_or(0), {}};
}

std::optional<ToldOf> told(const Peek& about, std::string_view line) {
  const std::string_view schema = peeked_text(about.schema);
  const auto seq = peeked_number(about.seq);
  if (schema == event_schema && !seq) return std::nullopt;  // of another layer (other.h)
  if (schema == event_schema || schema == undecoded_schema)
    return ToldOf{origin_of(about), seq.value_or(0), seq};
  if (schema == gap_schema)
    return ToldOf{origin_of(about), peeked_number(about.to).value_or(0), {}};
  if (schema == heartbeat_schema)
    return ToldOf{origin_of(about), peeked_number(about.last).value_or(0), {}};
  return schema == header_schema ? told_by_header(line) : std::nullopt;
}

std::optional<Tail::Beat> beat_of(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return Tail::Beat{std::string(text(json, "state")), integer(json, "clock_offset"),
                    integer(json, "uptime")};
}

}  // namespace

Result<Tail> Store::tail(const Origin& origin, std::size_t count) const {
  const auto bytes = size();
  if (!bytes) return std::unexpected(bytes.error());
  Tail out;
  auto status = read_lines_back(fd_.get(), *bytes, [&](const Line& line) {
    const auto about = peek(line.text);
    if (!about) return true;  // a corrupt line says nothing
    const auto of = told(*about, line.text);
    if (!of) return true;
    if (!out.newest) out.newest = of->origin;
    if (of->origin != origin) return false;
    out.known = true;
    out.last = std::max(out.last, of->last);
    if (of->seq) out.seqs.insert(*of->seq);
    if (!out.beat && peeked_text(about->schema) == heartbeat_schema) out.beat = beat_of(line.text);
    return --count > 0;
  });
  if (!status) return std::unexpected(status.error());
  return out;
}

}  // namespace glacis::evidence

// SPDX-License-Identifier: Apache-2.0
#include "manager/image/sourcemap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "manager/image/describe.h"

namespace glacis::image {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "glacis.sourcemap/1";

// In the order of profile::RuleBody.
constexpr std::array<std::string_view, 9> kKinds = {
    "file", "ending", "net", "socket", "capability", "memory", "kernel", "process", "syscall"};
static_assert(kKinds.size() == std::variant_size_v<profile::RuleBody>);

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json rule_json(const SourceRule& rule) {
  Json out = {{"id", rule.id},   {"file", rule.file}, {"line", rule.line}, {"column", rule.column},
              {"end", rule.end}, {"kind", rule.kind}, {"text", rule.text}};
  if (rule.kind == kKinds[0]) {
    out["glob"] = rule.glob;
    out["access"] = rule.access;
  }
  if (!rule.peer.empty()) out["peer"] = rule.peer;
  if (rule.deny) out["deny"] = true;
  return out;
}

template <typename T>
bool take(const Json& from, const char* key, T& to, bool required = true) {
  const auto at = from.find(key);
  if (at == from.end()) return !required;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!at->is_string()) return false;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!at->is_boolean()) return false;
  } else {
    if (!at->is_number_unsigned() ||
        at->template get<std::uint64_t>() > std::numeric_limits<T>::max())
      return false;
  }
  to = at->template get<T>();
  return true;
}

bool parse_rule(const Json& from, SourceRule& rule) {
  return from.is_object() && take(from, "id", rule.id) && take(from, "file", rule.file) &&
         take(from, "line", rule.line) && take(from, "column", rule.column) &&
         take(from, "end", rule.end) && take(from, "kind", rule.kind) &&
         take(from, "text", rule.text) && take(from, "glob", rule.glob, false) &&
         take(from, "access", rule.access, false) && take(from, "peer", rule.peer, false) &&
         take(from, "deny", rule.deny, false);
}

Json benign_json(const profile::Benign& one) {
  return {{"hooks", one.hooks}, {"globs", one.globs},   {"capabilities", one.capabilities},
          {"owner", one.owner}, {"reason", one.reason}, {"expires", one.expires}};
}

bool take_list(const Json& from, const char* key, std::vector<std::string>& to) {
  const auto at = from.find(key);
  if (at == from.end() || !at->is_array()) return false;
  for (const Json& item : *at) {
    if (!item.is_string()) return false;
    to.push_back(item.get<std::string>());
  }
  return true;
}

bool parse_benign(const Json& from, profile::Benign& to) {
  return from.is_object() && take_list(from, "hooks", to.hooks) &&
         take_list(from, "globs", to.globs) && take_list(from, "capabilities", to.capabilities) &&
         take(from, "owner", to.owner) && take(from, "reason", to.reason) &&
         take(from, "expires", to.expires);
}

// What a map of an earlier version does not have is empty.
bool parse_contact(const Json& root, SourceMap& out) {
  const auto benign = root.find("benign");
  if (!take(root, "owner", out.contact.owner, false) ||
      !take(root, "severity", out.contact.severity, false) ||
      !take(root, "runbook", out.contact.runbook, false))
    return false;
  if (benign == root.end()) return true;
  if (!benign->is_array()) return false;
  for (const Json& entry : *benign)
    if (!parse_benign(entry, out.benign.emplace_back())) return false;
  return true;
}

bool parse_digest(std::string_view text, Digest& digest) {
  if (text.size() != 2 * digest.size()) return false;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* at = text.data() + 2 * i;
    if (std::from_chars(at, at + 2, digest[i], 16).ptr != at + 2) return false;
  }
  return true;
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Exit::usage, fmt::format("not a source map: {}", what),
              "compile the profile again to write its source map");
}

}  // namespace

const SourceRule* SourceMap::find(std::uint32_t id) const {
  const auto at = std::ranges::lower_bound(rules, id, {}, &SourceRule::id);
  return at != rules.end() && at->id == id ? &*at : nullptr;
}

std::string SourceMap::place(std::uint32_t id) const {
  const SourceRule* rule = find(id);
  if (!rule || rule->line == 0) return fmt::format("rule {}", id);
  return fmt::format("{}:{}", rule->file, rule->line);
}

std::string SourceMap::exact_place(std::uint32_t id) const {
  const SourceRule* rule = find(id);
  if (!rule || rule->line == 0 || rule->column == 0) return place(id);
  return fmt::format("{}:{}:{}", rule->file, rule->line, rule->column);
}

SourceMap make_source_map(const profile::ResolvedProfile& profile, const Digest& image) {
  SourceMap out{profile.name, image, {}, profile.contact, profile.benign};
  for (const profile::Rule& rule : profile.rules) {
    SourceRule entry;
    entry.id = rule.id;
    if (rule.span.file < profile.files.size()) entry.file = profile.files[rule.span.file];
    entry.line = rule.span.line;
    entry.column = rule.span.column;
    entry.end = rule.span.end;
    entry.kind = kKinds[rule.body.index()];
    entry.text = describe(rule.body);
    if (const auto* path = std::get_if<profile::PathRule>(&rule.body)) {
      entry.glob = path->glob;
      entry.access = path->access;
      if (path->transition) entry.peer = path->transition->to;
    }
    if (const auto* process = std::get_if<profile::ProcessRule>(&rule.body))
      entry.peer = process->peer;
    std::visit(
        [&](const auto& body) {
          if constexpr (requires { body.deny; }) entry.deny = body.deny;
        },
        rule.body);
    out.rules.push_back(std::move(entry));
  }
  return out;
}

std::string to_json(const SourceMap& map) {
  std::string out = fmt::format("{{\"schema\":\"{}\",\"profile\":{},\"image\":\"{}\",", kSchema,
                                dump(map.profile), hex(map.image));
  for (const auto& [key, value] : {std::pair("owner", map.contact.owner),
                                   {"severity", map.contact.severity},
                                   {"runbook", map.contact.runbook}})
    if (!value.empty()) out += fmt::format("\"{}\":{},", key, dump(value));
  if (!map.benign.empty()) {
    Json benign = Json::array();
    for (const profile::Benign& one : map.benign) benign.push_back(benign_json(one));
    out += fmt::format("\"benign\":{},", dump(benign));
  }
  out += "\"rules\":[";
  for (std::size_t i = 0; i < map.rules.size(); ++i)
    out += fmt::format("{}\n{}", i == 0 ? "" : ",", dump(rule_json(map.rules[i])));
  return out + "\n]}\n";
}

Result<SourceMap> parse_source_map(std::string_view json) {
  const Json root = Json::parse(json, nullptr, false);
  if (root.is_discarded() || !root.is_object()) return damaged("no JSON object");
  std::string schema, digest;
  SourceMap out;
  if (!take(root, "schema", schema) || schema != kSchema)
    return damaged(fmt::format("its schema is not {}", kSchema));
  if (!take(root, "profile", out.profile) || !take(root, "image", digest) ||
      !parse_digest(digest, out.image) || !root.contains("rules") || !root["rules"].is_array())
    return damaged("profile, image or rules are missing or of the wrong type");
  if (!parse_contact(root, out)) return damaged("who is told, or what is benign");
  for (const Json& entry : root["rules"]) {
    SourceRule rule;
    if (!parse_rule(entry, rule) || (!out.rules.empty() && rule.id <= out.rules.back().id))
      return damaged(fmt::format("rule number {} of the list", out.rules.size() + 1));
    out.rules.push_back(std::move(rule));
  }
  return out;
}

}  // namespace glacis::image

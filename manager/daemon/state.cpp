// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/state.h"

#include <nlohmann/json.hpp>

#include "manager/base/file.h"
#include "manager/evidence/chain.h"

namespace glacis::daemon {
namespace {

using Document = nlohmann::json;

constexpr const char* schema = "glacis.state/1";

std::unexpected<Error> damaged(const std::string& why) {
  return fail(Exit::usage, std::string(state_path) + " is damaged: " + why,
              "move it away; `glacis reload` writes it again",
              "profiles whose file is good are loaded from it");
}

std::string text(const Document& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<gl_mode> mode(const Document& json, const char* key) {
  return parse_mode(text(json, key));
}

std::optional<Rollback> parse_rollback(const Document& json) {
  if (!json.is_object()) return std::nullopt;
  const auto to = mode(json, "to");
  const auto at = json.find("at");
  if (!to || at == json.end() || !at->is_number_integer()) return std::nullopt;
  return Rollback{*to, std::chrono::milliseconds(at->get<std::int64_t>()), text(json, "boot")};
}

std::optional<Kept> parse_kept(const Document& json) {
  if (!json.is_object()) return std::nullopt;
  const auto digest = evidence::parse_hash(text(json, "image"));
  const auto file_mode = mode(json, "file_mode");
  const auto now = mode(json, "mode");
  if (!digest || !file_mode || !now) return std::nullopt;
  return Kept{text(json, "file"), *digest, *file_mode, *now};
}

// False: one of them is not what it should be.
template <typename Value>
bool parse_all(const Document& json, const char* key,
               std::optional<Value> (*parse)(const Document&), std::map<std::string, Value>& out) {
  const auto all = json.find(key);
  if (all == json.end() || !all->is_object()) return false;
  for (const auto& [name, one] : all->items()) {
    auto value = parse(one);
    if (!value) return false;
    out.emplace(name, std::move(*value));
  }
  return true;
}

}  // namespace

gl_mode State::mode_at_start(const std::string& name, const std::string& boot) const {
  const auto rollback = rollbacks.find(name);
  if (rollback != rollbacks.end() && rollback->second.boot != boot) return rollback->second.to;
  const auto kept = profiles.find(name);
  return kept == profiles.end() ? GL_MODE_NONE : kept->second.mode;
}

std::string to_json(const State& state) {
  Document profiles = Document::object();
  for (const auto& [name, kept] : state.profiles)
    profiles[name] = {{"file", kept.file},
                      {"image", image::hex(kept.digest)},
                      {"file_mode", mode_text(kept.file_mode)},
                      {"mode", mode_text(kept.mode)}};
  Document rollbacks = Document::object();
  for (const auto& [name, rollback] : state.rollbacks)
    rollbacks[name] = {
        {"to", mode_text(rollback.to)}, {"at", rollback.at.count()}, {"boot", rollback.boot}};
  const Document all = {
      {"schema", schema}, {"profiles", std::move(profiles)}, {"rollbacks", std::move(rollbacks)}};
  return all.dump(1, ' ', false, Document::error_handler_t::replace) + '\n';
}

Result<State> parse_state(const std::string& bytes) {
  const Document json = Document::parse(bytes, nullptr, false);
  if (!json.is_object() || text(json, "schema") != schema) return damaged("it is no state");
  State out;
  if (!parse_all(json, "profiles", parse_kept, out.profiles)) return damaged("its profiles");
  if (!parse_all(json, "rollbacks", parse_rollback, out.rollbacks)) return damaged("its rollbacks");
  return out;
}

Status forget(const std::string& profile, const std::filesystem::path& path) {
  constexpr std::size_t largest = std::size_t{64} << 20;
  const auto text = read_whole(path, largest);
  if (!text && text.error().kind == ReadFailure::Kind::missing) return {};
  if (!text) return fail(Exit::usage, "cannot read " + path.native() + ": " + text.error().what);
  auto state = parse_state(*text);
  if (!state) return std::unexpected(state.error());
  if (state->profiles.erase(profile) + state->rollbacks.erase(profile) == 0) return {};
  return write_file(path, to_json(*state), 0600);
}

std::optional<gl_mode> parse_mode(std::string_view word) {
  for (const gl_mode mode : {GL_MODE_OBSERVE, GL_MODE_AUDIT, GL_MODE_ENFORCE})
    if (mode_text(mode) == word) return mode;
  return std::nullopt;
}

}  // namespace glacis::daemon

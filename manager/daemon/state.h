// SPDX-License-Identifier: Apache-2.0
// What the daemon keeps in /var/lib/glacis/state.json: what it put in force, so
// that early boot and a start with a broken file find it again, and modes that
// wait to be confirmed.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "lsm/abi/verdict.h"
#include "manager/base/result.h"
#include "manager/image/view.h"
#include "manager/profile/mode.h"

namespace glacis::daemon {

inline constexpr const char* state_path = "/var/lib/glacis/state.json";

struct Rollback {
  gl_mode to = GL_MODE_NONE;
  std::chrono::milliseconds at{};  // since this boot
  std::string boot;
  friend bool operator==(const Rollback&, const Rollback&) = default;
};

struct Kept {
  std::string file;  // the profile's, "nginx.toml"
  image::Digest digest{};
  gl_mode file_mode = GL_MODE_NONE;  // what the file said when it was loaded
  gl_mode mode = GL_MODE_NONE;       // what is in force
  friend bool operator==(const Kept&, const Kept&) = default;
};

// Both by the profile's name. A profile that was loaded by hand is not kept, but
// its mode may wait to be confirmed too.
struct State {
  std::map<std::string, Kept> profiles;
  std::map<std::string, Rollback> rollbacks;
  friend bool operator==(const State&, const State&) = default;

  // After a boot nobody can confirm any more.
  [[nodiscard]] gl_mode mode_at_start(const std::string& name, const std::string& boot) const;
};

[[nodiscard]] std::string to_json(const State& state);
[[nodiscard]] Result<State> parse_state(const std::string& text);

// For who unloads a profile while no daemon runs: its next start must not find it.
// Nothing to do where nothing is kept.
[[nodiscard]] Status forget(const std::string& profile,
                            const std::filesystem::path& path = state_path);

using profile::mode_text;
[[nodiscard]] std::optional<gl_mode> parse_mode(std::string_view word);

}  // namespace glacis::daemon

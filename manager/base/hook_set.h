// SPDX-License-Identifier: Apache-2.0
// A set of hooks, as images and the loader speak of them (struct gl_hook_set).
#pragma once

#include <initializer_list>

#include "lsm/abi/hooks.h"

namespace glacis {

class HookSet {
 public:
  constexpr HookSet() = default;
  constexpr HookSet(gl_hook_set set) : set_(set) {}
  constexpr HookSet(std::initializer_list<gl_hook> hooks) {
    for (const gl_hook hook : hooks) add(hook);
  }
  // Every hook that there is.
  static constexpr HookSet all() {
    HookSet out;
    for (unsigned hook = GL_HOOK_NONE + 1; hook < GL_HOOK_COUNT; ++hook) out.add(hook);
    return out;
  }

  constexpr void add(unsigned hook) { set_.words[hook / 64] |= bit(hook); }
  constexpr void remove(unsigned hook) { set_.words[hook / 64] &= ~bit(hook); }
  [[nodiscard]] constexpr bool has(unsigned hook) const {
    return set_.words[hook / 64] & bit(hook);
  }
  [[nodiscard]] constexpr bool empty() const { return set_.words[0] == 0 && set_.words[1] == 0; }
  [[nodiscard]] constexpr gl_hook_set raw() const { return set_; }

  constexpr HookSet& operator|=(const HookSet& other) {
    for (int i = 0; i < 2; ++i) set_.words[i] |= other.set_.words[i];
    return *this;
  }
  // What is in this set and not in the other.
  [[nodiscard]] constexpr HookSet without(const HookSet& other) const {
    HookSet out;
    for (int i = 0; i < 2; ++i) out.set_.words[i] = set_.words[i] & ~other.set_.words[i];
    return out;
  }
  friend constexpr bool operator==(const HookSet& a, const HookSet& b) {
    return a.without(b).empty() && b.without(a).empty();
  }

 private:
  static constexpr __u64 bit(unsigned hook) { return 1ull << hook % 64; }
  gl_hook_set set_{};
};

}  // namespace glacis

// SPDX-License-Identifier: Apache-2.0
// Recordings in a few words.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "manager/learn/recording.h"
#include "manager/sim/event.h"

namespace glacis::learn {

inline constexpr std::int64_t second = 1'000'000'000;

inline sim::Request request(std::string_view text) {
  auto out = sim::parse_event(text);
  EXPECT_TRUE(out.has_value()) << text;
  return out ? *out : sim::Request{};
}

inline Run run_number(unsigned number) {
  Run out;
  out.token = std::string(31, '0') + "0123456789abcdef"[number % 16];
  out.token[0] = "0123456789abcdef"[number / 16 % 16];
  out.host = "web1";
  out.machine = "x86_64";
  out.kernel = "6.1.0";
  out.what = "server --start";
  out.started = (1000 + 100 * number) * second;
  out.ended = out.started + 90 * second;
  return out;
}

// Each line of `events` is one behaviour, seen once a run, one second after the other.
inline Recording recording(std::initializer_list<std::initializer_list<std::string_view>> runs) {
  Recording out;
  out.name = "web";
  for (const auto& events : runs) {
    const std::size_t number = out.runs.size();
    out.runs.push_back(run_number(static_cast<unsigned>(number)));
    std::int64_t at = out.runs.back().started;
    for (const std::string_view text : events) {
      at += second;
      const sim::Request wanted = request(text);
      Behaviour* known = nullptr;
      for (Behaviour& one : out.behaviours)
        if (one.request == wanted) known = &one;
      if (known == nullptr) {
        out.behaviours.push_back({wanted, "/usr/sbin/web", {}});
        known = &out.behaviours.back();
      }
      known->seen.push_back({number, 1, at, at});
    }
  }
  return out;
}

}  // namespace glacis::learn

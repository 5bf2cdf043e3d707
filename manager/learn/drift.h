// SPDX-License-Identifier: Apache-2.0
// Another version of a program that behaves otherwise. A run keeps the digest of
// each program that was seen in it, so that what is new can be told apart from
// what was not seen before by chance: the version changed between the runs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "manager/learn/recording.h"

namespace glacis::learn {

struct Drift {
  std::string exe;                            // bytes of a path
  std::string before, now;                    // digests, in hexadecimal
  std::size_t runs_before = 0, runs_now = 0;  // of other versions, and of the newest
  std::vector<std::string> fresh;             // events that only the newest version was seen to do
};

// Of programs whose newest version is not that of an earlier run; `fresh` may be
// empty. Names that vary (propose.h, folded) are no news.
[[nodiscard]] std::vector<Drift> drifts_of(const Recording& recording);

[[nodiscard]] std::string drift_text(const std::vector<Drift>& drifts);

// BLAKE2b-256 of a file in hexadecimal; "" where it can't be read whole.
[[nodiscard]] std::string program_digest(const std::string& path);

}  // namespace glacis::learn

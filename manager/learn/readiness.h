// SPDX-License-Identifier: Apache-2.0
// How much of what a program does a recording has seen.
//
// Two estimates of what is still unseen, both by Good and Turing (I. J. Good, "The
// population frequencies of species and the estimation of population parameters",
// Biometrika 40, 1953), read as leave-one-out: of all observations, how many would
// have been new, had the others been made without them?
//   next act   behaviours that were seen once, of all sightings: the chance that the
//              next act is of an unseen behaviour. Acts depend on each other, so it
//              flatters; it is told and decides nothing.
//   next run   runs that hold a behaviour which no other run has, of all runs: the
//              chance that the next run shows something unseen.
// Their intervals are Wilson's at 95 % (E. B. Wilson, "Probable inference, the law of
// succession, and statistical inference", JASA 22, 1927). The observations left out
// share a sample, so that they are approximate; with few runs they are wide, as they
// should be.
//
// Names that generalising takes as one (propose.h, folded) count as one behaviour.
//
// A recording is ready when nothing was lost, nothing in it is suspicious, it has
// at least three runs and the last two of them showed nothing new.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "manager/learn/recording.h"
#include "manager/profile/model.h"

namespace glacis::learn {

inline constexpr std::size_t enough_runs = 3;
inline constexpr std::size_t quiet_runs = 2;
inline constexpr std::size_t most_points = 60;
inline constexpr std::size_t most_growing = 10;

struct Estimate {
  std::uint64_t fresh = 0, of = 0;  // observations that were new by themselves
  double chance = 1;                // fresh / of; 1 where nothing was observed
  double low = 0, high = 1;         // 95 %
};

struct RunNews {
  std::size_t run = 0;
  std::size_t behaviours = 0;  // seen in it
  std::size_t fresh = 0;       // and in none before it
};

struct Point {
  std::int64_t watched = 0;  // nanoseconds of watching, over all runs
  std::size_t known = 0;     // behaviours seen until then
};

struct Growing {
  std::string where;  // "file /var/lib/x", "net connect": what new behaviours have in common
  std::size_t fresh = 0;
};

struct Readiness {
  Estimate next_act, next_run;
  std::vector<RunNews> runs;  // in the order of their start
  std::vector<Point> curve;   // at most most_points, the last one is the end
  std::vector<Growing>
      growing;  // in the last quiet_runs runs, the most first, at most most_growing
  std::size_t suspicious = 0;
  std::vector<std::string> missing;  // why it is not ready; empty: it is

  [[nodiscard]] bool ready() const { return missing.empty(); }
};

[[nodiscard]] Readiness readiness_of(const Recording& recorded, std::size_t suspicious);

[[nodiscard]] Estimate estimate(std::uint64_t fresh, std::uint64_t of);

// Behaviours that fit a pattern of suspicion.h. What the profile `by_hand` grants is not
// counted: somebody has vouched for it, as sshd's reading of its host keys.
[[nodiscard]] Result<std::size_t> count_suspicious(const Recording& recording,
                                                   const profile::ResolvedProfile* by_hand);

}  // namespace glacis::learn

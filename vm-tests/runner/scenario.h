// SPDX-License-Identifier: Apache-2.0
/*
 * Scenario files (*.scn): what a confined program tries, and what must come of
 * it. One directive a line; `#` begins a comment line; a line that ends in a
 * backslash goes on. What stands before the first NAME is the default for the
 * whole file.
 *
 *   NAME text                begins a scenario; the name is unique
 *   AREA word                for --area
 *   TIER smoke               also run on every kernel of the ci tier
 *   KERNEL >=6.2             run only there (also <, <=, >, ==; may repeat)
 *   REQUIRES shell           skipped, with a reason, where this command fails; or
 *                            preempt_full: booted with that preemption
 *   PROFILE <<END ... END    the profile's text, or PROFILE path
 *   SETUP shell              unconfined, before each of the two runs (repeat)
 *   SERVE --tcp 8080 ...     servers of glacis-act, while the act runs
 *   BACKGROUND shell         unconfined, while the act runs (repeat)
 *   ENTER run | adopt        the act begins inside the domain, or is adopted
 *                            when it reports to be ready (acts hold, hold.storm)
 *   ENTER attach             the act begins outside: what it starts may attach.
 *                            The controls are made before the profile is loaded
 *   ACT file.read @DIR@/x    exactly one; see glacis-act --list
 *   EXPECT ok                every call succeeded and the effect was seen
 *   EXPECT refused           some call failed and no effect was seen
 *   EXPECT errno EACCES ...  the same, with one of these errnos
 *   EXPECT killed            the act was killed
 *   EXPECT_COUNT refused == 0    a number that the act counted (==, !=, <, >)
 *   EXPECT_EFFECT shell      succeeds after the confined run (repeat)
 *   EXPECT_NO_EFFECT shell   fails after it, and succeeds after the control
 *   EXPECT_EVENT key=value ...   some record of this domain has all of these
 *                            (key~value: contains; repeat for several records)
 *   EXPECT_NO_EVENT [key=value ...]  no record of this domain has all of these
 *   CONTROL none: reason     the act is not tried without the profile first
 *   CLEANUP shell            unconfined, after each of the two runs (repeat)
 *
 * Without CONTROL the same act runs unconfined first, and must succeed with its
 * effect seen: else a refusal might only mean that it would have failed anyway.
 *
 * Text that is replaced: @DIR@ a folder, emptied before each run; @ACT@ the act
 * program; @BIN@ the build folder; @GLACIS@ the command; @NAME@ the profile's name. A profile gets
 * `schema`, `include =
 * ["abstractions/base"]`, a [profile] that enforces and an [exec] that allows
 * @ACT@, each only where its text has none of its own. Scenarios whose profile
 * has the same text share one load.
 *
 * Keys of events: a path into the JSON record, as subject.uid, or a short one:
 * blocker (one of blockers), rule (rule.reason), object (object.path), rule_text
 * (the profile's line that rule.line names).
 */
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manager/base/result.h"

namespace glacis::scenario {

enum class Outcome { unset, ok, refused, killed };
enum class Enter { run, adopt, attach };

struct KernelBound {
  std::string op;
  std::vector<unsigned> version;
};

struct CountCheck {
  std::string key;
  std::string op;
  unsigned long value = 0;
};

struct FieldCheck {
  std::string key;
  std::string value;
  bool contains = false;
};

using EventCheck = std::vector<FieldCheck>;  // all of them, in one record

struct Scenario {
  std::string name;
  std::filesystem::path file;
  int line = 0;
  std::string area;
  bool smoke = false;
  std::vector<KernelBound> kernels;
  std::vector<std::string> needs;
  std::string profile;
  std::vector<std::string> setup;
  std::vector<std::string> serve;
  std::vector<std::string> background;
  Enter enter = Enter::run;
  std::string act;
  Outcome outcome = Outcome::unset;
  std::vector<std::string> errnos;
  std::vector<CountCheck> counts;
  std::vector<std::string> effects;
  std::vector<std::string> no_effects;
  std::vector<EventCheck> events;
  std::vector<EventCheck> no_events;
  std::string no_control;  // the reason, or empty
  std::vector<std::string> cleanup;
};

// The scenarios of one file's text, or where it is wrong.
[[nodiscard]] Result<std::vector<Scenario>> parse_scenarios(std::string_view text,
                                                            const std::filesystem::path& file);

[[nodiscard]] Result<std::vector<Scenario>> read_scenarios(const std::filesystem::path& file);

// Words of a line; quotes and backslash as in a shell.
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);

// Whether a release as "6.12.117+deb13" satisfies every bound.
[[nodiscard]] bool kernel_fits(std::string_view release, const std::vector<KernelBound>& bounds);

}  // namespace glacis::scenario

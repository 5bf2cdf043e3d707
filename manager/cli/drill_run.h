// SPDX-License-Identifier: Apache-2.0
// Steps tried on a live host: without the profile, then in the drill's domain.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "manager/cli/drill_actor.h"
#include "manager/cli/drill_decoys.h"
#include "manager/cli/output.h"
#include "manager/drill/outcome.h"
#include "manager/kernel/enforcer.h"

namespace glacis::cli {

// What the sinks of `glacis notify` have taken so far, by name.
using SinkCounts = std::vector<std::pair<std::string, std::uint64_t>>;
[[nodiscard]] SinkCounts sink_counts(const std::filesystem::path& state);

class Player {
 public:
  // Starts one actor outside and binds another one to the domain.
  static Result<Player> start(const Output& out, kernel::Enforcer& enforcer,
                              const kernel::Domain& domain, Stage stage, bool notify);

  [[nodiscard]] drill::Outcome play(const drill::Step& step);

 private:
  Player(const Output& out, kernel::Enforcer& enforcer, Stage stage, Actor outside, Actor inside)
      : out_(&out),
        enforcer_(&enforcer),
        stage_(std::make_unique<Stage>(std::move(stage))),
        outside_(std::move(outside)),
        inside_(std::move(inside)) {}
  drill::Try try_it(Actor& actor, const drill::Step& step);
  void find_records(drill::Outcome& outcome, std::uint64_t after);
  void watch_notice(drill::Outcome& outcome, const SinkCounts& before);

  const Output* out_;
  kernel::Enforcer* enforcer_;
  std::unique_ptr<Stage> stage_;
  Actor outside_, inside_;
  std::string domain_;
  bool notify_ = false;
  unsigned tries_ = 0;
};

}  // namespace glacis::cli

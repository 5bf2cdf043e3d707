// SPDX-License-Identifier: Apache-2.0
// What a step attacks, made anew for each try and taken away after it; and the
// look from outside at what the act did to it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manager/base/fd.h"
#include "manager/base/result.h"
#include "manager/drill/scenario.h"

namespace glacis::cli {

// What stands for {scratch} and {id}, and who makes programs.
struct Stage {
  std::string scratch, id;
  std::filesystem::path act;
};

// Takes away what a drill that was killed left, wherever these scenarios put it:
// root's own, by the very names that a drill gives. What was found, in words.
[[nodiscard]] std::vector<std::string> sweep(const drill::Scenarios& all);

class Decoys {
 public:
  static Result<Decoys> make(const Stage& stage, const drill::Step& step);
  Decoys(Decoys&&) noexcept;
  Decoys& operator=(Decoys&&) = delete;
  ~Decoys();

  // The act's words with everything put in its place.
  [[nodiscard]] std::vector<std::string> words() const;
  // What the probe sees now; none where the step has none. `waits`: it may take a
  // moment to be seen.
  [[nodiscard]] std::optional<bool> look(bool waits) const;
  // What could not be taken away again; nothing is to be left.
  std::string clear();

 private:
  explicit Decoys(const Stage& stage, const drill::Step& step) : stage_(&stage), step_(&step) {}
  [[nodiscard]] std::string placed(std::string text) const;
  Status add(const drill::Decoy& decoy);
  Status add_file(const std::string& path);
  Status add_process();
  Status add_listener();
  [[nodiscard]] bool seen() const;

  const Stage* stage_;
  const drill::Step* step_;
  std::vector<std::string> made_;  // in the order of making
  std::vector<pid_t> processes_;   // ours to end
  pid_t victim_ = 0;
  unsigned port_ = 0;
  Fd heard_;
  std::string before_;
};

}  // namespace glacis::cli

// SPDX-License-Identifier: Apache-2.0
// glacis-act as a process that does what it is told on its standard input: it is
// started outside, and stays there as the control, or is bound to the drill's
// domain. So the domain need not grant that it is executed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "manager/base/fd.h"
#include "manager/base/result.h"
#include "manager/drill/outcome.h"

namespace glacis::cli {

// Signals that end a command end the drill's next wait instead, so that what was
// loaded is unloaded.
class Stopping {
 public:
  Stopping();
  [[nodiscard]] static bool asked();
};

// Root runs it: a program that others can write to is refused.
[[nodiscard]] Status check_program(const std::filesystem::path& program);

class Actor {
 public:
  static Result<Actor> start(const std::filesystem::path& program);
  Actor(Actor&& other) noexcept;
  Actor& operator=(Actor&&) = delete;
  ~Actor();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // One that does not answer in time is ended, and answers nothing any more.
  [[nodiscard]] drill::Try act(const std::string& id, const std::vector<std::string>& words);

 private:
  Actor(pid_t pid, Fd in, Fd out) : pid_(pid), in_(std::move(in)), out_(std::move(out)) {}
  void end();
  std::string read_line(std::chrono::steady_clock::time_point until, std::string& trouble);

  pid_t pid_ = 0;
  Fd in_, out_;
  std::string rest_;
};

}  // namespace glacis::cli

// SPDX-License-Identifier: Apache-2.0
// What `glacis learn` watches: a command that it starts, or processes that run.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/kernel/enforcer.h"

namespace glacis::cli {

class Target {
 public:
  // Exactly one of them is given.
  static Result<Target> of(const std::vector<std::string>& command, pid_t pid,
                           const std::string& unit);

  [[nodiscard]] std::string words() const;

  // Starts the command in the domain, or binds the processes to it. From then on
  // signals that would end us end the watching instead.
  Status begin(kernel::Enforcer& enforcer, const std::string& profile);
  // False once all of it is gone, or we were asked to end.
  bool alive();

 private:
  Status start(const std::string& profile);

  std::vector<std::string> command_;
  std::string unit_;
  std::vector<pid_t> pids_;
  bool child_ = false;
};

}  // namespace glacis::cli

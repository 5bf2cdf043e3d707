// SPDX-License-Identifier: Apache-2.0
// Child processes with a bound on their time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"

namespace glacis::scenario {

struct Finished {
  int status = 0;  // exit status, or 128 + signal
  bool timed_out = false;
  std::string out;
  std::string err;
};

// A child that runs: with its own process group, pipes for its input and
// output. Ends with its owner.
class Child {
 public:
  [[nodiscard]] static Result<Child> start(const std::vector<std::string>& argv);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Waits for one line on stdout; empty if none came in time.
  [[nodiscard]] std::string read_line(std::chrono::milliseconds limit);
  void write_line(std::string_view line);
  void close_input();
  // Reads until the child ends; kills it when the time is over.
  [[nodiscard]] Finished finish(std::chrono::milliseconds limit);

 private:
  Child(pid_t pid, int in, int out, int err) : pid_(pid), in_(in), out_(out), err_(err) {}
  bool read_some(Finished& result, int timeout_ms);
  void stop();

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string pending_;  // of stdout, not yet asked for
};

[[nodiscard]] Finished run(const std::vector<std::string>& argv, std::chrono::milliseconds limit);
[[nodiscard]] Finished run_shell(const std::string& line, std::chrono::milliseconds limit);

}  // namespace glacis::scenario

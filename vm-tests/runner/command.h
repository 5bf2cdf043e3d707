// SPDX-License-Identifier: Apache-2.0
// The glacis command, as the runner uses it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "vm-tests/runner/expect.h"
#include "vm-tests/runner/process.h"

namespace glacis::scenario {

class Command {
 public:
  Command(std::filesystem::path program, std::chrono::milliseconds limit)
      : program_(std::move(program)), limit_(limit) {}

  // Empty, or what went wrong.
  [[nodiscard]] std::string load(const std::filesystem::path& profile) const;
  [[nodiscard]] std::string unload(const std::string& name) const;
  [[nodiscard]] std::string adopt(const std::string& name, pid_t pid) const;
  // The hooks that a profile needs by itself.
  [[nodiscard]] Result<std::vector<std::string>> hooks(const std::filesystem::path& profile) const;
  // What runs `argv` inside the domain.
  [[nodiscard]] std::vector<std::string> run_line(const std::string& name,
                                                  const std::vector<std::string>& argv) const;
  // Every record of one domain.
  [[nodiscard]] Result<std::vector<Json>> evidence(const std::string& domain) const;

 private:
  [[nodiscard]] std::string call(std::vector<std::string> arguments) const;

  std::filesystem::path program_;
  std::chrono::milliseconds limit_;
};

// One JSON object a line, or one array of them.
[[nodiscard]] Result<std::vector<Json>> parse_records(const std::string& text);

}  // namespace glacis::scenario

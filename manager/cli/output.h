// SPDX-License-Identifier: Apache-2.0
// Where output goes: data to stdout, talk to stderr, and one JSON object (or
// lines of them) on stdout where --json is given. Bytes that somebody else
// chose are passed as Untrusted, or through shown(), and never as they are.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "manager/base/escape.h"
#include "manager/base/result.h"

namespace glacis::cli {

using Json = nlohmann::ordered_json;

enum class Paint { plain, bold, red, green, yellow, blue };

struct Output {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  std::string colour = "auto";  // auto, always, never

  // Whether this stream takes colour: --color, then NO_COLOR, CLICOLOR_FORCE,
  // TERM=dumb and whether it is a terminal.
  [[nodiscard]] bool coloured(int fd) const;
  // For text that goes to stdout.
  [[nodiscard]] std::string paint(Paint paint, std::string_view text) const;

  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) const {
    write(fmt::format(format, std::forward<Args>(args)...));
  }
  // To stderr, unless --quiet.
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) const {
    if (!quiet) tell(fmt::format(format, std::forward<Args>(args)...));
  }

  void write(std::string_view text) const;  // stdout
  void tell(std::string_view text) const;   // stderr
  void write_json(const Json& json) const;  // stdout, one object
  // error, unchanged and next; as JSON on stdout with --json.
  void error(const Error& error, int exit_code) const;
};

// Escaped, but with backslashes as they are: for paths and names in sentences.
[[nodiscard]] inline std::string shown(std::string_view bytes) {
  return escape(bytes, Backslash::keep);
}

[[nodiscard]] std::string counted(std::size_t number, std::string_view noun);
// 18204113 as "18,204,113".
[[nodiscard]] std::string grouped(std::uint64_t number);

// Writes out what stdio still holds; false where stdout took not everything.
[[nodiscard]] bool flush_output();

}  // namespace glacis::cli

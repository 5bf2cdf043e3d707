// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/output.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace glacis::cli {
namespace {

bool set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::string_view code_of(Paint paint) {
  switch (paint) {
    case Paint::bold:
      return "1";
    case Paint::red:
      return "1;31";
    case Paint::green:
      return "32";
    case Paint::yellow:
      return "33";
    case Paint::blue:
      return "34";
    case Paint::plain:
      break;
  }
  return "0";
}

std::string painted(bool coloured, Paint paint, std::string_view text) {
  if (!coloured || paint == Paint::plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(paint), text);
}

}  // namespace

bool Output::coloured(int fd) const {
  if (json || colour == "never") return false;
  if (colour == "always") return true;
  if (set("NO_COLOR")) return false;
  const char* force = std::getenv("CLICOLOR_FORCE");
  if (force != nullptr && *force != '\0' && std::string_view(force) != "0") return true;
  const char* term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) != "dumb" && ::isatty(fd) == 1;
}

std::string Output::paint(Paint paint, std::string_view text) const {
  return painted(coloured(STDOUT_FILENO), paint, text);
}

void Output::write(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Output::tell(std::string_view text) const {
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Output::write_json(const Json& value) const {
  write(value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Output::error(const Error& error, int exit_code) const {
  if (json) {
    Json inner = {{"what", shown(error.what)}};
    if (!error.unchanged.empty()) inner["unchanged"] = shown(error.unchanged);
    if (const auto next = remedy_of(error); !next.empty()) inner["next"] = shown(next);
    inner["exit"] = exit_code;
    write_json({{"schema", "glacis.error/1"}, {"error", std::move(inner)}});
    return;
  }
  const bool colours = coloured(STDERR_FILENO);
  const auto line = [&](Paint paint, std::string_view head, const std::string& text) {
    if (!text.empty()) tell(fmt::format("{} {}\n", painted(colours, paint, head), shown(text)));
  };
  line(Paint::red, "error:", error.what);
  line(Paint::bold, "unchanged:", error.unchanged);
  line(Paint::bold, "next:", remedy_of(error));
}

std::string counted(std::size_t number, std::string_view noun) {
  const std::string_view ending = number == 1 ? "" : noun.ends_with('s') ? "es" : "s";
  return fmt::format("{} {}{}", number, noun, ending);
}

std::string grouped(std::uint64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

bool flush_output() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

}  // namespace glacis::cli

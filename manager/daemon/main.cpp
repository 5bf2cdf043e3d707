// SPDX-License-Identifier: Apache-2.0
// glacisd [--early]
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "manager/daemon/daemon.h"

namespace {

using glacis::Exit;
using glacis::daemon::Level;

constexpr std::string_view usage =
    "Usage: glacisd [--early]\n\n"
    "  --early     Put the images that were in force in force again, and end\n"
    "  --version   Show the version\n\n"
    "See glacisd(8).\n";

// The journal takes the level from the line's beginning.
void say(Level level, const std::string& text) {
  static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  static constexpr const char* words[] = {"error: ", "warning: ", "", ""};
  const auto number = static_cast<int>(level);
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += journal ? "<" + std::to_string(number) + ">" : "glacisd: ";
    if (!journal) out += words[number - static_cast<int>(Level::error)];
    out += text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  std::fputs(out.c_str(), stderr);
}

int main_with(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (argc > 2 || (!word.empty() && word != "--early" && word != "--version" && word != "--help")) {
    std::fputs(usage.data(), stderr);
    return static_cast<int>(Exit::usage);
  }
  if (word == "--version" || word == "--help") {
    std::fputs(word == "--help" ? usage.data() : "glacisd " GLACIS_VERSION "\n", stdout);
    return 0;
  }
  glacis::daemon::Daemon daemon(say);
  return static_cast<int>(word == "--early" ? daemon.early() : daemon.run());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return main_with(argc, argv);
  } catch (const std::exception& failure) {
    say(Level::error, std::string("internal failure: ") + failure.what());
    return static_cast<int>(Exit::bug);
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/review_keys.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "manager/image/describe.h"
#include "manager/learn/drop_in.h"

namespace glacis::cli {
namespace {

// Keys one by one, and the terminal as it was when it is over.
class RawTerminal {
 public:
  RawTerminal() {
    good_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!good_) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    good_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  ~RawTerminal() {
    if (good_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool good_ = false;
};

std::string samples(const std::vector<std::string>& of) {
  std::string out;
  for (const std::string& one : of) out += (out.empty() ? "" : ", ") + escape(one);
  return out;
}

}  // namespace

std::string item_text(const learn::Item& item) {
  std::string out = escape(image::describe(item.body), Backslash::keep) + "\n";
  out += fmt::format("    seen {} times in {}, {} to {}\n", item.evidence.count,
                     counted(item.evidence.runs, "run"), learn::time_text(item.evidence.first),
                     learn::time_text(item.evidence.last));
  if (item.why.empty()) return out;
  out += fmt::format("    inferred: {}, from {}", escape(item.why),
                     counted(item.evidence.behaviours, "behaviour"));
  out += item.samples.empty() ? "\n" : " such as " + samples(item.samples) + "\n";
  if (!std::holds_alternative<profile::PathRule>(item.body)) return out;
  out += item.beyond.files == 0
             ? "    admits no other file that exists\n"
             : fmt::format("    admits {}{} that exist and were not seen: {}\n",
                           item.beyond.more ? "at least " : "", counted(item.beyond.files, "file"),
                           samples(item.beyond.samples));
  return out;
}

std::optional<std::vector<learn::Item>> ask(const Output& out, const learn::Recording& recording,
                                            const std::vector<learn::Item>& items,
                                            const NextKey& next) {
  std::vector<learn::Item> accepted;
  for (std::size_t i = 0; i < items.size();) {
    const learn::Item& item = items[i];
    const bool general = !item.why.empty();
    out.tell(fmt::format("\n[{} of {}] {}a accept{}, s skip, A accept all from here, q quit: ",
                         i + 1, items.size(), item_text(item), general ? ", l literally" : ""));
    const auto key = next();
    if (!key) return std::nullopt;
    out.tell(fmt::format("{}\n", escape(std::string_view(&*key, 1))));
    if (*key == 'a') {
      accepted.push_back(item);
    } else if (*key == 'l' && general) {
      for (learn::Item& one : learn::literally(recording, item)) accepted.push_back(std::move(one));
    } else if (*key == 'A') {
      accepted.insert(accepted.end(), items.begin() + static_cast<std::ptrdiff_t>(i), items.end());
      return accepted;
    } else if (*key == 'q') {
      return std::nullopt;
    } else if (*key != 's') {
      continue;  // asked again
    }
    ++i;
  }
  return accepted;
}

NextKey terminal_keys() {
  return [terminal = std::make_shared<RawTerminal>()]() -> std::optional<char> {
    char key = 0;
    ssize_t got = 0;
    do got = ::read(STDIN_FILENO, &key, 1);
    while (got < 0 && errno == EINTR);
    // End of input, and Control-D.
    if (got != 1 || key == 4) return std::nullopt;
    return key;
  };
}

}  // namespace glacis::cli

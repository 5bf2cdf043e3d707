// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "vm-tests/runner/scenario.h"

namespace glacis::scenario {
namespace {

namespace fs = std::filesystem;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> to_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

bool parse_number(std::string_view text, unsigned long& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

std::vector<unsigned> parse_version(std::string_view text) {
  std::vector<unsigned> parts;
  while (!text.empty()) {
    unsigned part = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc{}) break;
    parts.push_back(part);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  return parts;
}

// What went wrong with a directive; empty means nothing.
using Problem = std::string;

Problem set_area(Scenario& s, std::string_view value) {
  s.area = value;
  return value.empty() ? "AREA wants a word" : "";
}

Problem set_tier(Scenario& s, std::string_view value) {
  if (value != "smoke" && value != "all") return "TIER is smoke or all";
  s.smoke = value == "smoke";
  return {};
}

Problem add_kernel(Scenario& s, std::string_view value) {
  KernelBound bound;
  for (const std::string_view op : {">=", "<=", "==", ">", "<"}) {
    if (!value.starts_with(op)) continue;
    bound.op = op;
    bound.version = parse_version(trim(value.substr(op.size())));
    break;
  }
  if (bound.version.empty()) return "KERNEL wants an operator and a version, as >=6.2";
  s.kernels.push_back(std::move(bound));
  return {};
}

Problem set_enter(Scenario& s, std::string_view value) {
  if (value != "run" && value != "adopt" && value != "attach")
    return "ENTER is run, adopt or attach";
  s.enter = value == "run" ? Enter::run : value == "adopt" ? Enter::adopt : Enter::attach;
  return {};
}

Problem set_act(Scenario& s, std::string_view value) {
  if (!s.act.empty()) return "a scenario has one ACT";
  s.act = value;
  return value.empty() ? "ACT wants the name of an act" : "";
}

Problem set_expect(Scenario& s, std::string_view value) {
  const std::vector<std::string> words = split_words(value);
  if (s.outcome != Outcome::unset) return "a scenario has one EXPECT";
  if (words.size() == 1 && words[0] == "ok") {
    s.outcome = Outcome::ok;
  } else if (words.size() == 1 && words[0] == "refused") {
    s.outcome = Outcome::refused;
  } else if (words.size() == 1 && words[0] == "killed") {
    s.outcome = Outcome::killed;
  } else if (words.size() > 1 && words[0] == "errno") {
    s.outcome = Outcome::refused;
    s.errnos.assign(words.begin() + 1, words.end());
  } else {
    return "EXPECT is ok, refused, killed, or errno and names as EACCES";
  }
  return {};
}

Problem add_count(Scenario& s, std::string_view value) {
  static const std::set<std::string, std::less<>> ops = {"==", "!=", "<", ">"};
  const std::vector<std::string> words = split_words(value);
  CountCheck check;
  if (words.size() != 3 || !ops.contains(words[1]) || !parse_number(words[2], check.value)) {
    return "EXPECT_COUNT wants a key, one of == != < >, and a number";
  }
  check.key = words[0];
  check.op = words[1];
  s.counts.push_back(std::move(check));
  return {};
}

Problem parse_event(std::string_view value, EventCheck& check) {
  for (const std::string& word : split_words(value)) {
    const auto at = word.find_first_of("=~");
    if (at == 0 || at == std::string::npos) return "events are matched by key=value or key~value";
    check.push_back({word.substr(0, at), word.substr(at + 1), word[at] == '~'});
  }
  return {};
}

Problem add_event(Scenario& s, std::string_view value) {
  if (value.empty()) return "EXPECT_EVENT wants key=value";
  return parse_event(value, s.events.emplace_back());
}

Problem add_no_event(Scenario& s, std::string_view value) {
  return parse_event(value, s.no_events.emplace_back());
}

Problem set_control(Scenario& s, std::string_view value) {
  constexpr std::string_view none = "none:";
  if (!value.starts_with(none)) return "CONTROL wants none: and a reason";
  s.no_control = trim(value.substr(none.size()));
  return s.no_control.empty() ? "CONTROL none: wants a reason" : "";
}

Problem set_serve(Scenario& s, std::string_view value) {
  s.serve = split_words(value);
  return s.serve.empty() ? "SERVE wants options of glacis-act --serve" : "";
}

template <std::vector<std::string> Scenario::* list>
Problem add_line(Scenario& s, std::string_view value) {
  if (value.empty()) return "this directive wants a command";
  (s.*list).emplace_back(value);
  return {};
}

using Handler = Problem (*)(Scenario&, std::string_view);

const std::map<std::string_view, Handler>& handlers() {
  static const std::map<std::string_view, Handler> table = {
      {"AREA", set_area},
      {"TIER", set_tier},
      {"KERNEL", add_kernel},
      {"REQUIRES", add_line<&Scenario::needs>},
      {"SETUP", add_line<&Scenario::setup>},
      {"SERVE", set_serve},
      {"BACKGROUND", add_line<&Scenario::background>},
      {"ENTER", set_enter},
      {"ACT", set_act},
      {"EXPECT", set_expect},
      {"EXPECT_COUNT", add_count},
      {"EXPECT_EFFECT", add_line<&Scenario::effects>},
      {"EXPECT_NO_EFFECT", add_line<&Scenario::no_effects>},
      {"EXPECT_EVENT", add_event},
      {"EXPECT_NO_EVENT", add_no_event},
      {"CONTROL", set_control},
      {"CLEANUP", add_line<&Scenario::cleanup>},
  };
  return table;
}

class Parser {
 public:
  Parser(std::string_view text, fs::path file) : lines_(to_lines(text)), file_(std::move(file)) {}

  Result<std::vector<Scenario>> run() {
    for (; at_ < lines_.size(); ++at_) {
      const Problem problem = directive(joined());
      if (!problem.empty()) return wrong(static_cast<int>(at_) + 1, problem);
    }
    if (const Problem problem = finish(); !problem.empty()) return wrong(current_.line, problem);
    return std::move(done_);
  }

 private:
  std::unexpected<Error> wrong(int line, const Problem& problem) const {
    return fail(Exit::usage, fmt::format("{}:{}: {}", file_.string(), line, problem),
                "the directives are described in vm-tests/runner/scenario.h");
  }

  // This line, and those that a backslash adds to it.
  std::string joined() {
    std::string line = lines_[at_];
    while (line.ends_with('\\') && at_ + 1 < lines_.size()) {
      line.pop_back();
      line += trim(lines_[++at_]);
    }
    return line;
  }

  Problem directive(const std::string& raw) {
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#')) return {};
    const auto space = line.find_first_of(" \t");
    const std::string_view word = line.substr(0, space);
    const std::string_view value =
        space == std::string_view::npos ? std::string_view{} : trim(line.substr(space));
    if (word == "NAME") return begin(value);
    if (word == "PROFILE") return profile(value);
    const auto found = handlers().find(word);
    if (found == handlers().end()) return fmt::format("unknown directive {}", word);
    return found->second(current_, value);
  }

  Problem begin(std::string_view name) {
    if (name.empty()) return "NAME wants a name";
    if (Problem problem = finish(); !problem.empty()) return problem;
    if (!started_) defaults_ = current_;
    started_ = true;
    current_ = defaults_;
    current_.name = name;
    current_.file = file_;
    current_.line = static_cast<int>(at_) + 1;
    if (!names_.insert(current_.name).second) return fmt::format("two scenarios named {}", name);
    return {};
  }

  Problem finish() {
    if (!started_) return {};
    if (current_.act.empty()) return fmt::format("scenario {} has no ACT", current_.name);
    if (current_.outcome == Outcome::unset) {
      return fmt::format("scenario {} has no EXPECT", current_.name);
    }
    if (current_.profile.empty()) return fmt::format("scenario {} has no PROFILE", current_.name);
    if (current_.area.empty()) return fmt::format("scenario {} has no AREA", current_.name);
    done_.push_back(current_);
    return {};
  }

  Problem profile(std::string_view value) {
    if (!value.starts_with("<<")) return profile_file(value);
    const std::string end(trim(value.substr(2)));
    if (end.empty()) return "PROFILE << wants the word that ends it";
    current_.profile.clear();
    const std::size_t begin = at_;
    for (++at_; at_ < lines_.size(); ++at_) {
      if (trim(lines_[at_]) == end) {
        if (current_.profile.empty()) current_.profile = "\n";
        return {};
      }
      current_.profile += lines_[at_] + "\n";
    }
    at_ = begin;
    return fmt::format("PROFILE is not ended by {}", end);
  }

  Problem profile_file(std::string_view value) {
    const fs::path path = file_.parent_path() / value;
    std::ifstream in(path);
    std::ostringstream text;
    if (value.empty() || !(text << in.rdbuf())) return fmt::format("cannot read {}", path.string());
    current_.profile = text.str();
    return {};
  }

  std::vector<std::string> lines_;
  fs::path file_;
  std::size_t at_ = 0;
  bool started_ = false;
  Scenario defaults_;
  Scenario current_;
  std::vector<Scenario> done_;
  std::set<std::string> names_;
};

}  // namespace

Result<std::vector<Scenario>> parse_scenarios(std::string_view text, const fs::path& file) {
  return Parser(text, file).run();
}

Result<std::vector<Scenario>> read_scenarios(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  if (!(text << in.rdbuf())) return fail(Exit::usage, fmt::format("cannot read {}", file.string()));
  return parse_scenarios(text.str(), file);
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  bool open = false;  // a word has begun
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else {
      words.back() += c;
    }
  }
  return words;
}

bool kernel_fits(std::string_view release, const std::vector<KernelBound>& bounds) {
  const std::vector<unsigned> have = parse_version(release);
  for (const KernelBound& bound : bounds) {
    std::vector<unsigned> mine = have;
    mine.resize(bound.version.size());  // 6.1.5 is "6.1" when compared with 6.1
    const bool fits = (bound.op == ">=" && mine >= bound.version) ||
                      (bound.op == "<=" && mine <= bound.version) ||
                      (bound.op == "==" && mine == bound.version) ||
                      (bound.op == ">" && mine > bound.version) ||
                      (bound.op == "<" && mine < bound.version);
    if (!fits) return false;
  }
  return true;
}

}  // namespace glacis::scenario

// SPDX-License-Identifier: Apache-2.0
// Asks the kernel's AppArmor and our core the same of profiles that are loaded there,
// into a namespace of their own, and imported here. An answer that differs must have
// a reason that the import gave; else it is shown, and the exit status is 1.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <span>

#include "lsm/decide/socket.h"
#include "manager/base/escape.h"
#include "manager/image/builder.h"
#include "manager/import/apparmor/import.h"
#include "manager/import/apparmor/parser.h"
#include "manager/profile/load.h"
#include "manager/sim/event.h"
#include "manager/sim/simulator.h"
#include "vm-tests/apparmor/capabilities.h"
#include "vm-tests/apparmor/kernel.h"
#include "vm-tests/apparmor/paths.h"
#include "vm-tests/apparmor/reasons.h"

namespace glacis::oracle {
namespace {

namespace fs = std::filesystem;
namespace aa = import::apparmor;

constexpr unsigned kMostShown = 12;  // of a profile

struct Options {
  std::string space = "oracle";
  unsigned questions = 300;
  std::uint64_t seed = 1;
  std::string record, replay, answer;  // files
  std::vector<fs::path> search, files;
};

struct Word {
  std::uint32_t theirs, ours;
};
constexpr std::array<Word, 11> kOfFiles = {{{kRead, GL_FILE_READ},
                                            {kWrite, GL_FILE_WRITE},
                                            {kAppend, GL_FILE_APPEND},
                                            {kExec, GL_FILE_EXECUTE},
                                            {kMap, GL_FILE_MAP_EXEC},
                                            {kLink, GL_FILE_LINK},
                                            {kLock, GL_FILE_LOCK},
                                            {kCreate, GL_FILE_CREATE},
                                            {kDelete, GL_FILE_UNLINK},
                                            {kChmod, GL_FILE_CHMOD},
                                            {kChown, GL_FILE_CHOWN}}};
constexpr std::array<Word, 6> kOfDirectories = {{{kRead, GL_FILE_READ},
                                                 {kLock, GL_FILE_LOCK},
                                                 {kCreate, GL_FILE_MKDIR},
                                                 {kDelete, GL_FILE_RMDIR},
                                                 {kChmod, GL_FILE_CHMOD},
                                                 {kChown, GL_FILE_CHOWN}}};

struct Tally {
  unsigned long questions = 0, allowed = 0, refused = 0, unexplained = 0;
  std::map<std::string, unsigned long> explained;

  void add(const Tally& more) {
    questions += more.questions;
    allowed += more.allowed;
    refused += more.refused;
    unexplained += more.unexplained;
    for (const auto& [why, count] : more.explained) explained[why] += count;
  }
  [[nodiscard]] std::string text() const {
    std::string out = fmt::format("{} questions, {} agreed ({} allowed, {} refused)", questions,
                                  allowed + refused, allowed, refused);
    for (const auto& [why, count] : explained) out += fmt::format(", {} {}", count, why);
    return out + fmt::format(", {} unexplained", unexplained);
  }
};

std::optional<image::ImageView> compile(const std::string& text) {
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  const profile::MemoryFiles none;
  profile::LoadOptions options;
  options.files = &none;
  options.lint = false;
  const auto profile =
      profile::load_profile_text(text, "/imported.toml", options, diagnostics, sources);
  if (!profile) return std::nullopt;
  const auto built = image::build(*profile);
  if (!built) return std::nullopt;
  return image::ImageView::unchecked(std::as_bytes(std::span(built->bytes)));
}

// One profile: what is asked of it, and what came of that.
class Comparison {
 public:
  Comparison(const Kernel& kernel, std::string name, const image::ImageView& view,
             const Reasons& reasons, Random& random, bool quiet)
      : kernel_(kernel),
        name_(std::move(name)),
        sim_(view),
        reasons_(reasons),
        random_(random),
        quiet_(quiet) {}

  bool known() const { return kernel_.ask(name_, kFile, "/").has_value(); }
  void files(unsigned count, const std::vector<Path>& there);
  void links(unsigned count, const std::vector<Path>& there);
  void sockets();
  void capabilities(std::span<const Act> decided);
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  template <typename T>
  const T& any(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }
  std::optional<Path> draw(const std::vector<Path>& there);
  void file(const Path& path, const Word& word, bool owner);
  void link(const Path& name, const Path& target, bool owner);
  void said(bool theirs, bool ours, Difference difference, const std::string& question);
  void differs(bool theirs, bool ours, const std::string& question);

  const Kernel& kernel_;
  std::string name_;
  sim::Simulator sim_;
  const Reasons& reasons_;
  Random& random_;
  bool quiet_;  // questions are written down: there is no answer yet
  unsigned pairs_ = 0;
  Tally tally_;
};

void Comparison::said(bool theirs, bool ours, Difference difference, const std::string& question) {
  ++tally_.questions;
  if (theirs == ours) {
    ++(ours ? tally_.allowed : tally_.refused);
    return;
  }
  difference.looser = ours;
  if (quiet_) return;
  const std::string why = reasons_.why(difference);
  if (!why.empty()) {
    ++tally_.explained[why];
    return;
  }
  differs(theirs, ours, question);
}

void Comparison::differs(bool theirs, bool ours, const std::string& question) {
  if (++tally_.unexplained <= kMostShown)
    fmt::print("DIFFERS {}: {}: AppArmor {}, ours {}\n", name_, question,
               theirs ? "allows" : "refuses", ours ? "allows" : "refuses");
}

std::optional<Path> Comparison::draw(const std::vector<Path>& there) {
  const unsigned from = static_cast<unsigned>(random_() % 8);
  if (from == 0 && !there.empty()) return any(there);
  const auto& rules = reasons_.rules();
  if (rules.empty()) return std::nullopt;
  const RuleSaid& rule = any(rules);
  if (rule.patterns.empty()) return std::nullopt;
  const std::size_t number = random_() % rule.patterns.size();
  Path out;
  out.text = instance(any(rule.patterns[number]), random_);
  out.directory = number >= rule.first_directory;
  // What is near may be of the other kind: nothing is there to tell.
  if (from < 4 && possible(out.text)) out.text = near(out.text, random_);
  if (!possible(out.text)) return std::nullopt;
  if (out.text == "/") out.directory = true;
  return out;
}

void Comparison::file(const Path& path, const Word& word, bool owner) {
  const auto answer = kernel_.ask(name_, kFile, path.theirs(), owner);
  if (!answer) return;
  const std::uint32_t who = GL_OWNER_ROOT | (owner ? GL_OWNER_SELF : 0);
  const sim::Request request =
      word.ours == GL_FILE_EXECUTE
          ? sim::Request(sim::ExecRequest{path.text, who, GL_ENDING_ROOTED, false})
          : sim::Request(sim::FileRequest{path.text, word.ours, who, GL_ENDING_ROOTED});
  said((*answer & word.theirs) != 0, sim_.decide(request).decision == GL_ALLOW,
       {false, word.ours, path}, sim::to_text(request) + (path.directory ? " (a directory)" : ""));
}

void Comparison::files(unsigned count, const std::vector<Path>& there) {
  for (unsigned tries = 0; tally_.questions < count && tries < 20 * count; ++tries) {
    const auto path = draw(there);
    if (!path) continue;
    const Word& word = path->directory ? kOfDirectories[random_() % kOfDirectories.size()]
                                       : kOfFiles[random_() % kOfFiles.size()];
    file(*path, word, random_() % 2 == 0);
  }
}

// As the kernel does it: the name, the pair from there on, and where the pair says so
// whether the name grants no more than its target. Which profile an exec leads to is no
// part of an answer, and not compared.
void Comparison::link(const Path& name, const Path& target, bool owner) {
  const auto of_name = kernel_.ask(name_, kFile, name.text, owner);
  const auto of_target = kernel_.ask(name_, kFile, target.text, owner);
  const auto pair = kernel_.ask(name_, kFile, name.text + '\0' + target.text, owner);
  if (!of_name || !of_target || !pair) return;
  const bool subset = (*pair & kSubset) != 0;
  const bool theirs =
      (*of_name & *pair & kLink) != 0 && (!subset || (*of_name & ~(kLink | *of_target)) == 0);
  const std::uint32_t who = GL_OWNER_ROOT | (owner ? GL_OWNER_SELF : 0);
  const auto may = [&](const Path& path, std::uint32_t access) {
    const sim::FileRequest request{path.text, access, who, GL_ENDING_ROOTED};
    return sim_.decide(request).decision == GL_ALLOW;
  };
  bool ours = may(name, GL_FILE_LINK) && may(target, GL_FILE_LINK);
  for (std::uint32_t bit = 1; bit != 0 && bit <= GL_FILE_CONTENT; bit <<= 1)
    if (bit & GL_FILE_CONTENT) ours = ours && (!may(name, bit) || may(target, bit));
  ++pairs_;
  said(theirs, ours, {false, GL_FILE_LINK, name, target},
       fmt::format("link {} to {}", name.text, target.text));
}

// Pairs of what rules name, and near misses of either side.
void Comparison::links(unsigned count, const std::vector<Path>& there) {
  std::vector<const RuleSaid*> rules;
  for (const RuleSaid& rule : reasons_.rules()) {
    if (rule.links && rule.first_directory != 0) rules.push_back(&rule);
  }
  if (rules.empty()) return;
  const auto from = [&](const RuleSaid& rule) {
    Path out;
    out.text = instance(any(rule.patterns[random_() % rule.first_directory]), random_);
    if (random_() % 4 == 0 && possible(out.text)) out.text = near(out.text, random_);
    return out;
  };
  for (unsigned tries = 0; pairs_ < count && tries < 20 * count; ++tries) {
    const RuleSaid& rule = *any(rules);
    const Path name = from(rule);
    Path target = from(random_() % 2 == 0 ? rule : *any(rules));
    if (random_() % 8 == 0 && !there.empty()) target = any(there);
    const bool files = !target.directory && possible(name.text) && possible(target.text);
    if (files && name.text != "/" && target.text != "/") link(name, target, random_() % 2 == 0);
  }
}

// Each family and type that has a kind here: to make one, and to use it.
void Comparison::sockets() {
  for (std::uint32_t family = 1; family < 46; ++family) {
    for (const std::uint32_t type : {1U, 2U, 3U, 5U}) {
      const auto kind = static_cast<gl_socket>(gl_socket_kind(family, type, 0));
      if (kind == GL_SOCKET_NONE) continue;
      // The kernel makes no others of netlink, whoever asks.
      if (family == GL_AF_NETLINK && type != GL_SOCK_DGRAM && type != GL_SOCK_RAW) continue;
      const std::string what = {0, static_cast<char>(family), 0, static_cast<char>(type)};
      const auto answer = kernel_.ask(name_, kNetwork, what);
      if (!answer) continue;
      bool ours = sim_.decide(sim::SocketRequest{kind}).decision == GL_ALLOW;
      if (family == GL_AF_INET || family == GL_AF_INET6) {
        sim::NetRequest use;
        use.op = GL_NET_CONNECT;
        use.kind = kind;
        use.v6 = family == GL_AF_INET6;
        use.address = {0x0a000001, 0, 0, 1};
        use.port = 4321;
        ours = ours && sim_.decide(use).decision == GL_ALLOW;
      }
      said((*answer & kCreate) != 0, ours, {},
           fmt::format("socket of family {}, type {}", family, type));
    }
  }
}

// A capability is granted or not: no finding explains a difference.
void Comparison::capabilities(std::span<const Act> decided) {
  for (const Act& act : acts()) {
    const auto answer =
        kernel_.ask(name_, kAttempt, std::string(1, static_cast<char>(act.capability)));
    const bool oracle =
        std::ranges::find(decided, act.capability, &Act::capability) != decided.end();
    if (!answer || !oracle) continue;
    bool ours = false;
    for (int capability = 0; capability < GL_CAP_COUNT; ++capability)
      ours =
          ours ||
          ((act.suffice >> capability & 1) != 0 &&
           sim_.decide(sim::CapabilityRequest{static_cast<gl_capability>(capability)}).decision ==
               GL_ALLOW);
    ++tally_.questions;
    if ((*answer != 0) == ours) {
      ++(ours ? tally_.allowed : tally_.refused);
    } else if (!quiet_) {
      differs(*answer != 0, ours, fmt::format("capability {}", act.capability));
    }
  }
}

std::optional<Options> parse(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("-")) {
      out.files.emplace_back(word);
      continue;
    }
    if (i + 1 == argc) return std::nullopt;
    const char* value = argv[++i];
    if (word == "--namespace") {
      out.space = value;
    } else if (word == "--questions") {
      out.questions = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    } else if (word == "--seed") {
      out.seed = std::strtoull(value, nullptr, 10);
    } else if (word == "--record") {
      out.record = value;
    } else if (word == "--replay") {
      out.replay = value;
    } else if (word == "--answer") {
      out.answer = value;
    } else if (word == "-I") {
      out.search.emplace_back(value);
    } else {
      return std::nullopt;
    }
  }
  if (out.files.empty()) return std::nullopt;
  return out;
}

using Found =
    std::map<std::pair<std::string, std::string>, std::pair<const aa::Policy*, const aa::Profile*>>;

void find_all(const std::string& file, const aa::Policy& policy,
              const std::vector<aa::Profile>& profiles, Found& out) {
  for (const aa::Profile& profile : profiles) {
    out[{file, profile.full_name}] = {&policy, &profile};
    find_all(file, policy, profile.children, out);
  }
}

// Of a class the kernel answers if profiles with and without its rule get other
// answers: `with` and `without`, of the file probes.
void tell_classes(const Kernel& kernel) {
  struct Class {
    const char* name;
    char kind;
    std::string what;
    std::uint32_t bit;
  };
  const std::array<Class, 4> classes = {
      {{"file", kFile, "/probe", kRead},
       {"link", kFile, std::string("/linked\0/to", 11), kLink},
       {"network", kNetwork, {0, GL_AF_INET, 0, GL_SOCK_STREAM}, kCreate},
       {"capability", kCapability, {0, 0, 0, 1}, 1}}};
  for (const Class& one : classes) {
    const auto with = kernel.ask("with", one.kind, one.what);
    const auto without = kernel.ask("without", one.kind, one.what);
    fmt::print("class {}: {}\n", one.name,
               !with || !without                                     ? "no probe"
               : (*with & one.bit) != 0 && (*without & one.bit) == 0 ? "answered"
                                                                     : "not answered");
  }
}

// Acts that pass with every capability and with none do not. The others are no oracle here.
std::vector<Act> decided_acts(const Kernel& kernel) {
  std::vector<Act> out;
  std::string others;
  for (const Act& act : acts()) {
    const std::string what(1, static_cast<char>(act.capability));
    const auto with = kernel.ask("every", kAttempt, what);
    const auto without = kernel.ask("nothing", kAttempt, what);
    if (with && without && *with != 0 && *without == 0) {
      out.push_back(act);
    } else {
      others += fmt::format(" {}", act.capability);
    }
  }
  fmt::print("capabilities by attempting: {} of {} acts tell{}\n", out.size(), acts().size(),
             others.empty() ? "" : "; not" + others);
  return out;
}

int run(const Options& options) {
  const auto kernel = !options.record.empty()   ? Kernel::recorder(options.space, options.record)
                      : !options.replay.empty() ? Kernel::replay(options.space, options.replay)
                                                : Kernel::open(options.space);
  if (!kernel) {
    fmt::print(stderr, "error: {}\n", kernel.error().what);
    return 2;
  }
  if (!options.answer.empty()) {
    const auto done = kernel->answer(options.answer, options.files.front());
    if (!done) fmt::print(stderr, "error: {}\n", done.error().what);
    return done ? 0 : 2;
  }
  tell_classes(*kernel);
  const std::vector<Act> decided = decided_acts(*kernel);
  diag::Diagnostics diagnostics, again;
  diag::SourceSet sources, trees;
  const auto imported = aa::import_files(options.files, {options.search}, diagnostics, sources);
  const profile::DiskFiles disk;
  std::deque<aa::Policy> policies;
  Found found;
  for (const fs::path& file : options.files) {
    if (auto policy = aa::parse(file, {options.search, &disk}, again, trees)) {
      policies.push_back(std::move(*policy));
      find_all(file.native(), policies.back(), policies.back().profiles, found);
    }
  }
  const std::vector<Path> there = file_system(7000);
  Random random(options.seed);
  Tally all;
  unsigned compared = 0, unknown = 0;
  for (const import::Imported& one : imported) {
    const auto from = found.find({one.source, one.was});
    if (!one.good || from == found.end()) continue;
    const auto& [policy, profile] = from->second;
    const auto view = compile(one.text);
    if (!view || profile->flags.mode == aa::Mode::unconfined) continue;
    const Reasons reasons(*policy, *profile, trees, said_in(one.findings, sources));
    Comparison comparison(*kernel, one.was, *view, reasons, random, !options.record.empty());
    if (!comparison.known()) {
      ++unknown;
      fmt::print("not in the kernel: {}\n", one.was);
      continue;
    }
    comparison.sockets();
    comparison.files(options.questions, there);
    comparison.links(options.questions / 10, there);
    // A profile that only complains lets everything pass. Last: while questions are
    // written down, none of these counts.
    if (profile->flags.mode != aa::Mode::complain) comparison.capabilities(decided);
    ++compared;
    all.add(comparison.tally());
    if (!options.record.empty()) continue;
    fmt::print("{}: {}\n", escape(one.was), comparison.tally().text());
    std::fflush(stdout);  // a guest that is ended keeps what was found
  }
  if (!options.record.empty()) return 0;
  if (all.explained.contains(kOtherKind))
    fmt::print(
        "{}: the rule's last name is written out, so that it means what is there, a file or a\n"
        "  directory; asked was the other kind, which AppArmor knows by a slash at the end\n",
        kOtherKind);
  fmt::print("{} profiles, {} not in the kernel: {}\n", compared, unknown, all.text());
  const bool asked = compared > 0 && all.allowed > 0 && !decided.empty();
  return asked && all.unexplained == 0 && unknown == 0 ? 0 : 1;
}

}  // namespace
}  // namespace glacis::oracle

int main(int argc, char** argv) {
  const auto options = glacis::oracle::parse(argc, argv);
  if (!options) {
    fmt::print(stderr,
               "usage: glacis-apparmor-oracle [--namespace NAME] [--questions N] [--seed N]"
               " [-I FOLDER]...\n"
               "                              [--record QUESTIONS | --replay ANSWERS] FILE...\n"
               "       glacis-apparmor-oracle --answer QUESTIONS ANSWERS\n");
    return 2;
  }
  return glacis::oracle::run(*options);
}

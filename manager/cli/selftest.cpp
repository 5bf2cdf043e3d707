// SPDX-License-Identifier: Apache-2.0
// glacis selftest: tries the attacks of the table of threats on this host, each in
// a scratch domain and each without it first, and says what came of it.
#include <fcntl.h>
#include <spawn.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/base/fd.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/host.h"
#include "manager/cli/scratch.h"
#include "manager/cli/threats.h"

namespace glacis::cli {
namespace {

namespace fs = std::filesystem;

struct SelftestArguments {
  std::string from;
  std::vector<std::string> rows;
  bool all = false;
};

bool asked_for(const SelftestArguments& arguments, const Threat& threat) {
  return arguments.rows.empty() || std::ranges::any_of(arguments.rows, [&](const auto& row) {
           return threat.id == row || threat.id.starts_with(row + ".");
         });
}

// The scenarios to run, a line each; the number of lines.
std::size_t write_names(const fs::path& file, const Threats& threats, bool all) {
  std::set<std::string> names;
  for (const Threat& threat : threats.rows)
    for (const std::string& name : threat.scenarios)
      if (all || !threats.not_live.contains(name)) names.insert(name);
  std::ofstream out(file);
  for (const std::string& name : names) out << name << '\n';
  return names.size();
}

void show_progress(const Output& out, int fd, std::size_t total) {
  const bool terminal = ::isatty(STDERR_FILENO) != 0 && !out.quiet;
  std::string line;
  std::size_t done = 0;
  for (char byte = 0; ::read(fd, &byte, 1) == 1;) {
    if (byte != '\n') {
      line += byte;
      continue;
    }
    if (out.verbose) out.say("{}\n", shown(line));
    ++done;
    const bool tenth = done * 10 / total != (done - 1) * 10 / total;
    if (terminal && !out.verbose)
      out.tell(fmt::format("\r\033[K{} of {}", done, total));
    else if (tenth && !out.verbose)
      out.say("{} of {}\n", done, total);
    line.clear();
  }
  if (terminal && !out.verbose) out.tell("\r\033[K");
}

// Runs it with its stdout shown as progress; answers its exit status.
Result<int> run_program(const Output& out, std::vector<std::string> words, std::size_t total) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(Exit::usage, "cannot make a pipe");
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return fail(
        Exit::usage,
        fmt::format("cannot run {}: {}", shown(words[0]), std::generic_category().message(error)),
        "give the folder that holds it with --from");
  writing.reset();
  show_progress(out, reading.get(), total);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<Trials> try_them(const Output& out, const SelftestArguments& arguments, const fs::path& from,
                        const Threats& threats) {
  auto scratch = Scratch::make("glacis-selftest");
  if (!scratch) return std::unexpected(scratch.error());
  const fs::path names = scratch->path() / "names", results = scratch->path() / "results";
  const std::size_t total = write_names(names, threats, arguments.all);
  if (total == 0) return Trials{};
  std::error_code error;
  const auto status = run_program(
      out,
      {(from / "glacis-scenarios").native(), "--glacis", fs::read_symlink("/proc/self/exe", error),
       "--act", (from / "glacis-act").native(), "--profiles", (from / "profiles").native(),
       "--work", (scratch->path() / "work").native(), "--names", names.native(), "--json",
       results.native(), (from / "scenarios").native()},
      total);
  if (!status) return std::unexpected(status.error());
  if (*status > 1)
    return fail(Exit::usage, fmt::format("the scenarios did not run (status {})", *status),
                "`glacis selftest -v` shows what they say", "no profile of yours was touched");
  return read_trials(results);
}

std::string joined(const auto& list, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < list.size() && i < most; ++i)
    out += fmt::format("{}{}", i == 0 ? "" : ", ", list[i]);
  if (list.size() > most) out += fmt::format(" and {} more", list.size() - most);
  return out;
}

Paint paint_of(ThreatAnswer answer) {
  switch (answer) {
    case ThreatAnswer::refused:
      return Paint::green;
    case ThreatAnswer::failed:
      return Paint::red;
    case ThreatAnswer::partly:
    case ThreatAnswer::open:
    case ThreatAnswer::not_tried:
      return Paint::yellow;
  }
  return Paint::plain;
}

void print_row(const Output& out, const Row& row) {
  const Threat& threat = *row.threat;
  out.print("{}  {:<20} {}\n",
            out.paint(paint_of(row.answer), fmt::format("{:<9}", word(row.answer))), threat.id,
            threat.what);
  out.print("{:<11}{:<20} {} of {} refused", "", joined(threat.attack, 3), row.refused,
            threat.scenarios.size());
  if (!row.records.empty()) out.print(" · records {}", joined(row.records, 4));
  out.print("\n");
  if (!threat.open.empty()) out.print("{:<11}> {}\n", "", threat.open);
  for (const auto& [name, why] : row.remarks)
    out.print("{:<11}- {}: {}\n", "", shown(name), shown(why));
}

Json to_json(const Row& row) {
  Json remarks = Json::array();
  for (const auto& [name, why] : row.remarks)
    remarks.push_back({{"scenario", shown(name)}, {"why", shown(why)}});
  return {{"id", row.threat->id},         {"threat", row.threat->what},
          {"attack", row.threat->attack}, {"decided", row.threat->decided},
          {"answer", word(row.answer)},   {"scenarios", row.threat->scenarios.size()},
          {"tried", row.tried},           {"refused", row.refused},
          {"records", row.records},       {"open", row.threat->open},
          {"remarks", std::move(remarks)}};
}

int report(const Output& out, const Threats& threats, const std::vector<Row>& rows) {
  std::map<ThreatAnswer, std::size_t> count;
  for (const Row& row : rows) ++count[row.answer];
  const bool failed = count[ThreatAnswer::failed] > 0;
  if (out.json) {
    utsname name{};
    ::uname(&name);
    Json list = Json::array();
    for (const Row& row : rows) list.push_back(to_json(row));
    out.write_json({{"schema", "glacis.selftest/1"},
                    {"kernel", name.release},
                    {"attack", threats.attack},
                    {"ok", !failed},
                    {"rows", std::move(list)}});
  } else {
    for (const Row& row : rows) print_row(out, row);
    std::string line = counted(rows.size(), "threat") + ":";
    for (const auto& [answer, number] : count)
      if (number > 0) line += fmt::format(" {} {}", number, word(answer));
    out.print("{}\n", line);
  }
  return code(failed ? Exit::findings : Exit::ok);
}

Result<int> selftest(const Cli& cli, const SelftestArguments& arguments) {
  if (auto root = need_root("selftest"); !root) return std::unexpected(root.error());
  const fs::path from = arguments.from.empty() ? selftest_folder() : fs::path(arguments.from);
  auto threats = read_threats(from / "threats.json");
  if (!threats) return std::unexpected(threats.error());
  std::erase_if(threats->rows, [&](const Threat& t) { return !asked_for(arguments, t); });
  if (threats->rows.empty())
    return fail(Exit::usage, "no threat has such an id", "`glacis selftest` lists them all");
  const auto trials = try_them(cli.out, arguments, from, *threats);
  if (!trials) return std::unexpected(trials.error());
  return report(cli.out, *threats, judge(*threats, *trials));
}

}  // namespace

void add_selftest(Command app, Cli& cli) {
  auto arguments = std::make_shared<SelftestArguments>();
  Command command = app.add_command(
      "selftest", "Try known attacks on this kernel, each refused in a scratch domain");
  command.add_option("THREAT", arguments->rows, "Only these, as `net` or `net.connect`");
  command.add_flag("--all", arguments->all, "Also what could disturb a host that works");
  command.add_option("--from", arguments->from, "Where threats, scenarios and programs are")
      .type_name("FOLDER");
  command.footer(
      "Each attack is first made without a profile, where it must succeed: in a scratch\n"
      "folder, on loopback, against processes of its own. Exit status 1: one was not\n"
      "refused, or could not be shown to be.");
  command.act(cli, [&cli, arguments] { return selftest(cli, *arguments); });
}

}  // namespace glacis::cli

// SPDX-License-Identifier: Apache-2.0
// Random operations of a confined task, compared with what the simulator says of
// each. A disagreement is an operation that succeeded although the simulator
// refuses a step of it, or that was refused although it grants all. What fails for
// another reason tells nothing and is counted apart.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "manager/image/builder.h"
#include "manager/profile/load.h"
#include "vm-tests/boundary/plan.h"
#include "vm-tests/runner/command.h"

namespace glacis::boundary {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kRound = 2000;    // operations under one profile
constexpr unsigned kMostShown = 20;  // disagreements
constexpr std::chrono::minutes kLimit{5};

struct Options {
  fs::path glacis = "glacis";
  fs::path act;
  fs::path work = "/tmp/glacis-boundary";
  unsigned operations = 100'000;
  std::uint64_t seed = 1;
  bool wrong = false;  // compare with another profile's policy: must disagree
};

struct Tally {
  unsigned long allowed = 0, refused = 0, neither = 0, untried = 0, wrong = 0;
};

constexpr const char* kUsage =
    "usage: glacis-boundary --glacis PROGRAM --act PROGRAM [--work FOLDER]\n"
    "                       [--operations N] [--seed N] [--wrong]\n";

std::optional<Options> parse(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--wrong") {
      out.wrong = true;
      continue;
    }
    if (i + 1 == argc) return std::nullopt;
    const char* value = argv[++i];
    if (word == "--glacis") {
      out.glacis = fs::absolute(value);
    } else if (word == "--act") {
      out.act = value;
    } else if (word == "--work") {
      out.work = value;
    } else if (word == "--operations") {
      out.operations = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    } else if (word == "--seed") {
      out.seed = std::strtoull(value, nullptr, 10);
    } else {
      return std::nullopt;
    }
  }
  if (out.act.empty() || out.operations == 0) return std::nullopt;
  return out;
}

std::optional<image::ImageView> compile(const std::string& text) {
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  profile::LoadOptions options;
  options.lint = false;
  const auto profile =
      profile::load_profile_text(text, "/boundary.toml", options, diagnostics, sources);
  if (!profile) return std::nullopt;
  const auto built = image::build(*profile);
  if (!built) return std::nullopt;
  return image::ImageView::unchecked(std::as_bytes(std::span(built->bytes)));
}

struct Policy {
  Plan plan;
  image::ImageView view;
};

// Some of what is drawn is refused, as a rule that another one leaves without effect.
Result<Policy> draw(Random& random, const std::string& name, const fs::path& work,
                    unsigned operations) {
  for (unsigned tries = 0; tries < 200; ++tries) {
    Plan plan = make_plan(random, name, work / "act", work / "t", operations);
    if (auto view = compile(plan.profile)) return Policy{std::move(plan), std::move(*view)};
  }
  return fail(Exit::bug, "of 200 profiles that were made none is valid");
}

Status write(const fs::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  if (out << bytes && out.flush()) return {};
  return fail(Exit::usage, "cannot write " + path.string());
}

std::string joined(const std::vector<Operation>& operations) {
  std::string out;
  for (const Operation& one : operations) {
    out += one.what;
    for (const std::string* field : {&one.first, &one.second}) out += '\0' + *field;
    out += '\0';
  }
  return out;
}

bool granted(const sim::Simulator& simulator, const Operation& operation) {
  const auto allowed = [&](const sim::Request& request) {
    return simulator.decide(request).decision == GL_ALLOW;
  };
  if (!std::ranges::all_of(requests_of(operation), allowed)) return false;
  // A link gives nothing that the file does not have by its first name.
  return operation.what != 'l' ||
         std::ranges::all_of(content_requests(operation), [&](const auto& pair) {
           return !allowed(pair.second) || allowed(pair.first);
         });
}

void compare(const Plan& plan, const std::string& line, const Operation& operation, bool allow,
             Tally& tally) {
  const int error = std::atoi(line.c_str() + 3);
  if (error < 0) {
    ++tally.untried;
  } else if (error != 0 && error != EACCES) {
    ++tally.neither;
  } else if (allow == (error == 0)) {
    ++(allow ? tally.allowed : tally.refused);
  } else if (++tally.wrong <= kMostShown) {
    fmt::print("DISAGREEMENT: {} {:?} {:?} ({}): {}, the simulator says {}\n", operation.what,
               operation.first, operation.second, line.substr(0, 2),
               error == 0 ? "it was done" : "it was refused", allow ? "allow" : "deny");
    if (tally.wrong == 1) fmt::print("under:\n{}\n", plan.profile);
  }
}

Status round(const Options& options, Random& random, unsigned number, unsigned operations,
             Tally& tally) {
  const scenario::Command command(options.glacis, kLimit);
  const fs::path act = options.work / "act", tree = options.work / "t";
  const fs::path asked = options.work / "asked", told = options.work / "told";
  const std::string name = fmt::format("boundary-{}", number);
  const auto drawn = draw(random, name, options.work, operations);
  if (!drawn) return std::unexpected(drawn.error());
  const auto other = options.wrong ? draw(random, name, options.work, 0) : drawn;
  if (!other) return std::unexpected(other.error());
  const Plan& plan = drawn->plan;
  make_tree(tree);
  const fs::path file = options.work / (name + ".toml");
  for (const auto& [path, bytes] :
       {std::pair{file, plan.profile}, {asked, joined(plan.operations)}})
    if (const Status written = write(path, bytes); !written) return written;
  if (const std::string problem = command.load(file); !problem.empty())
    return fail(Exit::usage, problem + "\n" + plan.profile);
  const auto done = scenario::run_shell(
      fmt::format("'{}' run --profile {} -- '{}' --operations <'{}' >'{}'", options.glacis.native(),
                  name, act.native(), asked.native(), told.native()),
      kLimit);
  if (const std::string problem = command.unload(name); !problem.empty())
    return fail(Exit::usage, problem);
  std::ifstream answers(told);
  const sim::Simulator simulator(other->view, name);
  for (const Operation& operation : plan.operations) {
    std::string line;
    if (!std::getline(answers, line) || line.size() < 4)
      return fail(Exit::usage,
                  fmt::format("the task ended early ({}): {}{}", done.status, done.out, done.err));
    compare(plan, line, operation, granted(simulator, operation), tally);
  }
  fs::remove(file);
  return {};
}

Status run(const Options& options, Tally& tally) {
  const scenario::Command command(options.glacis, kLimit);
  std::error_code error;
  fs::create_directories(options.work, error);
  fs::copy_file(options.act, options.work / "act", fs::copy_options::overwrite_existing, error);
  if (error) return fail(Exit::usage, "cannot copy " + options.act.string());
  // One profile stays, so that the hooks do: to detach them takes long.
  Random random(options.seed);
  const fs::path keeper = options.work / "boundary-keeper.toml";
  const auto kept = draw(random, "boundary-keeper", options.work, 0);
  if (!kept) return std::unexpected(kept.error());
  if (const Status written = write(keeper, kept->plan.profile); !written) return written;
  if (const std::string problem = command.load(keeper); !problem.empty())
    return fail(Exit::usage, problem);
  Status status;
  unsigned number = 0;
  for (unsigned left = options.operations; left > 0 && status; ++number) {
    const unsigned now = std::min(left, kRound);
    status = round(options, random, number, now, tally);
    left -= now;
    if (number % 10 == 9) {
      fmt::print("{} of {}\n", options.operations - left, options.operations);
      std::fflush(stdout);
    }
  }
  if (const std::string problem = command.unload("boundary-keeper"); status && !problem.empty())
    return fail(Exit::usage, problem);
  return status;
}

int main_with(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  Tally tally;
  const Status status = run(*options, tally);
  if (!status) {
    fmt::print(stderr, "glacis-boundary: {}\n", status.error().what);
    return 2;
  }
  utsname name{};
  uname(&name);
  fmt::print(
      "{} operations on {}: {} done, {} refused, as the simulator says; {} failed for "
      "another reason, {} not tried; {} disagreements\n",
      options->operations, name.release, tally.allowed, tally.refused, tally.neither, tally.untried,
      tally.wrong);
  // A run in which nearly all has one answer shows nothing.
  const unsigned long least = options->operations / 20;
  if (tally.wrong == 0 && (tally.allowed < least || tally.refused < least)) {
    fmt::print("too few were done, or refused, to tell\n");
    return 2;
  }
  return tally.wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace glacis::boundary

int main(int argc, char** argv) { return glacis::boundary::main_with(argc, argv); }

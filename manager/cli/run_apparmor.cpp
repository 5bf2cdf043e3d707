// SPDX-License-Identifier: Apache-2.0
// glacis run where AppArmor enforces. What it can't express is said at its line, so
// that nobody takes the profile for more than what is in force.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <set>
#include <variant>

#include "manager/backend/apparmor/compile.h"
#include "manager/backend/apparmor/host.h"
#include "manager/backend/apparmor/policy.h"
#include "manager/backend/apparmor/tasks.h"
#include "manager/cli/cli.h"
#include "manager/cli/run.h"
#include "manager/diag/render.h"
#include "manager/export/export.h"
#include "manager/image/reader.h"
#include "manager/sim/simulator.h"

namespace glacis::cli {
namespace {

// One line a rule and finding; warnings are what is looser, and so not enforced.
void tell_findings(const Output& out, const exports::Findings& findings,
                   const diag::SourceSet& sources) {
  diag::Diagnostics said;
  for (const auto& [what, places] : findings.all())
    for (const auto& [file, line, column, end] : places)
      said.add(what.first, what.second).at({file, line, column, end});
  said.sort();
  if (said.warnings() != 0)
    out.say("not enforced by AppArmor as the profile says ({}):\n",
            counted(said.warnings(), "warning"));
  out.say("{}", diag::render_concise(said, sources));
  if (said.full())
    out.say("and {} more of such rules, which are too many to keep\n", said.not_kept());
}

void tell_host(const Output& out, const apparmor::Host& host, const std::string& parser_said) {
  for (const std::string& kind : host.unasked)
    out.say("not enforced on this kernel: {}, which its AppArmor does not ask about\n", kind);
  for (std::size_t at = 0; at < parser_said.size();) {
    const std::size_t end = std::min(parser_said.find('\n', at), parser_said.size());
    if (end != at) out.say("apparmor_parser: {}\n", shown(parser_said.substr(at, end - at)));
    at = end + 1;
  }
}

// Profiles that transitions lead to and that AppArmor does not have.
void tell_targets(const Output& out, const profile::ResolvedProfile& profile) {
  const auto loaded = apparmor::loaded();
  std::set<std::string> missing;
  for (const profile::Rule& rule : profile.rules) {
    const auto* path = std::get_if<profile::PathRule>(&rule.body);
    if (path != nullptr && path->transition && !path->transition->to.empty())
      missing.insert(path->transition->to);
  }
  if (loaded)
    for (const apparmor::Loaded& one : *loaded) missing.erase(one.domain);
  for (const std::string& name : missing)
    out.say("warning: {}: AppArmor has no profile `{}`; transitions to it are refused\n",
            shown(profile.name), shown(name));
}

// The program of a script's first line, or nothing.
std::string interpreter_of(const std::string& program) {
  std::array<char, 256> head{};
  const Fd fd(::open(program.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const ssize_t got = fd ? ::read(fd.get(), head.data(), head.size()) : -1;
  std::string_view line(head.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (!line.starts_with("#!")) return {};
  line =
      line.substr(2, line.find('\n') == std::string_view::npos ? line.npos : line.find('\n') - 2);
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  line.remove_prefix(first);
  return std::string(line.substr(0, line.find_first_of(" \t\r")));
}

// The file that a name leads to, as rules name it.
std::string real_path(const std::string& program) {
  std::error_code error;
  const fs::path real = fs::canonical(program, error);
  return error ? program : real.native();
}

bool grants(const sim::Simulator& core, const std::string& real, std::uint32_t access) {
  struct stat about{};
  if (::stat(real.c_str(), &about) != 0) return false;
  const std::uint32_t owner =
      (about.st_uid == ::geteuid() ? GL_OWNER_SELF : 0u) | (about.st_uid == 0 ? GL_OWNER_ROOT : 0u);
  const sim::FileRequest request{real, access, owner, GL_ENDING_ROOTED};
  return core.decide(request).decision == GL_ALLOW;
}

// AppArmor does not ask the profile that is entered at an exec for the program, nor
// for what interprets it. Our core does, before there is anything to undo. Who changes
// what the name leads to in between has another program started under the profile.
Status may_start(const image::ImageView& image, const profile::ResolvedProfile& profile,
                 const std::string& named) {
  const sim::Simulator core(image, profile.name);
  std::string refused;
  const std::string program = real_path(named);
  if (!grants(core, program, GL_FILE_EXECUTE)) refused = program;
  // A script may be interpreted by another one, as often as the kernel lets it.
  constexpr unsigned most = 6;
  std::string script = program;
  for (unsigned depth = 0; depth < most && refused.empty(); ++depth) {
    const std::string next = interpreter_of(script);
    if (next.empty()) break;
    script = real_path(next);
    if (!grants(core, script, GL_FILE_INTERPRET)) refused = script;
  }
  if (refused.empty() || profile.mode != GL_MODE_ENFORCE) return {};
  return fail(
      Exit::usage,
      fmt::format("the profile `{}` does not grant execute of {}", profile.name, shown(refused)),
      "grant it under [exec] allow", "nothing was started");
}

}  // namespace

Result<Start> start_apparmor(Cli& cli, const fs::path& file, const profile::LoadOptions& options,
                             const std::string& program) {
  const Output& out = cli.out;
  if (is_image(file))
    return fail(Exit::usage, "an image does not hold all that AppArmor is told",
                "give the profile that it was made of", "nothing was started");
  Attempt made = attempt(file, options);
  if (!made.image || !made.profile) {
    const auto refused = compile(out, file, options);
    return refused ? fail(Exit::bug, "the profile compiles now") : std::unexpected(refused.error());
  }
  const auto view = image::read(made.image->bytes);
  if (!view) return std::unexpected(view.error());
  const profile::ResolvedProfile& profile = *made.profile;
  if (auto may = may_start(*view, profile, program); !may) {
    cli.failure_code = kNotExecuted;
    return std::unexpected(may.error());
  }
  auto filters = filters_for(*view, profile.name, profile.mode);
  if (!filters) return std::unexpected(filters.error());
  const auto host = apparmor::look();
  if (auto able = apparmor::usable(host); !able) return std::unexpected(able.error());
  exports::Findings findings;
  const std::string text =
      exports::apparmor(profile, findings, {std::string(apparmor::prefix), true});
  const auto compiled = apparmor::compile(host.parser, text);
  if (!compiled) return std::unexpected(compiled.error());
  auto held = apparmor::lock();
  if (!held) return std::unexpected(held.error());
  const bool enforces = profile.mode == GL_MODE_ENFORCE;
  if (auto done = apparmor::replace(profile.name, compiled->binary, enforces); !done)
    return std::unexpected(done.error());
  tell_findings(out, findings, made.sources);
  tell_host(out, host, compiled->said);
  tell_targets(out, profile);
  return Start{profile.name, std::move(*filters),
               [name = profile.name] { return apparmor::enter_at_exec(name); },
               "the kernel's log, where AppArmor tells what it refuses", std::move(*held)};
}

}  // namespace glacis::cli

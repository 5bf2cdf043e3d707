// SPDX-License-Identifier: Apache-2.0
// The profile as a whole: head, capabilities, other tasks, and what AppArmor
// never asks about.
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "manager/base/escape.h"
#include "manager/base/signals.h"
#include "manager/export/apparmor_pattern.h"
#include "manager/export/apparmor_writer.h"
#include "manager/profile/glob.h"
#include "manager/profile/words.h"

namespace glacis::exports {

using diag::Code;
using namespace profile;

namespace {

// Signals by AppArmor's names. Its rtmin is the kernel's, 32.
std::string signal_set(std::uint64_t signals) {
  std::string out;
  for (unsigned number = 1; number <= highest_signal; ++number) {
    if ((signals & signal_bit(number)) == 0) continue;
    std::string name = number < 32 ? signal_name(number) : fmt::format("rtmin+{}", number - 32);
    if (name == "tstp") name = "stp";
    out += (out.empty() ? "" : " ") + name;
  }
  return out;
}

// "/usr/sbin/a", or "/{usr/sbin/a,usr/bin/b}".
std::optional<std::string> attachment(const std::vector<std::string>& programs) {
  if (programs.empty()) return std::nullopt;
  if (programs.size() == 1) return apparmor_pattern(programs[0]);
  std::string all = "/{";
  for (const std::string& program : programs) all += (all == "/{" ? "" : ",") + program.substr(1);
  return apparmor_pattern(all + "}");
}

}  // namespace

std::string words_of(std::uint32_t access) {
  std::string text = file_access_text(access);
  for (std::size_t at = text.find(' '); at != std::string::npos; at = text.find(' ', at + 2))
    text.insert(at, ",");
  return text;
}

diag::Span AppArmorWriter::whole() const { return {0, 1, 1, 1}; }

void AppArmorWriter::header() {
  const Attachments& attach = profile_.attach;
  const auto program = use_.backend ? std::nullopt : attachment(attach.exec);
  out_ = fmt::format("# Made by glacis from the profile {}.\nabi <abi/{}>,\n\nprofile {}{}{}",
                     profile_.name, use_.addresses ? "4.0" : "3.0", use_.prefix, profile_.name,
                     program ? " " + *program : "");
  if (profile_.mode != GL_MODE_ENFORCE) {
    out_ += " flags=(complain)";
  } else if (profile_.on_violation == OnViolation::kill) {
    out_ += " flags=(kill)";
  }
  out_ += " {\n";
  if (profile_.kill_after != 0)
    say(Code::GL614, "refusals are not counted: many of them kill nobody", whole());
  if (use_.backend && attach.any())
    say(Code::GL613, "nothing attaches by itself: who is started in another way is not confined",
        whole());
  else if (!attach.unit.empty() || !attach.user.empty())
    say(Code::GL613, "units and users do not attach to a profile there: programs alone do",
        whole());
  if (!attach.oci.empty())
    say(Code::GL623, "a container's annotation is not looked at: name the profile to the runtime",
        whole());
  if (profile_.on_error == OnError::allow)
    say(Code::GL622, "what can't be decided is refused", whole());
  if (!profile_.contact.owner.empty() || !profile_.benign.empty())
    say(Code::GL623, "contacts and known refusals are not kept", whole());
}

void AppArmorWriter::capabilities() {
  for (const bool deny : {false, true}) {
    std::string words;
    for (const Rule& rule : profile_.rules) {
      const auto* body = std::get_if<CapabilityRule>(&rule.body);
      if (body == nullptr || body->deny != deny) continue;
      const std::string_view word = word_of(capability_words(), body->capability);
      if ((words + " ").find(fmt::format(" {} ", word)) == std::string::npos)
        words += fmt::format(" {}", word);
    }
    if (!words.empty()) line(fmt::format("{}capability{}", deny ? denies() : "", words));
  }
}

// Unix sockets by who listens there.
void AppArmorWriter::listeners(const ProcessRule& rule, diag::Span span) {
  std::string label = rule.peer;
  if (rule.peer == "self" || rule.peer == profile_.name)
    label = "@{profile_name}";
  else if (rule.peer != "unconfined")
    label = use_.prefix + rule.peer;
  const std::string peer = rule.peer == "any" ? "" : fmt::format(" peer=(label={})", label);
  line(fmt::format("{}unix (connect, send{}){}", rule.deny ? denies() : "",
                   rule.deny ? "" : ", receive", peer));
  if (!rule.deny) say(Code::GL621, "a socket that has a path needs that granted, too", span);
}

void AppArmorWriter::processes() {
  for (const Rule& rule : profile_.rules) {
    const auto* body = std::get_if<ProcessRule>(&rule.body);
    if (body == nullptr) continue;
    const bool self = body->peer == "self" || body->peer == profile_.name;
    const bool unconfined = body->peer == "unconfined";
    const std::string peer =
        body->peer == "any" ? ""
        : self              ? " peer=@{profile_name}"
                            : fmt::format(" peer={}{}", unconfined ? "" : use_.prefix, body->peer);
    const char* deny = body->deny ? denies() : "";
    if ((body->access & GL_TASK_SIGNAL) != 0) {
      const bool all = body->signals == every_signal || body->signals == 0;
      line(fmt::format("{}signal (send){}{}", deny,
                       all ? "" : fmt::format(" set=({})", signal_set(body->signals)), peer));
    }
    for (const auto& [bit, word] : {std::pair{GL_TASK_INSPECT, "read"}, {GL_TASK_TRACE, "trace"}}) {
      if ((body->access & bit) != 0) line(fmt::format("{}ptrace ({}){}", deny, word, peer));
    }
    if ((body->access & GL_TASK_CONNECT) != 0) listeners(*body, rule.span);
    if (body->deny && (body->access & GL_TASK_SCHEDULE) != 0)
      say(Code::GL614, "priorities and limits of other tasks are not refused", rule.span);
  }
  out_ += "  # Glacis asks the side that acts alone.\n";
  line("signal (receive)");
  line("ptrace (readby, tracedby)");
}

// What Glacis asks about and AppArmor does not, where it isn't granted anyway.
void AppArmorWriter::unasked() {
  std::uint32_t memory = 0, kernel = 0, everywhere = 0;
  bool schedule = false;
  std::uint32_t endings = 0;
  diag::Span calls{};
  for (const Rule& rule : profile_.rules) {
    if (const auto* body = std::get_if<MemoryRule>(&rule.body)) memory |= body->access;
    if (const auto* body = std::get_if<KernelRule>(&rule.body)) kernel |= body->access;
    if (const auto* body = std::get_if<ProcessRule>(&rule.body)) {
      schedule = schedule ||
                 (!body->deny && body->peer == "any" && (body->access & GL_TASK_SCHEDULE) != 0);
    }
    if (const auto* body = std::get_if<EndingRule>(&rule.body)) {
      for (const gl_ending ending : body->endings) endings |= 1u << ending;
    }
    if (std::holds_alternative<SyscallRule>(rule.body) && calls.line == 0) calls = rule.span;
    const auto* path = std::get_if<PathRule>(&rule.body);
    if (path == nullptr) continue;
    const auto all = expand(path->glob), root = expand("/{,**}");
    if (!path->deny && path->owner == Owner::any && all && root && covers(*all, *root))
      everywhere |= path->access;
  }
  const auto looser = [&](bool granted, const char* message) {
    if (!granted) say(Code::GL612, message, whole());
  };
  const auto all_memory = static_cast<std::uint32_t>(GL_MEMORY_ALL);
  looser((memory & all_memory) == all_memory, "memory that is code is not asked about");
  const std::uint32_t doors = GL_KERNEL_ALL & ~GL_KERNEL_REMOUNT;
  looser((kernel & doors) == doors,
         "doors to the kernel (io_uring, namespaces, modules and so on) are not asked about");
  constexpr std::uint32_t plain =
      GL_FILE_ATTRIBUTES | GL_FILE_IOCTL | GL_FILE_CHROOT | GL_FILE_SET_ID;
  looser((everywhere & plain) == plain,
         "attributes, dangerous ioctls, chroot and set-id programs are not asked about");
  constexpr std::uint32_t nameless =
      1u << GL_ENDING_ANONYMOUS | 1u << GL_ENDING_INTERNAL | 1u << GL_ENDING_PIDFD;
  looser((endings & nameless) == nameless,
         "objects without a path, such as memory files and pipes, are not asked about");
  looser(schedule, "priorities and limits of other tasks are not asked about");
  if ((endings & ~nameless) != 0)
    say(Code::GL621, "objects outside the program's tree are refused by their missing path",
        whole());
  if (calls.line != 0 && !use_.backend) say(Code::GL612, "system calls are not asked about", calls);
}

std::string AppArmorWriter::run() {
  header();
  files();
  sockets();
  capabilities();
  processes();
  unasked();
  return out_ + "}\n";
}

std::string apparmor(const ResolvedProfile& profile, Findings& findings, const AppArmorUse& use) {
  return AppArmorWriter(profile, findings, use).run();
}

}  // namespace glacis::exports

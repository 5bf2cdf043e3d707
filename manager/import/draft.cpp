// SPDX-License-Identifier: Apache-2.0
#include "manager/import/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "lsm/abi/access.h"
#include "manager/base/escape.h"
#include "manager/base/signals.h"
#include "manager/profile/validate.h"
#include "manager/profile/words.h"

namespace glacis::import {
namespace {

using profile::WordValue;

std::string comment_of(const std::string& origin) {
  return origin.empty() ? std::string() : "  # " + escape(origin, Backslash::keep);
}

std::string basic(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  void line(std::string_view text) {
    out_ += text;
    out_ += '\n';
  }
  void comment(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      line("# " + escape(text.substr(0, end), Backslash::keep));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  void table(std::string_view name) { line(fmt::format("\n{}", name)); }

  // key = [ ... ], one a line where there is an origin to tell.
  void items(std::string_view key, const std::vector<Item>& items) {
    if (items.empty()) return;
    const bool origins =
        std::ranges::any_of(items, [](const Item& item) { return !item.origin.empty(); });
    if (items.size() == 1) {
      line(
          fmt::format("{} = [{}]{}", key, toml_string(items[0].text), comment_of(items[0].origin)));
      return;
    }
    if (!origins) {
      std::string text;
      for (const Item& item : items) text += (text.empty() ? "" : ", ") + toml_string(item.text);
      line(fmt::format("{} = [{}]", key, text));
      return;
    }
    line(fmt::format("{} = [", key));
    for (const Item& item : items) {
      line(fmt::format("  {},{}", toml_string(item.text), comment_of(item.origin)));
    }
    line("]");
  }
  void words(std::string_view key, const std::vector<std::string>& words) {
    std::vector<Item> list;
    for (const std::string& word : words) list.push_back({word, {}});
    items(key, list);
  }

  void file(const FileDraft& file);
  void transition(const TransitionDraft& transition);
  void net(const NetDraft& net);
  void process(const ProcessDraft& process);
  void listener(const ProcessDraft& process);
  void syscalls(const SyscallsDraft& syscalls);

 private:
  std::string out_;
};

std::vector<std::string> words_of(std::span<const WordValue> words, std::uint32_t bits) {
  std::vector<std::string> out;
  for (const WordValue& word : words) {
    if ((bits & word.value) != 0) out.emplace_back(word.word);
  }
  return out;
}

void Writer::file(const FileDraft& file) {
  table("[[file]]");
  comment(file.comment);
  items(file.deny ? "deny" : "path", file.paths);
  words("object", file.objects);
  std::uint32_t access = file.access;
  // Write holds these.
  if ((access & GL_FILE_WRITE) != 0) access &= ~(GL_FILE_APPEND | GL_FILE_TRUNCATE);
  words("access", words_of(profile::file_access_words(), access));
  if (file.owner == profile::Owner::self) line("owner = \"self\"");
  if (file.owner == profile::Owner::root) line("owner = \"root\"");
}

void Writer::transition(const TransitionDraft& transition) {
  table("[[exec.transition]]");
  items("path", transition.paths);
  line(fmt::format("to = {}", toml_string(transition.to)));
  if (transition.to != profile::stays && !transition.scrub) line("env = \"keep\"");
}

void Writer::net(const NetDraft& net) {
  table("[[net]]");
  comment(net.comment);
  if (net.deny) line("deny = true");
  words("op", net.ops);
  words("to", net.to);
  for (const Item& protocol : net.protocols) line(protocol.text + comment_of(protocol.origin));
  items("unix", net.unix_names);
  items("socket", net.sockets);
}

// Who listens on a Unix socket is a rule about other tasks, written as one of the net.
void Writer::listener(const ProcessDraft& process) {
  table("[[net]]");
  if (process.deny) line("deny = true");
  line("op = \"connect\"");
  line(fmt::format("peer = {}{}", toml_string(process.peer), comment_of(process.origin)));
}

void Writer::process(const ProcessDraft& process) {
  if ((process.access & GL_TASK_CONNECT) != 0) return listener(process);
  table("[[process]]");
  if (process.deny) line("deny = true");
  line(fmt::format("peer = {}{}", toml_string(process.peer), comment_of(process.origin)));
  words("access", words_of(profile::process_access_words(), process.access));
  if ((process.access & GL_TASK_SIGNAL) == 0 || process.signals == 0 ||
      process.signals == every_signal)
    return;
  std::vector<std::string> names;
  for (unsigned number = 1; number <= highest_signal; ++number) {
    if ((process.signals & signal_bit(number)) != 0) names.push_back(signal_name(number));
  }
  words("signals", names);
}

void Writer::syscalls(const SyscallsDraft& syscalls) {
  const bool lists = !syscalls.groups.empty() || !syscalls.allow.empty() ||
                     !syscalls.deny.empty() || !syscalls.kill.empty() || syscalls.compat;
  if (lists) table("[syscalls]");
  items("groups", syscalls.groups);
  items("allow", syscalls.allow);
  items("deny", syscalls.deny);
  items("kill", syscalls.kill);
  if (syscalls.compat) line("compat = true");
  for (const SyscallRuleDraft& rule : syscalls.rules) {
    table("[[syscalls.rule]]");
    words("call", rule.calls);
    std::string args;
    for (const profile::SyscallArg& arg : rule.args) {
      args += fmt::format("{}{{ index = {}, op = \"{}\", value = {:#x}", args.empty() ? "" : ", ",
                          arg.index, profile::syscall_op_words()[static_cast<std::size_t>(arg.op)],
                          arg.value);
      if (arg.op == profile::SyscallOp::masked_eq) args += fmt::format(", mask = {:#x}", arg.mask);
      args += " }";
    }
    line(fmt::format("args = [{}]{}", args, comment_of(rule.origin)));
    line(fmt::format("action = \"{}\"",
                     profile::syscall_action_words()[static_cast<std::size_t>(rule.action)]));
  }
}

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t out = 2166136261u;
  for (const char c : text) out = (out ^ static_cast<unsigned char>(c)) * 16777619u;
  return out;
}

}  // namespace

std::string toml_string(const std::string& text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\''; });
  const bool quotes = text.find_first_of("\"\\") != std::string::npos;
  return quotes && plain ? "'" + text + "'" : basic(text);
}

std::string profile_name(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.';
    const char put = kept ? c : c == '/' ? '.' : '_';
    if (!kept && (out.empty() || out.back() == put)) continue;
    out += put;
  }
  while (!out.empty() && (out.back() == '.' || out.back() == '_')) out.pop_back();
  if (out.size() > profile::longest_profile_name) {
    out = fmt::format("{}-{:08x}", out.substr(0, profile::longest_profile_name - 9), hash_of(text));
  }
  if (!profile::is_profile_name(out)) out = fmt::format("profile-{:08x}", hash_of(text));
  return out;
}

std::string toml(const Draft& draft) {
  Writer out;
  out.comment(draft.head);
  out.line("schema = 1");
  out.words("include", draft.includes);
  out.table("[profile]");
  out.line(fmt::format("name = {}", toml_string(draft.name)));
  if (!draft.description.empty())
    out.line(fmt::format("description = {}", toml_string(draft.description)));
  out.line(fmt::format("mode = \"{}\"", draft.mode == GL_MODE_ENFORCE   ? "enforce"
                                        : draft.mode == GL_MODE_OBSERVE ? "observe"
                                                                        : "audit"));
  if (draft.kill) out.line("on_violation = \"kill\"");
  if (!draft.attach_exec.empty() || !draft.attach_unit.empty()) {
    out.table("[attach]");
    out.words("exec", draft.attach_exec);
    out.words("unit", draft.attach_unit);
  }
  if (!draft.exec.empty()) out.table("[exec]");
  out.items("allow", draft.exec);
  for (const TransitionDraft& each : draft.transitions) out.transition(each);
  for (const FileDraft& each : draft.files) out.file(each);
  for (const NetDraft& each : draft.nets) out.net(each);
  for (const ProcessDraft& each : draft.processes) out.process(each);
  if (!draft.capabilities.empty() || !draft.denied_capabilities.empty()) out.table("[capability]");
  out.items("allow", draft.capabilities);
  out.items("deny", draft.denied_capabilities);
  if (!draft.memory.empty()) out.table("[memory]");
  out.items("allow", draft.memory);
  if (!draft.kernel.empty()) out.table("[kernel]");
  out.items("allow", draft.kernel);
  out.syscalls(draft.syscalls);
  return out.take();
}

}  // namespace glacis::import

// SPDX-License-Identifier: Apache-2.0
// [syscalls] and [[syscalls.rule]].
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "manager/base/escape.h"
#include "manager/profile/fields.h"
#include "manager/profile/syscalls.h"
#include "manager/profile/validate.h"

namespace glacis::profile {
namespace {

using diag::Code;

constexpr std::int64_t most_arguments = 6;

bool check_group(const Text& text, diag::Diagnostics& diagnostics) {
  if (find_syscall_group(text.value) != nullptr) return true;
  auto& unknown = diagnostics.add(
      Code::GL201, fmt::format("`{}` is not a group of system calls", Untrusted(text.value)));
  if (diagnostics.full()) return false;
  std::vector<std::string_view> names;
  for (const SyscallGroup& group : syscall_groups()) names.push_back(group.name);
  std::string help = did_you_mean(text.value, names);
  if (help.empty()) {
    help = "one of: ";
    for (const std::string_view name : names)
      help += fmt::format("{}{}", name == names.front() ? "" : ", ", name);
  }
  unknown.at(text.span).suggest(std::move(help));
  return false;
}

bool check_call(const Text& text, diag::Diagnostics& diagnostics) {
  if (text.value.starts_with('@')) return check_group(text, diagnostics);
  if (is_syscall(text.value)) return true;
  auto& unknown =
      diagnostics.add(Code::GL201, fmt::format("unknown system call `{}`", Untrusted(text.value)));
  if (diagnostics.full()) return false;
  std::string help = similar_syscall(text.value);
  if (help.empty()) help = "syscalls(2) lists their names";
  unknown.at(text.span).suggest(std::move(help));
  return false;
}

std::vector<Text> calls(Fields& fields, std::string_view key) {
  std::vector<Text> out = fields.strings(key);
  std::erase_if(out, [&](const Text& text) { return !check_call(text, fields.diagnostics()); });
  return out;
}

// What could be passed by with upper bits of the register: see GL219.
bool keeps(SyscallAction action, SyscallOp op) {
  switch (op) {
    case SyscallOp::eq:
    case SyscallOp::masked_eq:
      return true;
    case SyscallOp::lt:
    case SyscallOp::le:
      return action == SyscallAction::allow;
    case SyscallOp::ne:
    case SyscallOp::gt:
    case SyscallOp::ge:
      return action != SyscallAction::allow;
  }
  return false;
}

bool check_mask(Fields& fields, SyscallArg& arg) {
  const auto mask = fields.integer("mask");
  const bool masked = arg.op == SyscallOp::masked_eq;
  if (masked && !mask) {
    if (fields.find("mask") == nullptr)
      fields.diagnostics()
          .add(Code::GL214, "masked_eq without a mask")
          .at(fields.span())
          .suggest("add mask = 0x... with the bits that are compared");
    return false;
  }
  if (!masked) {
    if (mask)
      fields.diagnostics()
          .add(Code::GL215, "`mask` belongs to masked_eq")
          .at(fields.find("mask")->span)
          .suggest("write op = \"masked_eq\", or remove the mask");
    return !mask;
  }
  arg.mask = static_cast<std::uint64_t>(*mask);
  if ((arg.value & ~arg.mask) == 0) return true;
  fields.diagnostics()
      .add(Code::GL115, "the value has bits that the mask takes away, so nothing equals it")
      .at(fields.find("value")->value.span)
      .suggest("value & ~mask must be 0");
  return false;
}

std::optional<SyscallArg> argument(const Node& table, SyscallAction action,
                                   diag::Diagnostics& diagnostics) {
  Fields fields(table, "args", {"index", "op", "value", "mask"}, diagnostics);
  const auto index = fields.integer("index");
  const auto value = fields.integer("value");
  const auto op = fields.choice("op", syscall_op_words());
  for (const std::string_view key : {"index", "op", "value"}) {
    if (fields.find(key) != nullptr || fields.has_unknown()) continue;
    diagnostics.add(Code::GL214, fmt::format("a condition without `{}`", key))
        .at(table.span)
        .suggest("write { index = 0, op = \"eq\", value = 1 }");
  }
  if (!index || !value || !op) return std::nullopt;
  if (*index < 0 || *index >= most_arguments) {
    diagnostics.add(Code::GL115, fmt::format("there is no argument {}", *index))
        .at(fields.find("index")->value.span)
        .suggest("arguments are counted from 0 to 5");
    return std::nullopt;
  }
  SyscallArg out{static_cast<unsigned>(*index), static_cast<SyscallOp>(*op),
                 static_cast<std::uint64_t>(*value), 0};
  if (!check_mask(fields, out)) return std::nullopt;
  if (keeps(action, out.op)) return out;
  diagnostics
      .add(Code::GL219,
           fmt::format("`{}` cannot be kept where the rule says {}", syscall_op_words()[*op],
                       syscall_action_words()[static_cast<std::size_t>(action)]))
      .at(fields.find("op")->value.span)
      .suggest(action == SyscallAction::allow ? "a grant takes eq, lt, le or masked_eq"
                                              : "a refusal takes eq, ne, gt, ge or masked_eq");
  return std::nullopt;
}

// One condition an argument: the filter has no more.
bool check_arguments(std::vector<SyscallArg>& args, const Entry& at,
                     diag::Diagnostics& diagnostics) {
  std::ranges::sort(args, {}, &SyscallArg::index);
  const auto twice = std::ranges::adjacent_find(args, {}, &SyscallArg::index);
  if (twice == args.end()) return true;
  diagnostics.add(Code::GL215, fmt::format("two conditions on argument {}", twice->index))
      .at(at.span)
      .suggest("write masked_eq, or a [[syscalls.rule]] for each");
  return false;
}

void validate_rule(const Node& table, Document& document, diag::Diagnostics& diagnostics) {
  Fields fields(table, "[[syscalls.rule]]", {"call", "args", "action", "reason"}, diagnostics);
  SyscallBlock block;
  block.calls = calls(fields, "call");
  if (const auto action = fields.choice("action", syscall_action_words()))
    block.action = static_cast<SyscallAction>(*action);
  (void)fields.string("reason");
  const Entry* args = fields.find("args");
  bool good = !block.calls.empty();
  for (const Node* each : as_tables(args, "args = [{...}]", diagnostics)) {
    const auto arg = argument(*each, block.action, diagnostics);
    if (arg) block.args.push_back(*arg);
    good = good && arg;
  }
  for (const std::string_view key : {"call", "args"}) {
    if (fields.find(key) != nullptr || fields.has_unknown()) continue;
    diagnostics.add(Code::GL214, fmt::format("a [[syscalls.rule]] without `{}`", key))
        .at(table.span)
        .suggest(key == "call" ? "name the call: call = \"socket\""
                               : "without a condition, name the call in [syscalls] itself");
    good = false;
  }
  if (args != nullptr && block.args.empty()) good = false;
  if (good && check_arguments(block.args, *args, diagnostics))
    document.syscalls.push_back(std::move(block));
}

}  // namespace

void validate_syscalls(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  const Node* table = as_table(tree.find("syscalls"), "[syscalls]", diagnostics);
  if (table == nullptr) return;
  Fields fields(*table, "[syscalls]", {"groups", "allow", "deny", "kill", "rule", "compat"},
                diagnostics);
  std::vector<Text> groups = fields.strings("groups");
  std::erase_if(groups, [&](const Text& text) { return !check_group(text, diagnostics); });
  if (!groups.empty()) document.syscalls.push_back({SyscallAction::allow, std::move(groups), {}});
  for (std::size_t i = 0; i < syscall_action_words().size(); ++i) {
    std::vector<Text> list = calls(fields, syscall_action_words()[i]);
    if (!list.empty())
      document.syscalls.push_back({static_cast<SyscallAction>(i), std::move(list), {}});
  }
  document.syscalls_compat = fields.boolean("compat");
  for (const Node* rule : as_tables(fields.find("rule"), "[[syscalls.rule]]", diagnostics))
    validate_rule(*rule, document, diagnostics);
}

}  // namespace glacis::profile

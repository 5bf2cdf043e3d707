// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "lsm/abi/access.h"

namespace glacis::profile {
namespace {

#define GLACIS_BIT(name, bit, text) WordValue{text, 1u << (bit)},
#define GLACIS_VALUE(name, value, text) WordValue{text, (value)},

constexpr std::array all_file_accesses = {GL_FILE_ACCESSES(GLACIS_BIT)};
constexpr std::array all_endings = {GL_ENDINGS(GLACIS_VALUE)};
constexpr std::array all_sockets = {GL_SOCKETS(GLACIS_VALUE)};
constexpr std::array all_net_ops = {GL_NET_OPS(GLACIS_VALUE)};
constexpr std::array all_capabilities = {GL_CAPABILITIES(GLACIS_VALUE)};
constexpr std::array all_memory = {GL_MEMORY(GLACIS_BIT)};
constexpr std::array all_kernel = {GL_KERNEL(GLACIS_BIT)};
constexpr std::array all_tasks = {GL_TASKS(GLACIS_BIT)};

constexpr std::array<std::string_view, 3> all_syscall_actions = {"allow", "deny", "kill"};
constexpr std::array<std::string_view, 7> all_syscall_ops = {"eq", "ne", "lt",       "le",
                                                             "gt", "ge", "masked_eq"};

#undef GLACIS_BIT
#undef GLACIS_VALUE

constexpr std::uint32_t written_elsewhere = GL_FILE_UNIX_BIND | GL_FILE_UNIX_CONNECT |
                                            GL_FILE_UNIX_SEND | GL_FILE_INTERPRET |
                                            GL_FILE_TRANSITION | GL_FILE_MARKS;

// What a [[file]] may say: the others are written as [[net]], [[exec.script]],
// [[exec.transition]] or [attach].
constexpr auto file_accesses = [] {
  std::array<WordValue, all_file_accesses.size() - std::popcount(written_elsewhere)> out;
  std::size_t count = 0;
  for (const WordValue& word : all_file_accesses)
    if ((word.value & written_elsewhere) == 0) out[count++] = word;
  return out;
}();

// Rooted comes first, create and connect last: the words of the language are one stretch.
static_assert(all_endings[0].value == GL_ENDING_ROOTED);
static_assert(all_net_ops.back().value == GL_NET_CREATE);
static_assert(all_tasks.back().value == GL_TASK_CONNECT);

}  // namespace

std::span<const WordValue> file_access_words() { return file_accesses; }
std::span<const WordValue> ending_words() { return std::span(all_endings).subspan(1); }
std::span<const WordValue> socket_words() { return all_sockets; }
std::span<const WordValue> net_op_words() {
  return std::span(all_net_ops).first(all_net_ops.size() - 1);
}
std::span<const WordValue> capability_words() { return all_capabilities; }
std::span<const WordValue> memory_words() { return all_memory; }
std::span<const WordValue> kernel_words() { return all_kernel; }
std::span<const WordValue> task_words() { return all_tasks; }
std::span<const WordValue> process_access_words() {
  return std::span(all_tasks).first(all_tasks.size() - 1);
}

const WordValue* find_word(std::span<const WordValue> words, std::string_view word) {
  const auto found = std::find_if(words.begin(), words.end(), [&](const WordValue& candidate) {
    return candidate.word == word;
  });
  return found == words.end() ? nullptr : &*found;
}

std::vector<std::string_view> spellings(std::span<const WordValue> words) {
  std::vector<std::string_view> out;
  out.reserve(words.size());
  for (const WordValue& word : words) out.push_back(word.word);
  return out;
}

std::string file_access_text(std::uint32_t access) {
  std::string out;
  for (const WordValue& word : all_file_accesses) {
    if ((access & word.value) == 0) continue;
    if (!out.empty()) out += ' ';
    out += word.word;
  }
  return out;
}

std::span<const std::string_view> syscall_action_words() { return all_syscall_actions; }
std::span<const std::string_view> syscall_op_words() { return all_syscall_ops; }

std::string syscall_args_text(std::span<const SyscallArg> args) {
  std::string out;
  for (const SyscallArg& arg : args) {
    out += fmt::format("{}{} {} {:#x}", out.empty() ? " if " : ", ", arg.index,
                       all_syscall_ops[static_cast<std::size_t>(arg.op)], arg.value);
    if (arg.op == SyscallOp::masked_eq) out += fmt::format("/{:#x}", arg.mask);
  }
  return out;
}

std::string_view word_of(std::span<const WordValue> words, std::uint32_t value) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const WordValue& word) { return word.value == value; });
  return found == words.end() ? "?" : found->word;
}

}  // namespace glacis::profile

// SPDX-License-Identifier: Apache-2.0
#include "manager/image/words.h"

#include <algorithm>

#include "lsm/abi/access.h"
#include "lsm/abi/hooks.h"

namespace glacis::image {
namespace {

#define GLACIS_BIT_WORD(name, bit, word) Word{1u << (bit), word},
#define GLACIS_WORD(name, value, word) Word{value, word},
#define GLACIS_HOOK_WORD(name, value, word, since) Word{value, word},

constexpr Word kFile[] = {GL_FILE_ACCESSES(GLACIS_BIT_WORD)};
constexpr Word kMemory[] = {GL_MEMORY(GLACIS_BIT_WORD)};
constexpr Word kKernel[] = {GL_KERNEL(GLACIS_BIT_WORD)};
constexpr Word kTasks[] = {GL_TASKS(GLACIS_BIT_WORD)};
constexpr Word kGuards[] = {GL_GUARDS(GLACIS_BIT_WORD)};
constexpr Word kEndings[] = {GL_ENDINGS(GLACIS_WORD)};
constexpr Word kSockets[] = {GL_SOCKETS(GLACIS_WORD)};
constexpr Word kNetOps[] = {GL_NET_OPS(GLACIS_WORD)};
constexpr Word kCapabilities[] = {GL_CAPABILITIES(GLACIS_WORD)};
constexpr Word kHooks[] = {GL_HOOKS(GLACIS_HOOK_WORD)};

}  // namespace

std::span<const Word> file_words() { return kFile; }
std::span<const Word> memory_words() { return kMemory; }
std::span<const Word> kernel_words() { return kKernel; }
std::span<const Word> task_words() { return kTasks; }
std::span<const Word> guard_words() { return kGuards; }
std::span<const Word> ending_words() { return kEndings; }
std::span<const Word> socket_words() { return kSockets; }
std::span<const Word> net_op_words() { return kNetOps; }
std::span<const Word> capability_words() { return kCapabilities; }
std::span<const Word> hook_words() { return kHooks; }

std::optional<std::uint32_t> value_of(std::span<const Word> words, std::string_view text) {
  const auto at = std::ranges::find(words, text, &Word::text);
  return at == words.end() ? std::nullopt : std::optional(at->value);
}

std::string_view text_of(std::span<const Word> words, std::uint32_t value) {
  const auto at = std::ranges::find(words, value, &Word::value);
  return at == words.end() ? std::string_view("?") : at->text;
}

std::string file_access_text(std::uint32_t bits) {
  return bits == GL_FILE_ALL ? "every access" : bits_text(kFile, bits);
}

std::string bits_text(std::span<const Word> words, std::uint32_t bits) {
  std::string out;
  for (const Word& word : words) {
    if (!(bits & word.value)) continue;
    if (!out.empty()) out += ',';
    out += word.text;
  }
  return out.empty() ? "-" : out;
}

}  // namespace glacis::image

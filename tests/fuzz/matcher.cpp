// SPDX-License-Identifier: Apache-2.0
// A few globs, and paths: the compiled automaton against the oracle. An input
// is lines: globs up to an empty line, then paths.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "manager/image/builder.h"
#include "manager/image/reader.h"
#include "manager/sim/simulator.h"
#include "tests/unit/oracle.h"

namespace {

using namespace glacis;

constexpr std::size_t kMaxGlobs = 8, kMaxPaths = 16, kMaxLength = 40;

std::vector<std::string> lines_of(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '\n')
      out.emplace_back();
    else
      out.back() += static_cast<char>(data[i]);
  }
  return out;
}

// Every sort of rule is among them, and some rules share a glob's accesses.
profile::Rule rule_of(std::size_t index, const std::string& glob) {
  profile::PathRule body{glob, GL_FILE_READ};
  body.access |= index % 2 ? GL_FILE_WRITE : GL_FILE_EXECUTE;
  if (index % 4 == 2) body.owner = profile::Owner::self;
  if (index % 4 == 3) body.deny = true;
  return {static_cast<profile::RuleId>(index + 1), {}, body};
}

void compare(const profile::ResolvedProfile& profile, const image::ImageView& view,
             const std::string& path) {
  constexpr std::uint32_t kReadWrite = GL_FILE_READ | GL_FILE_WRITE;
  for (const auto& [access, owner] : {std::pair{std::uint32_t{GL_FILE_READ}, GL_OWNER_SELF},
                                      std::pair{kReadWrite, GL_OWNER_ROOT}}) {
    const sim::FileRequest request{path, access, owner};
    const auto expected = oracle::decide(profile, request);
    if (!expected) return;
    const gl_verdict verdict = sim::Simulator(view).decide(request);
    if (verdict.decision == expected->decision && verdict.reason == expected->reason &&
        verdict.rule == expected->rule && verdict.blocker == expected->blocker)
      continue;
    std::fprintf(stderr, "core: rule %u reason %u, oracle: rule %u reason %u\n", verdict.rule,
                 verdict.reason, expected->rule, expected->reason);
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> lines = lines_of(data, size);
  profile::ResolvedProfile profile;
  std::size_t at = 0;
  for (; at < lines.size() && !lines[at].empty(); ++at) {
    if (at == kMaxGlobs || lines[at].size() > kMaxLength) return 0;
    profile.rules.push_back(rule_of(at, lines[at]));
  }
  const auto image = image::build(profile, {.states = 20'000, .work = 200'000});
  if (!image) return 0;
  const auto view = image::read(image->bytes);
  if (!view) std::abort();
  for (std::size_t i = at + 1; i < lines.size() && i < at + 1 + kMaxPaths; ++i) {
    const std::string& path = lines[i];
    if (path.size() <= kMaxLength && (path.starts_with('/') || path.starts_with('@')))
      compare(profile, *view, path);
  }
  return 0;
}

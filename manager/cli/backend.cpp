// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/backend.h"

#include <algorithm>
#include <array>

namespace glacis::cli {

using kernel::Check;

std::optional<Check> bpf_lacks(const std::vector<Check>& checks) {
  // A file system that is not mounted, or a switch that is off, is put right with one
  // command: no reason for a layer that asks less.
  constexpr std::array<std::string_view, 3> lasting = {"kernel", "btf", "bpf-lsm"};
  for (const Check& check : checks)
    if (check.outcome == kernel::Outcome::fail &&
        std::ranges::find(lasting, check.name) != lasting.end())
      return check;
  return std::nullopt;
}

Result<Backend> decide_backend(std::string_view word, const std::vector<Check>& checks,
                               const apparmor::Host& host) {
  if (word == "bpf") return Backend::bpf;
  const auto able = apparmor::usable(host);
  if (word == "apparmor") {
    if (!able) return std::unexpected(able.error());
    return Backend::apparmor;
  }
  const auto lacks = bpf_lacks(checks);
  if (!lacks) return Backend::bpf;
  if (able) return Backend::apparmor;
  return fail(Exit::kernel,
              fmt::format("nothing can enforce on this host: {}; and {}", lacks->evidence,
                          able.error().what),
              fmt::format("{}; or: {}", lacks->remedy, able.error().next), "nothing was started");
}

Result<Backend> choose_backend(const Output& out, const std::string& word) {
  if (word == "bpf") return Backend::bpf;
  const auto checks = word == "auto" ? kernel::look_at_host() : std::vector<Check>{};
  const auto lacks = bpf_lacks(checks);
  // AppArmor is not asked where nobody needs to know.
  if (word == "auto" && !lacks) return Backend::bpf;
  const auto backend = decide_backend(word, checks, apparmor::look());
  if (backend && lacks)
    out.say("AppArmor enforces, since BPF's programs can't: {}\n", shown(lacks->evidence));
  return backend;
}

}  // namespace glacis::cli

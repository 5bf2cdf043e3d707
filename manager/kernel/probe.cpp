// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/probe.h"

#include <linux/bpf.h>

#include <algorithm>

#include "manager/kernel/probe_host.h"

namespace glacis::kernel {

std::vector<Check> look_at_host() {
  return {check_privileges(),      check_version(),    check_btf(),       check_modules(),
          check_bpffs_mount(),     check_ftrace(),     check_addresses(), check_memory(),
          check_mount_namespace(), check_preemption(), check_root_ways()};
}

std::vector<Check> probe() {
  std::vector<Check> checks = look_at_host();
  checks.push_back(try_program());
  checks.push_back(try_map("ring-buffer", BPF_MAP_TYPE_RINGBUF, "events"));
  checks.push_back(try_map("task-storage", BPF_MAP_TYPE_TASK_STORAGE, "labels"));
  checks.push_back(try_map("inode-storage", BPF_MAP_TYPE_INODE_STORAGE, "the walk cache"));
  checks.push_back(find_others());
  return checks;
}

Exit verdict(const std::vector<Check>& checks) {
  const auto any = [&](Outcome outcome) {
    return std::ranges::any_of(checks, [&](const Check& c) { return c.outcome == outcome; });
  };
  if (any(Outcome::fail)) return Exit::kernel;
  return any(Outcome::unknown) ? Exit::not_permitted : Exit::ok;
}

Status precheck() {
  for (const Check& check : look_at_host()) {
    if (check.outcome == Outcome::fail)
      return fail(check.exit, "this host cannot enforce now: " + check.evidence,
                  check.remedy + "; `glacis doctor` tells the rest", "nothing was changed");
    if (check.outcome == Outcome::unknown && check.exit == Exit::not_permitted)
      return fail(Exit::not_permitted, "this is not permitted here: " + check.evidence,
                  check.remedy, "nothing was changed");
  }
  return {};
}

}  // namespace glacis::kernel

// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/apparmor_domains.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "manager/backend/apparmor/policy.h"
#include "manager/backend/apparmor/tasks.h"
#include "manager/cli/processes.h"

namespace glacis::cli {
namespace {

Status nobody_inside(const AppArmorDomain& domain) {
  if (domain.processes.empty()) return {};
  return fail(
      Exit::usage,
      fmt::format(
          "AppArmor's profile of `{}` confines {}, such as {}", shown(domain.name),
          domain.processes.size() == 1 ? "a process" : counted(domain.processes.size(), "process"),
          domain.processes.front()),
      fmt::format("end them first, or leave them unconfined with `glacis unload --force {}`",
                  shown(domain.name)),
      "nothing was changed");
}

}  // namespace

Result<std::vector<AppArmorDomain>> apparmor_domains(const std::string& name) {
  const auto loaded = apparmor::loaded();
  if (!loaded) return std::unexpected(loaded.error());
  std::vector<AppArmorDomain> out;
  for (const apparmor::Loaded& one : *loaded)
    if (name.empty() || one.domain == name) out.push_back({one.domain, one.mode, {}});
  if (out.empty()) return out;
  auto confined = apparmor::confined();
  for (AppArmorDomain& domain : out) domain.processes = std::move(confined[domain.name]);
  return out;
}

Json apparmor_json(const std::vector<AppArmorDomain>& domains) {
  Json out = Json::array();
  for (const AppArmorDomain& domain : domains)
    out.push_back({{"domain", shown(domain.name)},
                   {"layer", "apparmor"},
                   {"mode", domain.mode},
                   {"profile", std::string(apparmor::prefix) + domain.name},
                   {"processes", domain.processes},
                   {"filtered", filtered(domain.processes)}});
  return out;
}

void print_apparmor(const Output& out, const std::vector<AppArmorDomain>& domains) {
  std::size_t width = 12;
  for (const AppArmorDomain& domain : domains) width = std::max(width, domain.name.size());
  out.print("enforced by AppArmor, with evidence only while glacisd runs: {}\n",
            counted(domains.size(), "domain"));
  out.print("{:<{}}  {:<8} {:>8}  {:<20} {}\n", "DOMAIN", width, "MODE", "SUBJECTS", "LAYERS",
            "PROFILE");
  for (const AppArmorDomain& domain : domains)
    out.print("{:<{}}  {:<8} {:>8}  {:<20} {}{}\n", domain.name, width, domain.mode,
              domain.processes.size(), layers_text("apparmor", domain.processes), apparmor::prefix,
              domain.name);
}

Result<bool> unload_apparmor(const std::string& name, bool force, bool dry_run) {
  const auto before = apparmor_domains(name);
  if (!before) return std::unexpected(before.error());
  if (before->empty()) return false;
  // Who is about to enter it has the lock until the exec.
  const auto held = apparmor::lock();
  if (!held) return std::unexpected(held.error());
  const auto domains = apparmor_domains(name);
  if (!domains) return std::unexpected(domains.error());
  if (domains->empty()) return false;
  if (!force)
    if (auto alone = nobody_inside(domains->front()); !alone) return std::unexpected(alone.error());
  if (!dry_run)
    if (auto done = apparmor::remove(name); !done) return std::unexpected(done.error());
  return true;
}

}  // namespace glacis::cli

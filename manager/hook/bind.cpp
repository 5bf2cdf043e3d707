// SPDX-License-Identifier: Apache-2.0
#include "manager/hook/bind.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/evidence/recorder.h"
#include "manager/kernel/enforcer.h"
#include "manager/oci/cgroup.h"
#include "manager/oci/choice.h"
#include "manager/oci/config.h"
#include "manager/oci/containers.h"
#include "manager/oci/store.h"

namespace glacis::hook {
namespace {

constexpr std::size_t events_max = 4096;

Result<struct stat> look_at(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) == 0) return about;
  return fail(Exit::usage,
              fmt::format("cannot look at {}: {}", escape(path), std::strerror(errno)));
}

bool same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// The label enters at the first exec in another root than the host's: there has to
// be one, in a mount namespace that is not ours.
Status check_root(const oci::State& state, const oci::Config& config) {
  const auto host = look_at("/proc/1/root/"), root = look_at(config.root);
  const auto own = look_at("/proc/self/ns/mnt");
  const auto other = look_at("/proc/" + std::to_string(state.pid) + "/ns/mnt");
  for (const auto* one : {&host, &root, &own, &other})
    if (!*one) return std::unexpected(one->error());
  if (same(*host, *root)) return fail(Exit::usage, "the container's root is the host's");
  if (same(*own, *other))
    return fail(Exit::usage, "the container has no mount namespace of its own");
  return {};
}

Result<kernel::Enforcer> open_enforcer() {
  auto opened = kernel::Enforcer::open();
  if (!opened) return std::unexpected(opened.error());
  if (!*opened) return fail(Exit::usage, "no profile is loaded on this host", "glacis load FILE");
  return std::move(**opened);
}

// The label comes last: a process that waits for its domain is the sign that all
// the rest was done.
Status put_in_force(const oci::State& state, const oci::Container& container) {
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (auto done = enforcer->arm_cgroup(container.cgroup, container.profile); !done) return done;
  if (auto done = oci::Containers().put(container); !done) return done;
  return enforcer->label_container(state.pid, container.profile);
}

// Whether processes are in the cgroup that had this id.
bool populated(const oci::Container& container) {
  const std::string place = "/sys/fs/cgroup" + container.cgroup_path;
  const auto about = look_at(place);
  const auto events = read_whole(place + "/cgroup.events", events_max);
  return about && about->st_ino == container.cgroup && events &&
         events->find("populated 1") != std::string::npos;
}

Status forget(const oci::Container& container, std::optional<kernel::Enforcer>& enforcer) {
  if (enforcer)
    if (auto done = enforcer->disarm_cgroup(container.cgroup); !done) return done;
  oci::Containers().remove(container.cgroup);
  return {};
}

Status record(kernel::Enforcer& enforcer) {
  auto store = evidence::Store::open();
  if (!store) return std::unexpected(store.error());
  if (auto drained = evidence::drain(enforcer, *store); !drained)
    return std::unexpected(drained.error());
  return {};
}

}  // namespace

Status bind(const oci::State& state, const oci::Settings& settings) {
  const auto config = oci::read_config(state.bundle);
  if (!config) return std::unexpected(config.error());
  oci::Annotations annotations = state.annotations;  // which count before the bundle's
  annotations.insert(config->annotations.begin(), config->annotations.end());
  oci::add_names_of_store(annotations, config->root);
  const auto choice = oci::choose(annotations, settings);
  if (!choice) return std::unexpected(choice.error());
  if (choice->profile.empty()) return {};
  if (auto good = check_root(state, *config); !good) return good;
  const auto cgroup = oci::cgroup_of(state.pid);
  if (!cgroup) return std::unexpected(cgroup.error());
  const oci::Container container{state.id,   state.bundle, choice->profile,
                                 cgroup->id, cgroup->path, oci::names_in(annotations)};
  const auto known = oci::Containers().find(cgroup->id);
  if (known && (known->id != state.id || known->bundle != state.bundle))
    return fail(Exit::usage, fmt::format("its cgroup belongs to container {}", escape(known->id)));
  auto done = put_in_force(state, container);
  if (done || known) return done;
  // What failed starts nothing, and leaves nothing behind.
  auto enforcer = kernel::Enforcer::open();
  if (enforcer) (void)forget(container, *enforcer);
  return done;
}

Status clean_up(const oci::State& state) {
  std::optional<kernel::Enforcer> enforcer;
  for (const oci::Container& one : oci::Containers().all()) {
    if (one.id != state.id || one.bundle != state.bundle || populated(one)) continue;
    if (!enforcer) {
      auto opened = kernel::Enforcer::open();
      if (!opened) return std::unexpected(opened.error());
      if (*opened) enforcer = std::move(**opened);
      if (enforcer)
        if (auto recorded = record(*enforcer); !recorded) return recorded;
    }
    if (auto done = forget(one, enforcer); !done) return done;
  }
  return {};
}

}  // namespace glacis::hook

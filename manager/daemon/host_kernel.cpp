// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/host_kernel.h"

#include <time.h>

#include "manager/base/file.h"
#include "manager/daemon/files.h"
#include "manager/evidence/kept.h"
#include "manager/evidence/recorder.h"
#include "manager/evidence/states.h"
#include "manager/kernel/end.h"
#include "manager/kernel/probe.h"

namespace glacis::daemon {
namespace {

// A command that holds the log's lock for longer is waited for later.
constexpr std::chrono::milliseconds log_patience{200};

Result<kernel::Enforcer> open_enforcer() {
  auto opened = kernel::Enforcer::open();
  if (!opened) return std::unexpected(opened.error());
  if (!*opened)
    return fail(Exit::usage, "nothing is in force on this host", "", "nothing was changed");
  return std::move(**opened);
}

}  // namespace

Status KernelHost::able() { return kernel::precheck(); }

Result<std::vector<kernel::Domain>> KernelHost::domains() {
  const auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  return *enforcer ? (*enforcer)->domains() : std::vector<kernel::Domain>();
}

Result<std::set<std::string>> KernelHost::names() {
  const auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  return *enforcer ? (*enforcer)->names() : std::set<std::string>();
}

Result<kernel::Domain> KernelHost::find(const std::string& name) {
  const auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  return enforcer->find(name);
}

Result<std::vector<kernel::Counter>> KernelHost::counters() {
  const auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  return *enforcer ? (*enforcer)->counters() : std::vector<kernel::Counter>();
}

std::vector<std::string> KernelHost::hooks() {
  const auto enforcer = kernel::Enforcer::open();
  return enforcer && *enforcer ? (*enforcer)->attached_hooks() : std::vector<std::string>();
}

Result<kernel::Domain> KernelHost::load(const Policy& policy, gl_mode mode) {
  if (auto able = kernel::precheck(); !able) return std::unexpected(able.error());
  if (auto kept = evidence::keep_image(policy.bytes, policy.map); !kept)
    return std::unexpected(kept.error());
  auto enforcer = kernel::Enforcer::open_or_create();
  if (!enforcer) return std::unexpected(enforcer.error());
  return enforcer->load(policy.name, policy.bytes, policy.digest, mode);
}

Result<Policy> KernelHost::kept(const std::string& name, const image::Digest& digest) {
  auto image = evidence::kept_image(digest, name);
  if (!image) return std::unexpected(image.error());
  return Policy{image->map.profile, GL_MODE_NONE, std::move(image->bytes), digest,
                std::move(image->map)};
}

Result<std::vector<kernel::Running>> KernelHost::adopt(const std::string& name) {
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  return kernel::adopt_running(*enforcer, name);
}

Status KernelHost::unload(const std::string& name) {
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  return enforcer->unload(name);
}

Status KernelHost::set_mode(const std::string& name, gl_mode mode) {
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  return enforcer->set_mode(name, mode);
}

Status KernelHost::hold(const std::string& name, bool on) {
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  return enforcer->hold(name, on);
}

Result<std::size_t> KernelHost::end(const kernel::Domain& domain) {
  const auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  return kernel::end_processes(*enforcer, domain.id);
}

Result<std::size_t> KernelEvidence::drain() {
  unwritten_ = false;
  auto opened = kernel::Enforcer::open();
  enforcer_ = opened ? std::move(*opened) : std::nullopt;
  if (!opened) return std::unexpected(opened.error());
  if (!enforcer_) return 0u;
  auto store = evidence::Store::open({}, log_patience);
  if (!store) return std::unexpected(store.error());
  const auto drained = evidence::drain(*enforcer_, *store, &told_);
  if (!drained) return std::unexpected(drained.error());
  trouble_ = drained->trouble ? drained->trouble->what : "";
  unwritten_ = drained->unwritten;
  return drained->events + drained->undecoded;
}

int KernelEvidence::ready_fd() const { return enforcer_ ? enforcer_->events_fd() : -1; }

Status KernelEvidence::change(const std::string& what, const kernel::Domain& domain,
                              const Asker& asker) {
  evidence::Canonical by = {{"by", asker.by}};
  if (!asker.role.empty())
    by = {{"by", asker.by}, {"uid", asker.uid}, {"pid", asker.pid}, {"role", asker.role}};
  auto store = evidence::Store::open();
  if (!store) return std::unexpected(store.error());
  const std::vector<std::string> lines = {evidence::change_line(
      what, {domain.name, domain.id, domain.generation, domain.mode, domain.digest},
      evidence::here(0), std::move(by))};
  if (auto done = store->append(lines); !done) return done;
  return store->sync();
}

Status KernelEvidence::alarm(const std::string& what, const std::string& text) {
  auto store = evidence::Store::open();
  if (!store) return std::unexpected(store.error());
  const std::vector<std::string> lines = {evidence::guard_line(what, text, evidence::here(0))};
  if (auto done = store->append(lines); !done) return done;
  return store->sync();
}

Result<std::optional<std::string>> FileStorage::read() {
  auto text = TrustedFiles().read(path_);
  if (text) return std::optional(std::move(*text));
  if (text.error().kind == ReadFailure::Kind::missing) return std::optional<std::string>();
  return fail(Exit::usage, "cannot read " + path_.native() + ": " + text.error().what,
              "move it away; `glacis reload` writes it again", "what is enforced stays in force");
}

Status FileStorage::write(const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  return write_file(path_, text, 0600);
}

SystemClock::SystemClock() {
  const auto text = read_file("/proc/sys/kernel/random/boot_id", 64);
  boot_ = text ? text->substr(0, text->find('\n')) : "unknown";
}

std::chrono::milliseconds SystemClock::now() const {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::milliseconds(now.tv_nsec / 1'000'000);
}

}  // namespace glacis::daemon

// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/drill_domain.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "manager/base/drill.h"
#include "manager/evidence/kept.h"
#include "manager/evidence/keys.h"
#include "manager/evidence/names.h"
#include "manager/evidence/states.h"
#include "manager/evidence/store.h"
#include "manager/image/reader.h"

namespace glacis::cli {
namespace {

constexpr const char* kLock = "/run/glacis-drill.lock";
constexpr const char* kFolders[] = {"/etc/glacis/profiles", "/usr/share/glacis/profiles"};

fs::path file_of(const std::string& profile) {
  std::error_code ignored;
  if (profile.find('/') != std::string::npos || fs::exists(profile, ignored)) return profile;
  for (const char* folder : kFolders)
    if (const fs::path file = fs::path(folder) / (profile + ".toml"); fs::exists(file, ignored))
      return file;
  return profile;
}

Status record(const kernel::Domain& domain, std::string_view what, const Json& about) {
  auto store = evidence::Store::open();
  if (!store) return std::unexpected(store.error());
  const std::vector<std::string> lines = {evidence::change_line(
      what, {domain.name, domain.id, domain.generation, domain.mode, domain.digest},
      evidence::here(0), evidence::Canonical::parse(about.dump()))};
  auto status = store->append(lines);
  return status ? store->sync() : status;
}

// A drill that was killed left its domain, in which nobody is by now: whoever was
// in it ended with it.
Status clear_old(const Output& out, kernel::Enforcer& enforcer) {
  const auto names = enforcer.names();
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (!drill_of(name)) continue;
    drain_evidence(out, enforcer);
    const auto domain = enforcer.find(name);
    if (!domain) return std::unexpected(domain.error());
    if (auto done = enforcer.unload(name); !done) return done;
    if (auto done = record(*domain, "unloaded", {{"by", "drill"}, {"left", true}}); !done)
      return done;
    out.say("{}: left by a drill that was ended, and unloaded now\n", shown(name));
  }
  return {};
}

std::string compare(const kernel::Enforcer& enforcer, const Copy& copy) {
  const auto found = enforcer.find(copy.profile);
  if (!found) return "nothing";
  return std::ranges::equal(found->digest, copy.original) ? "same" : "another";
}

}  // namespace

Result<Copy> copy_of(const Output& out, const std::string& profile, bool notify,
                     const profile::LoadOptions& options) {
  const fs::path file = file_of(profile);
  auto compiled = compile(out, file, options);
  if (!compiled) return std::unexpected(compiled.error());
  auto view = image::read(compiled->image.bytes);
  if (!view) return std::unexpected(view.error());
  Copy copy;
  copy.original = view->digest();
  copy.profile = compiled->profile.name;
  copy.file = fs::absolute(file).lexically_normal().native();
  copy.owner = compiled->profile.contact.owner;
  compiled->profile.attach = {};
  auto built = image::build(compiled->profile);
  if (!built) return std::unexpected(built.error());
  view = image::read(built->bytes);
  if (!view) return std::unexpected(view.error());
  const auto bytes = view->bytes();
  // The map keeps the profile's own name: a profile without [attach] has this very
  // image, and its records must not pass for a drill's.
  copy.ready = {drill_domain({copy.profile, notify}), GL_MODE_ENFORCE,
                {bytes.begin(), bytes.end()},         view->digest(),
                std::move(built->source_map),         {}};
  for (image::SourceRule& rule : copy.ready.map.rules)
    if (!rule.file.empty()) rule.file = fs::absolute(rule.file).lexically_normal().native();
  return copy;
}

Result<Fd> lock_drills() {
  Fd lock(::open(kLock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  return fail(
      Exit::usage,
      lock ? std::string("another drill is running on this host")
           : fmt::format("cannot open {}: {}", kLock, std::generic_category().message(errno)),
      "wait for its end", "nothing was tried");
}

Result<DrillDomain> DrillDomain::load(const Output& out, kernel::Enforcer& enforcer,
                                      const Copy& copy, Json about) {
  if (auto cleared = clear_old(out, enforcer); !cleared) return std::unexpected(cleared.error());
  DrillDomain drill(out, enforcer);
  drill.in_force_ = compare(enforcer, copy);
  auto loaded = put_in_force(enforcer, copy.ready);
  if (!loaded) return std::unexpected(loaded.error());
  drill.domain_ = std::move(*loaded);
  drill.loaded_ = true;
  drill.about_ = about;
  // Without the beginning in the log nobody could tell later what its records are.
  // Whoever moves records to the log first reads the domains' names, with the log's
  // lock held: who did so before this domain was there has ended once we had that lock,
  // so that no record of it misses its mark.
  if (auto done = record(drill.domain_, "loaded", about); !done)
    return std::unexpected(done.error());
  return drill;
}

DrillDomain::DrillDomain(DrillDomain&& other) noexcept
    : out_(other.out_),
      enforcer_(other.enforcer_),
      domain_(std::move(other.domain_)),
      in_force_(std::move(other.in_force_)),
      about_(std::move(other.about_)),
      loaded_(std::exchange(other.loaded_, false)) {}

DrillDomain::~DrillDomain() {
  if (!loaded_) return;
  // Without a report: something went wrong, and is told by whoever leaves.
  auto done = end();
  if (!done)
    out_->say("warning: {} is still loaded: {}; glacis unload {}\n", domain_.name,
              shown(done.error().what), domain_.name);
  else if (done = record(domain_, "unloaded", about_); !done)
    out_->say("warning: {}\n", shown(done.error().what));
}

Status DrillDomain::end() {
  loaded_ = false;
  drain_evidence(*out_, *enforcer_);
  return enforcer_->unload(domain_.name);
}

std::string log_id() {
  const auto store = evidence::Store::open();
  return store ? store->header().log : std::string();
}

Result<std::string> close_report(const Output& out, drill::Report report,
                                 const kernel::Domain& domain, const Json& about) {
  const evidence::Context context = evidence::here(0);
  report.ended = evidence::time_text(context.now);
  const drill::Canonical json = drill::report_json(report);
  evidence::Canonical by = evidence::Canonical::parse(about.dump());
  by["report"] = drill::report_hash(json);
  for (const char* count : {"passed", "granted", "not_tried"}) by[count] = json.at(count);
  auto store = evidence::Store::open();
  if (!store) return std::unexpected(store.error());
  const std::vector<std::string> lines = {evidence::change_line(
      "unloaded", {domain.name, domain.id, domain.generation, domain.mode, domain.digest}, context,
      std::move(by))};
  auto status = store->append(lines);
  if (status) status = store->sync();
  if (!status) return std::unexpected(status.error());
  // The log's lock is held: nobody gives the log another key meanwhile.
  auto keys = evidence::Keys::open(evidence::Where().keys);
  const bool named = keys && store->header().key == keys->current().public_key();
  if (!named)
    out.say("warning: the report is not signed: {}\n",
            keys ? "the log names another key" : shown(keys.error().what));
  return drill::sign_report(json, named ? &keys->current() : nullptr);
}

}  // namespace glacis::cli

// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/policies.h"

#include <fmt/format.h>

#include <algorithm>

#include "manager/base/escape.h"
#include "manager/image/view.h"

namespace glacis::daemon {
namespace {

std::string printable(std::string_view bytes) { return escape(bytes, Backslash::keep); }

const Asker itself{"glacisd", 0, 0, {}};

}  // namespace

std::string_view word(FileState state) {
  switch (state) {
    case FileState::waiting:
      return "waiting";
    case FileState::in_force:
      return "in force";
    case FileState::broken:
      return "broken";
    case FileState::masked:
      return "masked";
    case FileState::unloaded:
      return "unloaded";
  }
  return "unknown";
}

Policies::Policies(Parts parts, std::vector<fs::path> folders)
    : parts_(std::move(parts)), folders_(std::move(folders)) {}

void Policies::scan(Why why, const Asker& asker) {
  Profiles found = find_profiles(parts_.files, folders_);
  for (const std::string& problem : found.problems)
    if (std::ranges::find(folder_problems_, problem) == folder_problems_.end())
      parts_.say(Level::error, problem + "; what was in force stays in force");
  folder_problems_ = std::move(found.problems);
  // A folder that can't be read is not an empty one.
  if (folder_problems_.empty()) {
    std::erase_if(status_, [&](const auto& one) { return !found.files.contains(one.first); });
    // What was unloaded is kept out by the file that was there then, not by one that comes later.
    std::erase_if(unloaded_, [&](const auto& gone) {
      return std::ranges::none_of(status_,
                                  [&](const auto& one) { return one.second.name == gone.first; });
    });
  }
  queue_.clear();
  for (const auto& [file, path] : found.files) {
    status_[file].path = path;
    queue_.push_back({file, why, asker});
  }
  if (queue_.empty()) tell_removed();
}

void Policies::step() {
  if (queue_.empty()) return;
  const Work work = std::move(queue_.front());
  queue_.pop_front();
  FileStatus& status = status_[work.file];
  const auto text = parts_.files.read(status.path);
  if (text && text->empty()) {
    status = {status.path, {}, FileState::masked, {}};
  } else {
    profile::LoadOptions options{{own_folder, shipped_folder}, std::nullopt, &parts_.files, false};
    if (auto policy = compile(status.path, options)) {
      take(work, status, *policy);
    } else {
      broken(status, work.file, policy.error().what, work.why);
    }
  }
  if (queue_.empty()) tell_removed();
}

void Policies::broken(FileStatus& status, const std::string& file, std::string problem, Why why) {
  // What it last put in force is still its own.
  for (const auto& [name, kept] : state_.profiles)
    if (status.name.empty() && kept.file == file) status.name = name;
  const bool known = status.state == FileState::broken && status.problem == problem;
  status.state = FileState::broken;
  status.problem = std::move(problem);
  if (known && why == Why::changed) return;
  parts_.say(Level::error, fmt::format("{} is not loaded, what was in force stays in force: {}",
                                       printable(status.path.native()), printable(status.problem)));
}

const std::string* Policies::other_file(const std::string& file, const std::string& name) const {
  for (const auto& [other, status] : status_)
    if (other != file && status.name == name && status.state == FileState::in_force) return &other;
  return nullptr;
}

gl_mode Policies::mode_for(const Policy& policy) const {
  const auto kept = state_.profiles.find(policy.name);
  if (kept == state_.profiles.end() || kept->second.file_mode != policy.mode) return policy.mode;
  return kept->second.mode;
}

void Policies::take(const Work& work, FileStatus& status, const Policy& policy) {
  if (const std::string* other = other_file(work.file, policy.name)) {
    broken(status, work.file,
           fmt::format("the profile `{}` is in {} too", policy.name, printable(*other)), work.why);
    return;
  }
  const auto gone = unloaded_.find(policy.name);
  if (work.why == Why::changed && gone != unloaded_.end() && gone->second == policy.digest) {
    status = {status.path, policy.name, FileState::unloaded, {}};
    return;
  }
  const gl_mode mode = mode_for(policy);
  const auto domain = parts_.host.find(policy.name);
  // Who asks for a reload has files looked at again whose content counts.
  const bool looked_at =
      work.why == Why::changed || image::ImageView::unchecked(policy.bytes).digests().empty();
  const bool as_it_is =
      domain && domain->digest == policy.digest && domain->mode == mode && looked_at;
  if (!as_it_is)
    if (auto done = put_in_force(policy, mode, work.asker); !done) {
      broken(status, work.file, done.error().what, work.why);
      return;
    }
  status = {status.path, policy.name, FileState::in_force, {}};
  unloaded_.erase(policy.name);
  const Kept kept{work.file, policy.digest, policy.mode, mode};
  if (state_.profiles[policy.name] == kept) return;
  if (state_.profiles[policy.name].file_mode != policy.mode) state_.rollbacks.erase(policy.name);
  state_.profiles[policy.name] = kept;
  (void)save();
}

Result<kernel::Domain> Policies::put_in_force(const Policy& policy, gl_mode mode,
                                              const Asker& asker) {
  auto domain = parts_.host.load(policy, mode);
  if (!domain) return domain;
  record("loaded", *domain, asker);
  parts_.say(Level::notice, fmt::format("{}: in force, mode {}, image {}", policy.name,
                                        mode_text(mode), image::hex(policy.digest).substr(0, 12)));
  for (const std::string& file : domain->unmatched)
    parts_.say(Level::warning,
               fmt::format("{}: {}: it is refused as code", policy.name, printable(file)));
  adopt(policy.name);
  return domain;
}

// Those that run already keep what they have open; `glacis adopt` and `load` list it.
void Policies::adopt(const std::string& name) {
  const auto running = parts_.host.adopt(name);
  if (!running) {
    parts_.say(Level::error, fmt::format("{}: what runs already was not looked for: {}", name,
                                         printable(running.error().what)));
    return;
  }
  for (const kernel::Running& one : *running) {
    if (one.adopted)
      parts_.say(Level::notice,
                 fmt::format("{}: process {} was running ({}) and is bound; what it had open is "
                             "not asked about again",
                             name, one.pid, printable(one.by.reason)));
    else
      parts_.say(Level::warning,
                 fmt::format("{}: process {} ({}) runs unconfined: {}", name, one.pid,
                             printable(one.by.reason), printable(one.not_since)));
  }
}

bool Policies::start() {
  const auto text = parts_.storage.read();
  auto state = text && *text ? parse_state(**text) : Result<State>(State{});
  if (text && state) {
    state_ = std::move(*state);
    for (auto& [name, kept] : state_.profiles)  // it may have been set without the daemon
      if (const auto domain = parts_.host.find(name)) kept.mode = domain->mode;
    return true;
  }
  parts_.say(Level::error, printable(text ? state.error().what : text.error().what));
  return false;
}

bool Policies::restore() {
  const auto names = parts_.host.names();
  std::string problem = names ? "" : names.error().what;
  for (auto& [name, kept] : state_.profiles) {
    if (!names || names->contains(name)) continue;
    if (const auto done = restore_one(name, kept); !done)
      problem += fmt::format("{}{} is not in force: {}", problem.empty() ? "" : "; ",
                             printable(name), printable(done.error().what));
  }
  if (!problem.empty() && problem != restore_problem_) parts_.say(Level::error, problem);
  restore_problem_ = problem;
  return problem.empty();
}

Status Policies::restore_one(const std::string& name, Kept& kept) {
  const auto policy = parts_.host.kept(name, kept.digest);
  if (!policy) return std::unexpected(policy.error());
  if (policy->name != name) return fail(Exit::usage, "its image is of another profile");
  parts_.say(Level::warning, printable(name) + ": is not in force, though nobody unloaded it here");
  kept.mode = state_.mode_at_start(name, parts_.clock.boot());
  const auto domain = put_in_force(*policy, kept.mode, itself);
  return domain ? Status() : std::unexpected(domain.error());
}

std::optional<gl_mode> Policies::mode_of(const std::string& name) {
  const auto domain = parts_.host.find(name);
  return domain ? std::optional(domain->mode) : std::nullopt;
}

Status Policies::unload(const std::string& name, const Asker& asker) {
  const auto domain = parts_.host.find(name);
  if (!domain) return std::unexpected(domain.error());
  if (const auto drained = parts_.evidence.drain(); !drained)
    parts_.say(Level::warning, printable(drained.error().what));
  if (auto done = parts_.host.unload(name); !done) return done;
  record("unloaded", *domain, asker);
  parts_.say(Level::warning,
             fmt::format("{}: unloaded, asked by user {}", printable(name), asker.uid));
  unloaded_[name] = domain->digest;
  told_.erase(name);
  for (auto& [file, status] : status_)
    if (status.name == name) status.state = FileState::unloaded;
  state_.profiles.erase(name);
  state_.rollbacks.erase(name);
  return save();
}

Status Policies::set_mode(const std::string& name, gl_mode mode,
                          std::optional<std::chrono::seconds> confirm_within, const Asker& asker) {
  auto domain = parts_.host.find(name);
  if (!domain) return std::unexpected(domain.error());
  const State before = state_;
  const auto pending = state_.rollbacks.find(name);
  const gl_mode back = pending == state_.rollbacks.end() ? domain->mode : pending->second.to;
  state_.rollbacks.erase(name);
  if (confirm_within)
    state_.rollbacks[name] = {back, parts_.clock.now() + *confirm_within, parts_.clock.boot()};
  if (const auto kept = state_.profiles.find(name); kept != state_.profiles.end())
    kept->second.mode = mode;
  // Kept first: what is promised to end must end also if this process does not see it.
  const Status saved = save();
  if (!saved && confirm_within) {
    state_ = before;
    return saved;
  }
  if (auto done = parts_.host.set_mode(name, mode); !done) {
    state_ = before;
    (void)save();
    return done;
  }
  domain->mode = mode;
  record("mode", *domain, asker);
  parts_.say(
      Level::notice,
      fmt::format("{}: mode {}, asked by user {}{}", printable(name), mode_text(mode), asker.uid,
                  confirm_within
                      ? fmt::format(", to be confirmed within {} s", confirm_within->count())
                      : ""));
  return {};
}

Status Policies::confirm(const std::string& name, const Asker& asker) {
  const auto pending = state_.rollbacks.find(name);
  if (pending == state_.rollbacks.end())
    return fail(Exit::usage, fmt::format("no mode of `{}` waits to be confirmed", printable(name)),
                {}, "nothing was changed");
  const Rollback before = pending->second;
  state_.rollbacks.erase(pending);
  if (auto saved = save(); !saved) {
    state_.rollbacks[name] = before;
    return saved;
  }
  if (const auto domain = parts_.host.find(name)) record("confirmed", *domain, asker);
  parts_.say(Level::notice, fmt::format("{}: confirmed by user {}", printable(name), asker.uid));
  return {};
}

bool Policies::roll_back(const std::string& name, gl_mode to) {
  auto domain = parts_.host.find(name);
  const bool gone = !domain && domain.error().exit == Exit::usage;
  if (!gone && !(domain && parts_.host.set_mode(name, to))) {
    parts_.say(Level::error,
               fmt::format("{}: cannot go back to mode {}", printable(name), mode_text(to)));
    return false;
  }
  if (domain) {
    domain->mode = to;
    record("rolled_back", *domain, itself);
  }
  parts_.say(Level::warning,
             fmt::format("{}: was not confirmed, mode {} again", printable(name), mode_text(to)));
  if (const auto kept = state_.profiles.find(name); kept != state_.profiles.end())
    kept->second.mode = to;
  return true;
}

std::optional<std::chrono::milliseconds> Policies::tick() {
  constexpr std::chrono::seconds again{5};
  const auto now = parts_.clock.now();
  std::optional<std::chrono::milliseconds> next;
  bool changed = false;
  for (auto at = state_.rollbacks.begin(); at != state_.rollbacks.end();) {
    auto& [name, rollback] = *at;
    if (rollback.boot != parts_.clock.boot()) rollback = {rollback.to, now, parts_.clock.boot()};
    if (rollback.at <= now && roll_back(name, rollback.to)) {
      at = state_.rollbacks.erase(at);
      changed = true;
      continue;
    }
    if (rollback.at <= now) rollback.at = now + again;
    next = std::min(next.value_or(rollback.at), rollback.at);
    ++at;
  }
  if (changed) (void)save();
  return next;
}

std::map<std::string, std::chrono::seconds> Policies::waiting() const {
  std::map<std::string, std::chrono::seconds> out;
  for (const auto& [name, rollback] : state_.rollbacks)
    out[name] = std::chrono::duration_cast<std::chrono::seconds>(
        std::max(rollback.at - parts_.clock.now(), std::chrono::milliseconds(0)));
  return out;
}

std::vector<std::string> Policies::removed() const {
  std::vector<std::string> out;
  for (const auto& [name, kept] : state_.profiles) {
    const bool has_file = std::ranges::any_of(status_, [&](const auto& one) {
      return one.second.name == name || (one.second.name.empty() && one.first == kept.file);
    });
    if (!has_file) out.push_back(name);
  }
  return out;
}

void Policies::tell_removed() {
  const auto names = removed();
  std::erase_if(told_, [&](const std::string& name) {
    return std::ranges::find(names, name) == names.end();
  });
  for (const std::string& name : names)
    if (told_.insert(name).second)
      parts_.say(Level::warning,
                 fmt::format("{0}: its file is gone; it stays in force until `glacis unload {0}`",
                             printable(name)));
}

std::vector<std::string> Policies::problems() const {
  auto out = folder_problems_;
  for (const std::string& problem : {save_problem_, restore_problem_})
    if (!problem.empty()) out.push_back(problem);
  return out;
}

void Policies::record(const std::string& what, const kernel::Domain& domain, const Asker& asker) {
  if (auto done = parts_.evidence.change(what, domain, asker); !done)
    parts_.say(Level::warning, printable(done.error().what) + "; it is done all the same");
}

Status Policies::save() {
  auto done = parts_.storage.write(to_json(state_));
  const std::string problem = done ? "" : done.error().what;
  if (!problem.empty() && problem != save_problem_) parts_.say(Level::error, printable(problem));
  save_problem_ = problem;
  return done;
}

}  // namespace glacis::daemon

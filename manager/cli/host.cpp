// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/host.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "manager/base/drill.h"
#include "manager/base/file.h"
#include "manager/base/similar.h"
#include "manager/evidence/kept.h"
#include "manager/evidence/recorder.h"
#include "manager/evidence/states.h"
#include "manager/profile/mode.h"

namespace glacis::cli {
namespace {

Json shown_all(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& one : list) out.push_back(shown(one));
  return out;
}

std::unexpected<Error> with_unchanged(Error error) {
  if (error.unchanged.empty()) error.unchanged = "what was enforced before stays in force";
  return std::unexpected(std::move(error));
}

}  // namespace

Status need_root(std::string_view command) {
  if (::geteuid() == 0) return {};
  return fail(Exit::not_permitted, fmt::format("`glacis {}` needs root", command),
              "run it with sudo", "nothing was changed");
}

Result<kernel::Enforcer> open_enforcer() {
  auto opened = kernel::Enforcer::open();
  if (!opened) return std::unexpected(opened.error());
  if (!*opened)
    return fail(Exit::usage, "no profile is loaded on this host", "glacis load FILE",
                "nothing was changed");
  return std::move(**opened);
}

Result<gl_mode> parse_mode(const std::string& word) {
  constexpr std::string_view words[] = {"observe", "audit", "enforce"};
  for (const gl_mode mode : {GL_MODE_OBSERVE, GL_MODE_AUDIT, GL_MODE_ENFORCE})
    if (profile::mode_text(mode) == word) return mode;
  const auto near = closest(word, words);
  return fail(Exit::usage,
              fmt::format("`{}` is no mode{}", shown(word),
                          near ? fmt::format("; did you mean `{}`?", *near) : ""),
              "use observe, audit or enforce", "nothing was changed");
}

Json domain_json(const kernel::Domain& domain) {
  return {{"domain", shown(domain.name)},
          {"id", domain.id},
          {"mode", profile::mode_text(domain.mode)},
          {"held", domain.held},
          {"watched", domain.watched},
          {"image", digest_text(domain.digest)},
          {"generation", domain.generation},
          {"size_class", image::size_class_bytes(domain.size_class)},
          {"denied", domain.denied},
          {"would_deny", domain.would_deny},
          {"probes", domain.probes},
          {"cached", domain.cached},
          {"attach",
           {{"exec", shown_all(domain.attach.exec)},
            {"unit", shown_all(domain.attach.unit)},
            {"user", shown_all(domain.attach.user)}}}};
}

std::string guard_text(const kernel::Guard& guard) {
  std::string out = guard.locked ? "on, and locked until the host starts again" : "on";
  if (guard.missing.empty()) return out;
  return fmt::format("INCOMPLETE: not attached: {}", fmt::join(guard.missing, ", "));
}

std::string attach_text(const Attachments& attach) {
  std::string out;
  const auto add = [&](std::string_view what, const std::vector<std::string>& list) {
    for (const std::string& one : list)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", what, shown(one));
  };
  add("program", attach.exec);
  add("unit", attach.unit);
  add("user", attach.user);
  return out;
}

Result<Ready> prepare(const Output& out, const fs::path& file, const profile::LoadOptions& options,
                      std::optional<gl_mode> mode) {
  auto policy = open_policy(out, file, options);
  if (!policy) return with_unchanged(policy.error());
  if (!policy->map)
    return fail(Exit::usage,
                fmt::format("{} has no source map beside it, which names its profile",
                            shown(file.native())),
                "compile the profile again, or load the profile itself", "nothing was changed");
  if (drill_of(policy->name))
    return fail(Exit::usage,
                fmt::format("`{}` is a name that only `glacis drill` gives", shown(policy->name)),
                "load the profile by a name of its own", "nothing was changed");
  if (!mode) mode = policy->mode;
  if (!mode)
    return fail(Exit::usage,
                fmt::format("{} is an image, which holds no mode", shown(file.native())),
                "say it with --mode observe, audit or enforce", "nothing was changed");
  // Records name files, whatever folder they are read in.
  for (image::SourceRule& rule : policy->map->rules) {
    std::error_code error;
    const fs::path absolute = fs::absolute(rule.file, error);
    if (!error && !rule.file.empty()) rule.file = absolute.lexically_normal().native();
  }
  const auto bytes = policy->view.bytes();
  return Ready{policy->name,
               *mode,
               {bytes.begin(), bytes.end()},
               policy->view.digest(),
               std::move(*policy->map),
               parse_attachments(policy->view.attach()).value_or(Attachments{}),
               policy->backend};
}

Result<kernel::Domain> put_in_force(kernel::Enforcer& enforcer, const Ready& ready) {
  if (auto saved = evidence::keep_image(ready.bytes, ready.map); !saved)
    return with_unchanged(saved.error());
  auto domain = enforcer.load(ready.name, ready.bytes, ready.digest, ready.mode);
  if (!domain) return with_unchanged(domain.error());
  return domain;
}

void tell_unmatched(const Output& out, const kernel::Domain& domain) {
  for (const std::string& file : domain.unmatched)
    out.say("warning: {}: {}: it is refused as code\n", shown(domain.name), shown(file));
}

namespace {

// What the log would not take; nothing where all is well.
std::optional<Error> append_change(std::string_view what, const kernel::Domain& domain,
                                   evidence::Canonical by) {
  auto store = evidence::Store::open();
  if (!store) return store.error();
  const std::vector<std::string> lines = {evidence::change_line(
      what, {domain.name, domain.id, domain.generation, domain.mode, domain.digest},
      evidence::here(0), std::move(by))};
  if (auto done = store->append(lines); !done) return done.error();
  if (auto done = store->sync(); !done) return done.error();
  return store->trouble();
}

}  // namespace

void record_change(const Output& out, std::string_view what, const kernel::Domain& domain) {
  if (const auto trouble = append_change(what, domain, nullptr))
    out.say("warning: {}; it is done all the same\n", shown(trouble->what));
}

Status try_record_change(std::string_view what, const kernel::Domain& domain,
                         evidence::Canonical by) {
  if (auto trouble = append_change(what, domain, std::move(by))) {
    trouble->unchanged = "nothing was changed";
    return std::unexpected(std::move(*trouble));
  }
  return {};
}

std::string login_user() {
  constexpr std::string_view nobody = "4294967295";
  const auto login = read_file("/proc/self/loginuid", 16);
  if (login && !login->empty() && *login != nobody) return fmt::format("user {}", shown(*login));
  return fmt::format("user {}", ::getuid());
}

void drain_evidence(const Output& out, kernel::Enforcer& enforcer) {
  auto store = evidence::Store::open();
  if (!store) {
    out.say("warning: {}; {}\n", shown(store.error().what), shown(store.error().unchanged));
    return;
  }
  const auto drained = evidence::drain(enforcer, *store);
  if (!drained)
    out.say("warning: {}; {}\n", shown(drained.error().what), shown(drained.error().unchanged));
  else if (drained->trouble)
    out.say("warning: {}\n", shown(drained->trouble->what));
}

}  // namespace glacis::cli

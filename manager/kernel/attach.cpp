// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/attach.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <set>

#include "manager/base/escape.h"
#include "manager/base/peer.h"

namespace glacis::kernel {
namespace {

bool same_key(const gl_attach_key& a, const gl_attach_key& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

// Of the same program's name, unit or user; of programs the number is only a place.
bool same_name(const gl_attach_key& a, const gl_attach_key& b) {
  return a.kind == b.kind && (a.kind == GL_ATTACH_EXEC || a.number == b.number) &&
         std::memcmp(a.name, b.name, sizeof a.name) == 0;
}

bool same_thing(const Entry& a, const Entry& b) {
  return same_name(a.key, b.key) && a.value.whole == b.value.whole;
}

Entry entry(std::uint32_t domain, gl_attach_kind kind, std::string_view name,
            std::string_view whole) {
  Entry out;
  out.key.kind = kind;
  name.copy(out.key.name, GL_ATTACH_NAME_MAX);
  out.value.domain = domain;
  out.value.whole = name_number(whole);
  return out;
}

Result<std::uint32_t> uid_of(const std::string& profile, const std::string& user) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), number);
  if (error == std::errc() && end == user.data() + user.size()) return number;
  passwd found{};
  passwd* result = nullptr;
  std::vector<char> room(16384);
  if (::getpwnam_r(user.c_str(), &found, room.data(), room.size(), &result) != 0 ||
      result == nullptr)
    return fail(
        Exit::usage,
        fmt::format("`{}` attaches the user `{}`, whom this host does not have", profile, user),
        "write another name or a number", "nothing was changed");
  if (found.pw_uid == 0)
    return fail(Exit::usage, fmt::format("`{}` attaches the user `{}`, who is root", profile, user),
                {}, "nothing was changed");
  return found.pw_uid;
}

Result<std::vector<Entry>> entries_of(const std::string& profile, std::uint32_t domain,
                                      const Attachments& attach) {
  std::vector<Entry> out;
  for (const std::string& path : attach.exec)
    out.push_back(entry(domain, GL_ATTACH_EXEC, path.substr(path.rfind('/') + 1), path));
  for (const std::string& unit : attach.unit) {
    const std::string name = cgroup_of_unit(unit);
    out.push_back(entry(domain, GL_ATTACH_UNIT, name, name));
  }
  for (const std::string& user : attach.user) {
    const auto uid = uid_of(profile, user);
    if (!uid) return std::unexpected(uid.error());
    out.push_back(entry(domain, GL_ATTACH_USER, "", user));
    out.back().key.number = *uid;
    out.back().value.whole = *uid;
  }
  return out;
}

Result<std::vector<Entry>> known_entries(const Enforcer::State& s) {
  const auto all = all_entries<gl_attach_key, gl_attachment>(s.attachments, "attachments");
  if (!all) return std::unexpected(all.error());
  std::vector<Entry> out;
  for (const auto& [key, value] : *all) out.push_back({key, value});
  return out;
}

// The name of a domain that is in force.
std::optional<std::string> live_name(const Enforcer::State& s, std::uint32_t id) {
  if (id == GL_ATTACH_HOLE) return std::nullopt;
  const auto domain = lookup<gl_domain>(s.domains, GL_DOMAIN_SLOT(id), "domains");
  if (!domain || GL_DOMAIN_WORD_ID(domain->word) != id ||
      GL_DOMAIN_WORD_STATUS(domain->word) != GL_DOMAIN_LIVE)
    return std::nullopt;
  return std::string(domain->name, ::strnlen(domain->name, sizeof domain->name));
}

std::string_view kind_text(std::uint32_t kind) {
  switch (kind) {
    case GL_ATTACH_EXEC:
      return "program";
    case GL_ATTACH_UNIT:
      return "unit";
    default:
      return "user";
  }
}

std::string thing_text(const Entry& entry) {
  return entry.key.kind == GL_ATTACH_USER ? fmt::format("user {}", entry.key.number)
                                          : fmt::format("{} {}", kind_text(entry.key.kind),
                                                        escape(entry.key.name, Backslash::keep));
}

Status check_conflicts(const Enforcer::State& s, const std::string& name, std::uint32_t domain,
                       const AttachPlan& plan) {
  for (const Entry& wanted : plan.wanted) {
    std::size_t others = 0;
    const auto own = std::ranges::count_if(
        plan.wanted, [&](const Entry& each) { return same_name(each.key, wanted.key); });
    for (const Entry& known : plan.known) {
      if (known.value.domain == domain || !same_name(known.key, wanted.key)) continue;
      const auto other = live_name(s, known.value.domain);
      if (!other) continue;
      if (known.value.whole == wanted.value.whole)
        return fail(
            Exit::usage,
            fmt::format("`{}` and `{}` attach the same {}", name, *other, thing_text(wanted)),
            "remove it from [attach] of one of them, or unload the other", "nothing was changed");
      ++others;
    }
    if (wanted.key.kind == GL_ATTACH_EXEC &&
        others + static_cast<std::size_t>(own) > GL_ATTACH_SAME_MAX)
      return fail(Exit::usage,
                  fmt::format("`{}` attaches a {}, and {} profiles in force attach others "
                              "of this name",
                              name, thing_text(wanted), others),
                  "attach it by its unit", "nothing was changed");
  }
  return {};
}

Status write_entry(const Enforcer::State& s, const Entry& entry) {
  if (bpf_map_update_elem(s.attachments.get(), &entry.key, &entry.value, BPF_ANY) != 0)
    return fail(Exit::kernel, "cannot write map `attachments`: " + errno_text(errno),
                "run `glacis doctor`");
  return {};
}

// The first place for a program of this name that no live domain has.
std::uint32_t free_place(const Enforcer::State& s, const gl_attach_key& name,
                         const std::vector<Entry>& known) {
  std::set<std::uint32_t> taken;
  for (const Entry& each : known)
    if (same_name(each.key, name) && live_name(s, each.value.domain)) taken.insert(each.key.number);
  std::uint32_t place = 0;
  while (taken.contains(place)) ++place;
  return place;
}

// Programs of a name are looked up until a place is empty. So one amid others is
// not emptied: who is looking meanwhile would miss those behind it.
Status take_away(const Enforcer::State& s, const Entry& entry, const std::vector<Entry>& known) {
  const bool amid =
      entry.key.kind == GL_ATTACH_EXEC && std::ranges::any_of(known, [&](const Entry& each) {
        return same_name(each.key, entry.key) && each.key.number > entry.key.number;
      });
  if (amid) return write_entry(s, {entry.key, {GL_ATTACH_HOLE, 0, 0}});
  bpf_map_delete_elem(s.attachments.get(), &entry.key);
  return {};
}

// What was added, the last first: its places are the last of their names, or had an
// entry of nobody before, which goes back.
void take_back(const Enforcer::State& s, const std::vector<Entry>& added,
               const std::vector<Entry>& before) {
  for (auto each = added.rbegin(); each != added.rend(); ++each) {
    const auto old = std::ranges::find_if(
        before, [&](const Entry& one) { return same_key(one.key, each->key); });
    if (old != before.end())
      (void)write_entry(s, *old);
    else
      bpf_map_delete_elem(s.attachments.get(), &each->key);
  }
}

// What the programs look for at all.
Status set_kinds(const Enforcer::State& s, std::uint32_t kinds) {
  auto settings = lookup<gl_settings>(s.settings, 0, "settings");
  if (!settings) return std::unexpected(settings.error());
  if (settings->attach == kinds) return {};
  settings->attach = kinds;
  return store(s.settings, 0, *settings, "settings");
}

Status refresh_kinds(const Enforcer::State& s) {
  const auto left = known_entries(s);
  if (!left) return std::unexpected(left.error());
  std::uint32_t kinds = 0;
  for (const Entry& each : *left) kinds |= GL_ATTACHES(each.key.kind);
  return set_kinds(s, kinds);
}

}  // namespace

Attachments attachments_in(std::span<const std::byte> image) {
  gl_image header{};
  if (image.size() < sizeof header) return {};
  std::memcpy(&header, image.data(), sizeof header);
  const gl_section& at = header.attach;
  if (at.offset > image.size() || at.count > image.size() - at.offset) return {};
  const auto text = image.subspan(at.offset, at.count);
  return parse_attachments({reinterpret_cast<const char*>(text.data()), text.size()})
      .value_or(Attachments{});
}

Result<AttachPlan> plan_attachments(const Enforcer::State& s, const std::string& name,
                                    std::uint32_t domain, const Attachments& attach) {
  AttachPlan out;
  auto wanted = entries_of(name, domain, attach);
  if (!wanted) return std::unexpected(wanted.error());
  out.wanted = std::move(*wanted);
  auto known = known_entries(s);
  if (!known) return std::unexpected(known.error());
  out.known = std::move(*known);
  if (auto good = check_conflicts(s, name, domain, out); !good)
    return std::unexpected(good.error());
  return out;
}

Status add_attachments(const Enforcer::State& s, std::uint32_t domain, AttachPlan& plan) {
  std::vector<Entry> known = plan.known, added;
  for (Entry wanted : plan.wanted) {
    const bool there = std::ranges::any_of(known, [&](const Entry& each) {
      return each.value.domain == domain && same_thing(each, wanted);
    });
    if (there) continue;
    if (wanted.key.kind == GL_ATTACH_EXEC) wanted.key.number = free_place(s, wanted.key, known);
    if (auto done = write_entry(s, wanted); !done) {
      take_back(s, added, plan.known);
      return done;
    }
    std::erase_if(known, [&](const Entry& each) { return same_key(each.key, wanted.key); });
    known.push_back(wanted);
    added.push_back(wanted);
  }
  plan.known = std::move(known);
  return {};
}

Status settle_attachments(const Enforcer::State& s, std::uint32_t domain, const AttachPlan& plan) {
  std::vector<Entry> known = plan.known;
  // From behind, so that most places are emptied and not marked.
  std::ranges::sort(known, std::greater<>{}, [](const Entry& each) { return each.key.number; });
  const std::vector<Entry> all = known;
  for (const Entry& each : all) {
    const bool own = each.value.domain == domain;
    const bool stays =
        own ? std::ranges::any_of(plan.wanted,
                                  [&](const Entry& wanted) { return same_thing(each, wanted); })
            : each.value.domain != GL_ATTACH_HOLE;
    if (stays) continue;
    if (auto done = take_away(s, each, known); !done) return done;
    std::erase_if(known, [&](const Entry& one) { return same_key(one.key, each.key); });
  }
  return refresh_kinds(s);
}

}  // namespace glacis::kernel

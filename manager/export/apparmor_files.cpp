// SPDX-License-Identifier: Apache-2.0
// Paths. AppArmor has seven letters where Glacis has twenty words, and tells a
// directory by the slash at the end of its path.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "manager/export/apparmor_pattern.h"
#include "manager/export/apparmor_writer.h"
#include "manager/import/apparmor/access.h"
#include "manager/import/apparmor/pattern.h"

namespace glacis::exports {
namespace {

using diag::Code;
using import::apparmor::directory_bits;
using import::apparmor::Exec;
using import::apparmor::file_bits;
using import::apparmor::FileAccess;
using namespace profile;

constexpr std::uint32_t changes = GL_FILE_WRITE | GL_FILE_CREATE | GL_FILE_UNLINK |
                                  GL_FILE_SYMLINK | GL_FILE_MKNOD | GL_FILE_TRUNCATE;
constexpr std::uint32_t of_names = GL_FILE_RENAME | GL_FILE_CHMOD | GL_FILE_CHOWN;
constexpr std::uint32_t directories = GL_FILE_MKDIR | GL_FILE_RMDIR;
// Nobody does this to a folder.
constexpr std::uint32_t of_files_alone =
    changes | GL_FILE_APPEND | GL_FILE_EXECUTE | GL_FILE_MAP_EXEC | GL_FILE_LINK;
constexpr std::uint32_t places = GL_FILE_MOUNT | GL_FILE_UMOUNT | GL_FILE_PIVOT_ROOT;
// Said once for the profile, or by other rules.
constexpr std::uint32_t elsewhere = GL_FILE_ATTRIBUTES | GL_FILE_IOCTL | GL_FILE_CHROOT |
                                    GL_FILE_SET_ID | GL_FILE_TRANSITION | GL_FILE_MARKS | places |
                                    GL_FILE_UNIX;

std::string letters(const FileAccess& access) {
  std::string out;
  if (access.map) out += 'm';
  if (access.read) out += 'r';
  if (access.write) out += 'w';
  if (access.append) out += 'a';
  if (access.link) out += 'l';
  if (access.lock) out += 'k';
  if (access.exec == Exec::inherit) out += "ix";
  if (access.exec == Exec::refused) out += 'x';
  return out;
}

FileAccess of_files(std::uint32_t access) {
  FileAccess out;
  const bool change = (access & changes) != 0;
  // Where folders are made, a change of their mode or owner is meant for them.
  const bool modes = (access & of_names) != 0 && (access & directories) == 0;
  out.read = (access & GL_FILE_READ) != 0;
  out.write = change || modes;
  out.append = (access & GL_FILE_APPEND) != 0 && !out.write;
  out.link = (access & GL_FILE_LINK) != 0;
  out.lock = (access & GL_FILE_LOCK) != 0;
  out.map = (access & GL_FILE_MAP_EXEC) != 0;
  if ((access & (GL_FILE_EXECUTE | GL_FILE_INTERPRET)) != 0) out.exec = Exec::inherit;
  return out;
}

FileAccess of_directories(std::uint32_t access) {
  FileAccess out;
  out.read = (access & GL_FILE_READ) != 0;
  out.write = (access & directories) != 0;
  out.lock = (access & GL_FILE_LOCK) != 0;
  return out;
}

bool within(std::string_view inner, std::string_view outer) {
  return std::ranges::all_of(inner,
                             [&](char c) { return outer.find(c) != std::string_view::npos; });
}

}  // namespace

void AppArmorWriter::files() {
  for (const Rule& rule : profile_.rules) {
    const auto* path = std::get_if<PathRule>(&rule.body);
    if (path == nullptr) continue;
    if (path->access == GL_FILE_DIGEST) {
      say(Code::GL613, "what a program or library holds is not asked", rule.span);
      continue;
    }
    if (path->transition && !path->transition->to.empty()) {
      transition(*path, rule.span);
      continue;
    }
    const bool name = path->glob.starts_with('@');
    for (const std::string& glob : name ? std::vector{path->glob} : alike(path->glob))
      put(glob, *path, rule.span);
  }
  look_for_mounts();
  for (const PathGrant& each : grants_) {
    if (each.glob.starts_with('@')) continue;
    if (each.deny) {
      refusal(each);
    } else {
      grant(each);
    }
    mounts(each);
  }
}

void AppArmorWriter::put(const std::string& glob, const PathRule& rule, diag::Span span) {
  const auto [at, fresh] = index_.try_emplace({rule.deny, rule.owner, glob}, grants_.size());
  if (fresh) grants_.push_back({glob, rule.owner, rule.deny, 0, span});
  grants_[at->second].access |= rule.access;
}

void AppArmorWriter::write(const std::string& verb, const PathGrant& grant, const std::string& tail,
                           const std::string& words) {
  const auto pattern = apparmor_pattern(grant.glob, tail);
  if (pattern) {
    line(fmt::format("{}{}{}", verb, *pattern, words.empty() ? "" : " " + words));
  } else if (grant.deny) {
    say(Code::GL614, "a path with control bytes can't be written down", grant.span);
  } else {
    say(Code::GL621, "a path with control bytes can't be written down", grant.span);
  }
}

// Some rule of this path grants to write, whoever owns the file.
bool AppArmorWriter::writes(const std::string& glob) const {
  return std::ranges::any_of(std::array{Owner::any, Owner::self, Owner::root}, [&](Owner owner) {
    const auto found = index_.find({false, owner, glob});
    return found != index_.end() && of_files(grants_[found->second].access).write;
  });
}

void AppArmorWriter::grant(const PathGrant& grant) {
  // A path has one mode of execution there; here too the transition goes first.
  const std::uint32_t access = entered_.contains(grant.glob)
                                   ? grant.access & ~(GL_FILE_EXECUTE | GL_FILE_INTERPRET)
                                   : grant.access;
  FileAccess files = of_files(access);
  const FileAccess folders = of_directories(access);
  const std::uint32_t names = access & GL_FILE_UNIX;
  if (names != 0 && !writes(grant.glob)) {
    files.write = true;
    files.append = false;
    // A stream is answered; a datagram need not be.
    if ((names & ~GL_FILE_UNIX_SEND) != 0) files.read = true;
    say(Code::GL611, "a socket's path is granted by letters for files: `w`, or `rw`", grant.span);
  }
  const bool below = matches_directories(grant.glob);
  const std::string file = letters(files), folder = letters(folders);
  const std::string verb = grant.owner == Owner::self ? "owner " : "";
  if (grant.owner == Owner::root && !(file + folder).empty())
    say(Code::GL613, "that root owns the file is not asked", grant.span);
  const bool run = grant.glob.ends_with('*');  // which must not be empty
  if (!file.empty() && file == folder && !below && !run) {
    write(verb, grant, "{,/}", file);
  } else {
    if (!file.empty()) write(verb, grant, "", file);
    // A path that is written out and is a file's is no folder's.
    const bool is_file = (access & of_files_alone) != 0 && (access & directories) == 0 &&
                         import::apparmor::last_name_is_finite(grant.glob);
    const bool said = is_file || (below && within(folder, file));
    if (!folder.empty() && !said) write(verb, grant, "/", folder);
  }
  std::uint32_t given = file_bits(files, false) | directory_bits(folders, false);
  if (below && files.write) given |= directories;
  // Execution of a file holds that it is run for a script.
  if (files.exec == Exec::inherit) given |= GL_FILE_INTERPRET;
  if (const std::uint32_t more = given & ~access; more != 0 && names == 0) {
    say(Code::GL611,
        fmt::format("its letters `{}` grant {} too", file.empty() ? folder : file, words_of(more)),
        grant.span);
  }
  if (const std::uint32_t less = access & ~given & ~elsewhere; less != 0)
    say(Code::GL621, fmt::format("{} has no letter by itself", words_of(less)), grant.span);
  const bool apart = (access & of_names) != 0 && files.write && !folders.write && !below;
  if (apart)
    say(Code::GL621, "folders are not renamed, nor given another mode or owner", grant.span);
}

void AppArmorWriter::refusal(const PathGrant& grant) {
  FileAccess access = of_files(grant.access);
  const std::uint32_t names = grant.access & GL_FILE_UNIX;
  const bool unix_alone = names != 0 && (grant.access & ~GL_FILE_UNIX) == 0;
  access.write = (grant.access & (changes | GL_FILE_APPEND)) != 0 || unix_alone;
  access.append = false;
  access.exec =
      (grant.access & (GL_FILE_EXECUTE | GL_FILE_INTERPRET)) != 0 ? Exec::refused : Exec::none;
  FileAccess folders = of_directories(grant.access);
  const std::uint32_t given =
      file_bits(access, true) | directory_bits(folders, true) | GL_FILE_INTERPRET;
  const std::uint32_t lost = grant.access & ~given & ~elsewhere;
  if (lost != 0)
    say(Code::GL614, fmt::format("{} can't be refused by itself", words_of(lost)), grant.span);
  const bool below = matches_directories(grant.glob);
  const std::string words = letters(access);
  const std::string folder = letters(folders);
  if (words.empty()) return;
  const bool alike = access.write == folders.write && !grant.glob.ends_with('*');
  write(denies(), grant, alike && !folder.empty() && !below ? "{,/}" : "", words);
  if (!alike && !folder.empty() && !below) write(denies(), grant, "/", folder);
  const std::uint32_t more = given & ~GL_FILE_INTERPRET & ~grant.access;
  if (more != 0)
    say(Code::GL622, fmt::format("its letters `{}` refuse {} too", words, words_of(more)),
        grant.span);
}

void AppArmorWriter::transition(const PathRule& rule, diag::Span span) {
  const Transition& to = *rule.transition;
  const auto pattern = apparmor_pattern(rule.glob);
  if (!pattern) {
    say(Code::GL621, "a path with control bytes can't be written down", span);
    return;
  }
  if (!targets_.contains(to.to)) {
    if (targets_.size() == kMostTargets) {
      say(Code::GL621, fmt::format("a profile names at most {} others to enter", kMostTargets),
          span);
      return;
    }
    targets_.insert(to.to);
  }
  for (std::string& glob : alike(rule.glob)) entered_.insert(std::move(glob));
  line(fmt::format("{} {} -> {}{}", *pattern, to.scrub ? "Px" : "px", use_.prefix, to.to));
  if (to.unsafe)
    say(Code::GL621, "a program that is traced, or may gain nothing, does not change profiles",
        span);
}

void AppArmorWriter::look_for_mounts() {
  mounts_ = std::ranges::any_of(
      grants_, [](const PathGrant& grant) { return !grant.deny && (grant.access & places) != 0; });
  remounts_ = std::ranges::any_of(profile_.rules, [](const Rule& rule) {
    const auto* body = std::get_if<KernelRule>(&rule.body);
    return body != nullptr && (body->access & GL_KERNEL_REMOUNT) != 0;
  });
}

void AppArmorWriter::mounts(const PathGrant& grant) {
  const std::string tail = matches_directories(grant.glob) ? "" : "{,/}";
  const std::string deny = grant.deny ? denies() : "";
  // Where no mount is granted, none needs to be refused.
  if (grant.deny && !mounts_) return;
  if ((grant.access & GL_FILE_MOUNT) != 0) {
    write(deny + "mount -> ", grant, tail, "");
    if (remounts_ && !grant.deny) write("remount ", grant, tail, "");
    if (!grant.deny)
      say(Code::GL611, "what is mounted there may be moved from anywhere", grant.span);
  }
  if ((grant.access & GL_FILE_UMOUNT) != 0) write(deny + "umount ", grant, tail, "");
  if ((grant.access & GL_FILE_PIVOT_ROOT) != 0) write(deny + "pivot_root ", grant, tail, "");
}

}  // namespace glacis::exports

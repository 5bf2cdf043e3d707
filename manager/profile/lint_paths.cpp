// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manager/base/escape.h"
#include "manager/profile/lint.h"
#include "manager/profile/words.h"

namespace glacis::profile {
namespace {

using diag::Code;

// What puts bytes, or a file, somewhere.
constexpr std::uint32_t placing = GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_CREATE | GL_FILE_RENAME |
                                  GL_FILE_LINK | GL_FILE_SYMLINK | GL_FILE_MKNOD;
// What lets bytes of one's own choice stand in a file that is run.
constexpr std::uint32_t filling = GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_RENAME | GL_FILE_LINK;
constexpr std::uint32_t runs_of =
    GL_FILE_EXECUTE | GL_FILE_INTERPRET | GL_FILE_MAP_EXEC | GL_FILE_TRANSITION;

struct Consumed {
  std::string_view glob;
  std::string_view by;
};

// Version 1 of the list.
constexpr std::array consumed = {
    Consumed{"/etc/cron*{,/**}", "cron"},
    Consumed{"/etc/anacrontab", "anacron"},
    Consumed{"/var/spool/cron/**", "cron"},
    Consumed{"/var/spool/anacron/**", "anacron"},
    Consumed{"/etc/systemd/**", "systemd"},
    Consumed{"/usr/lib/systemd/**", "systemd"},
    Consumed{"/usr/local/lib/systemd/**", "systemd"},
    Consumed{"/run/systemd/{system,user,generator*,transient,unit-root}/**", "systemd"},
    Consumed{"/etc/init.d/**", "init"},
    Consumed{"/etc/rc.local", "init"},
    Consumed{"/etc/rc[0-9S].d/**", "init"},
    Consumed{"/etc/ld.so.{preload,conf,cache}", "the dynamic loader"},
    Consumed{"/etc/ld.so.conf.d/**", "the dynamic loader"},
    Consumed{"/{root,home/*}/.ssh/{authorized_keys*,config,rc,environment}", "ssh"},
    Consumed{"/etc/ssh/**", "ssh"},
    Consumed{"/etc/logrotate.{conf,d/**}", "logrotate"},
    Consumed{"/etc/profile{,.d/**}", "login shells"},
    Consumed{"/etc/{bash.bashrc,bashrc,environment,zsh/**,csh.*}", "login shells"},
    Consumed{"/{root,home/*}/.{bashrc,profile,bash_profile,bash_login,zshrc,zshenv}",
             "login shells"},
    Consumed{"/etc/sudoers{,.d/**}", "sudo"},
    Consumed{"/etc/pam.{conf,d/**}", "pam"},
    Consumed{"/etc/{passwd,shadow,group,gshadow,nsswitch.conf,hosts}", "every login and look-up"},
    Consumed{"/etc/udev/**", "udev"},
    Consumed{"/etc/{modprobe.d,modules-load.d,depmod.d}/**", "the module loader"},
    Consumed{"/etc/{apt,dpkg,kernel,initramfs-tools,update-motd.d,NetworkManager,dhcp}/**",
             "system maintenance"},
    Consumed{"/{boot,usr/lib/modules}/**", "the next boot"},
    Consumed{"/usr/{bin,sbin,local/bin,local/sbin}/**", "everybody's PATH"},
    Consumed{"/proc/sys/{kernel/{core_pattern,modprobe,hotplug},fs/binfmt_misc/**}", "the kernel"},
    Consumed{"/etc/glacis/**", "Glacis itself"},
};

constexpr std::string_view loaders =
    "/usr/lib{,32,64,x32}/{,*/}{ld-linux*.so*,ld-musl-*.so*,ld-[0-9]*.so*,ld.so*}";

struct Known {
  Alternatives alternatives;
  std::string prefix;
  std::string_view glob;
  std::string_view by;
};

Known known(std::string_view glob, std::string_view by) {
  return {expand(glob).value(), literal_prefix(glob), glob, by};
}

const std::vector<Known>& consumed_globs() {
  static const std::vector<Known> all = [] {
    std::vector<Known> out;
    for (const Consumed& entry : consumed) out.push_back(known(entry.glob, entry.by));
    return out;
  }();
  return all;
}

bool is_whole_tree(const std::string& glob) { return glob == "/**" || glob == "/*/**"; }

// A deny that refuses all of the target to what this pattern grants.
bool is_refused(Patterns& patterns, const PathPattern& pattern, const Known& target,
                const std::vector<PathPattern*>& denies) {
  return std::any_of(denies.begin(), denies.end(), [&](PathPattern* deny) {
    return (pattern.path->access & placing & ~deny->path->access) == 0 &&
           patterns.covers(*deny, target.alternatives, target.prefix);
  });
}

void privileged(Patterns& patterns, PathPattern& pattern, const std::vector<PathPattern*>& denies,
                diag::Diagnostics& diagnostics) {
  std::vector<const Known*> met;
  for (const Known& target : consumed_globs()) {
    if (!patterns.meet(pattern, target.alternatives, target.prefix)) continue;
    if (!is_refused(patterns, pattern, target, denies)) met.push_back(&target);
  }
  if (met.empty()) return;
  std::string note = fmt::format("it meets {}", met.front()->glob);
  if (met.size() > 1)
    note += fmt::format(" and {} more of the paths that Glacis knows", met.size() - 1);
  diagnostics
      .add(Code::GL301, fmt::format("`{}` lets the program write what {} reads",
                                    Untrusted(pattern.path->glob), met.front()->by))
      .at(pattern.rule->span, file_access_text(pattern.path->access & placing))
      .note(std::move(note))
      .suggest("narrow the pattern, or refuse those paths with a [[file]] deny");
}

void writable_code(Patterns& patterns, PathPattern& pattern,
                   const std::vector<PathPattern*>& executable, diag::Diagnostics& diagnostics) {
  for (PathPattern* other : executable) {
    if (patterns.cut_short()) return;
    if (!patterns.meet(pattern, *other)) continue;
    auto& finding =
        diagnostics.add(Code::GL302, fmt::format("files below `{}` can be written and run as code",
                                                 Untrusted(pattern.path->glob)));
    if (other == &pattern) {
      finding.at(pattern.rule->span, file_access_text(pattern.path->access & (filling | runs_of)));
    } else {
      finding.at(pattern.rule->span, file_access_text(pattern.path->access & filling))
          .also(other->rule->span, file_access_text(other->path->access & runs_of));
    }
    finding.suggest("keep what is written and what is run in different folders");
    return;
  }
}

bool whole_tree(const PathPattern& pattern, diag::Diagnostics& diagnostics) {
  const std::uint32_t access = pattern.path->access & (placing | runs_of);
  if (!is_whole_tree(pattern.path->glob)) return false;
  if (access == 0) return false;
  diagnostics
      .add(Code::GL303,
           fmt::format("`{}` grants this on nearly every file of the host", pattern.path->glob))
      .at(pattern.rule->span, file_access_text(access))
      .suggest("name the folders that the program needs");
  return true;
}

}  // namespace

void lint_paths(Patterns& patterns, diag::Diagnostics& diagnostics) {
  static const Known loader = known(loaders, "");
  std::vector<PathPattern*> executable, denies;
  for (PathPattern& pattern : patterns.all()) {
    if (pattern.path->deny) denies.push_back(&pattern);
    if (!pattern.path->deny && (pattern.path->access & runs_of) != 0)
      executable.push_back(&pattern);
  }
  for (PathPattern& pattern : patterns.all()) {
    const std::uint32_t access = pattern.path->access;
    if (pattern.path->deny || whole_tree(pattern, diagnostics)) continue;
    if ((access & placing) != 0) privileged(patterns, pattern, denies, diagnostics);
    if ((access & filling) != 0) writable_code(patterns, pattern, executable, diagnostics);
    if ((access & GL_FILE_EXECUTE) != 0 &&
        patterns.meet(pattern, loader.alternatives, loader.prefix)) {
      diagnostics
          .add(Code::GL304, fmt::format("`{}` lets the program run the dynamic loader by hand",
                                        Untrusted(pattern.path->glob)))
          .at(pattern.rule->span)
          .note("the loader runs any program that it may map, also one that [exec] does not list")
          .suggest("list the programs themselves; abstractions/base grants map_exec on the loader");
    }
  }
  if (!patterns.cut_short()) return;
  diagnostics.add(Code::GL404, "rules were not all compared with each other: there are too many");
}

}  // namespace glacis::profile

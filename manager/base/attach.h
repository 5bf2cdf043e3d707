// SPDX-License-Identifier: Apache-2.0
// What puts tasks into a domain by itself: [attach] of a profile, and the section
// `attach` of its image, which is for user space. The kernel knows it as entries
// of a map (lsm/abi/attach.h) and marks on paths (GL_FILE_ATTACH, GL_FILE_OUTSIDE).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace glacis {

struct Attachments {
  std::vector<std::string> exec;     // programs, by their path in the host's root
  std::vector<std::string> unit;     // systemd's units
  std::vector<std::string> user;     // names, or numbers
  std::vector<std::string> oci;      // "key=value" annotations of containers
  std::vector<std::string> inside;   // control commands that enter the domain ...
  std::vector<std::string> outside;  // ... and those that do not

  // Whether the kernel can put anybody into the domain.
  [[nodiscard]] bool any() const { return !exec.empty() || !unit.empty() || !user.empty(); }

  friend bool operator==(const Attachments&, const Attachments&) = default;
};

// "exec /usr/sbin/nginx", each with a NUL behind it.
[[nodiscard]] std::string encode(const Attachments& attach);
// Nothing unless the text is what encode() writes.
[[nodiscard]] std::optional<Attachments> parse_attachments(std::string_view text);

// What both attach, as "program /usr/sbin/nginx".
[[nodiscard]] std::optional<std::string> in_common(const Attachments& a, const Attachments& b);

// What systemd calls a unit's cgroup: a name that the kernel would take for a
// cgroup's own file gets an underscore (cg_escape).
[[nodiscard]] std::string cgroup_of_unit(std::string_view unit);

// Cgroups of these units hold other units, and so are less than one.
[[nodiscard]] inline bool is_slice(std::string_view name) { return name.ends_with(".slice"); }

}  // namespace glacis

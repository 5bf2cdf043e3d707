// SPDX-License-Identifier: Apache-2.0
// KubeArmor knows programs, files, four protocols and capabilities. What is
// allowed is a list, which refuses the rest where the default posture is block.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "lsm/abi/access.h"
#include "manager/export/export.h"
#include "manager/export/tree.h"
#include "manager/profile/glob.h"
#include "manager/profile/words.h"

namespace glacis::exports {
namespace {

using diag::Code;
using namespace profile;

constexpr std::uint32_t reads = GL_FILE_READ | GL_FILE_LOCK;
constexpr std::uint32_t writes = GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_CREATE | GL_FILE_UNLINK |
                                 GL_FILE_RENAME | GL_FILE_LINK | GL_FILE_SYMLINK | GL_FILE_MKDIR |
                                 GL_FILE_RMDIR | GL_FILE_MKNOD | GL_FILE_CHMOD | GL_FILE_CHOWN |
                                 GL_FILE_TRUNCATE | GL_FILE_UNIX;
constexpr std::uint32_t executes = GL_FILE_EXECUTE | GL_FILE_INTERPRET | GL_FILE_TRANSITION;

// A string of YAML, as one of JSON, which it is too.
std::string yaml_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// Names of objects of Kubernetes are of small letters, digits, - and dots.
std::string object_name(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    out += std::isalnum(byte) != 0 || c == '.' || c == '-' ? static_cast<char>(std::tolower(byte))
                                                           : '-';
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  return out.empty() ? "profile" : out;
}

struct Entry {
  Place place;
  bool read_only = false, owner = false, block = false;

  friend bool operator==(const Entry&, const Entry&) = default;
};

class KubeArmor {
 public:
  KubeArmor(const ResolvedProfile& profile, bool host, Findings& findings)
      : profile_(profile), host_(host), findings_(findings) {}

  std::string run() {
    head();
    for (const Rule& rule : profile_.rules) {
      span_ = rule.span;
      std::visit([this](const auto& body) { add(body); }, rule.body);
    }
    section("process", programs_, false);
    section("file", files_, true);
    words("network", "matchProtocols", "protocol", protocols_);
    words("capabilities", "matchCapabilities", "capability", capabilities_);
    out_ += "  action: Allow\n";
    always();
    return out_;
  }

 private:
  void say(Code code, std::string message) { findings_.add(code, std::move(message), span_); }

  void head() {
    out_ = fmt::format(
        "# Made by glacis from the profile {}. What is not allowed is refused only where\n"
        "# the default posture is block.\n"
        "apiVersion: security.kubearmor.com/v1\nkind: {}\nmetadata:\n  name: {}\nspec:\n"
        "  {}:\n    matchLabels:\n      org.glacis.profile: {}\n",
        profile_.name, host_ ? "KubeArmorHostPolicy" : "KubeArmorPolicy",
        object_name(profile_.name), host_ ? "nodeSelector" : "selector", yaml_text(profile_.name));
  }

  void add(const PathRule& rule) {
    if (rule.access == GL_FILE_DIGEST) {
      say(Code::GL613, "what a program or library holds is not asked");
      return;
    }
    const std::uint32_t access = rule.access & ~GL_FILE_MARKS;
    if ((access & executes) != 0) run_rule(rule);
    if (rule.glob.starts_with('@')) {
      say(Code::GL612, "names of Unix sockets are not asked about");
      return;
    }
    const std::uint32_t altered = access & writes;
    if ((access & reads) == 0 && altered == 0) return;
    if (rule.deny) {
      refuse(rule, (access & GL_FILE_READ) == 0);
      return;
    }
    if (altered != 0 && altered != writes)
      say(Code::GL611, "a file that is not read-only may be changed in every way");
    if (altered != 0 && (access & GL_FILE_READ) == 0)
      say(Code::GL611, "what may be written may be read");
    put(files_, rule, altered == 0, false);
  }

  void refuse(const PathRule& rule, bool read_only) {
    if (read_only && (rule.access & writes) != writes)
      say(Code::GL622, "a refusal of a change refuses all of them");
    put(files_, rule, read_only, true);
  }

  // What no rule grants to run needs no refusal.
  [[nodiscard]] bool runs_some_of(const std::string& glob) const {
    const auto all = expand(glob);
    return all && std::ranges::any_of(profile_.rules, [&](const Rule& other) {
             const auto* path = std::get_if<PathRule>(&other.body);
             if (path == nullptr || path->deny || (path->access & executes) == 0) return false;
             const auto its = expand(path->glob);
             return its && meet(*all, *its);
           });
  }

  void run_rule(const PathRule& rule) {
    if (rule.deny && !runs_some_of(rule.glob)) return;
    if (rule.transition && !rule.transition->to.empty() && !rule.deny)
      say(Code::GL613, "an exec does not lead to another policy: the program stays under this one");
    put(programs_, rule, false, rule.deny);
  }

  void put(std::vector<Entry>& to, const PathRule& rule, bool read_only, bool block) {
    if (rule.owner == Owner::root) say(Code::GL613, "that root owns the file is not asked");
    for (Place& place : places_of(rule.glob)) {
      if (place.kind == Place::Kind::pattern)
        say(block ? Code::GL614 : Code::GL621,
            "a pattern is looked at by its AppArmor enforcer alone");
      const bool folder = place.kind == Place::Kind::folder || place.kind == Place::Kind::tree;
      if (folder && !place.itself)
        say(block ? Code::GL622 : Code::GL611, "a folder goes with what is in it");
      const Entry entry{std::move(place), read_only, rule.owner == Owner::self, block};
      if (std::ranges::find(to, entry) == to.end()) to.push_back(entry);
    }
  }

  void add(const NetRule& rule) {
    if (rule.deny && (!rule.addresses.empty() || !rule.ports.empty())) {
      say(Code::GL614, "a protocol is refused whole, and not by address or port");
      return;
    }
    if (!rule.deny && (!rule.addresses.empty() || !rule.ports.empty() || rule.ops.size() < 2))
      say(Code::GL613, "addresses, ports and operations of a socket are not told apart");
    for (const gl_socket kind : rule.sockets) protocol(kind, rule.deny);
  }
  void add(const SocketRule& rule) {
    for (const gl_socket kind : rule.sockets) protocol(kind, false);
  }

  void protocol(gl_socket kind, bool block) {
    constexpr std::array<std::pair<gl_socket, const char*>, 4> known = {{{GL_SOCKET_TCP, "TCP"},
                                                                         {GL_SOCKET_UDP, "UDP"},
                                                                         {GL_SOCKET_PING, "ICMP"},
                                                                         {GL_SOCKET_RAW, "RAW"}}};
    for (const auto& [socket, word] : known) {
      if (socket != kind) continue;
      put(protocols_, word, block);
      return;
    }
    if (kind == GL_SOCKET_UNIX) return;
    say(block ? Code::GL614 : Code::GL621,
        fmt::format("sockets of {} have no word", word_of(socket_words(), kind)));
  }

  void add(const CapabilityRule& rule) {
    put(capabilities_, std::string(word_of(capability_words(), rule.capability)), rule.deny);
  }

  static void put(std::vector<std::pair<std::string, bool>>& to, std::string word, bool block) {
    std::pair<std::string, bool> one{std::move(word), block};
    if (std::ranges::find(to, one) == to.end()) to.push_back(std::move(one));
  }

  // Not asked about at all, so that a grant is kept and a refusal is not.
  void add(const EndingRule& rule) { (void)rule; }
  void add(const MemoryRule& rule) { (void)rule; }
  void add(const KernelRule& rule) { (void)rule; }
  void add(const ProcessRule& rule) {
    if (rule.deny) say(Code::GL614, "signals and traces are not refused");
  }
  void add(const SyscallRule& rule) {
    (void)rule;
    say(Code::GL612, "system calls are recorded at most, and never refused");
  }

  void always() {
    span_ = {0, 1, 1, 1};
    say(Code::GL612, "what is not allowed is only recorded where the default posture is audit");
    say(Code::GL612,
        "other tasks, memory that is code, doors to the kernel, mounts and attributes are not "
        "asked about");
    say(Code::GL623, "whom the policy is for is a label: org.glacis.profile");
    if (profile_.mode != GL_MODE_ENFORCE)
      say(Code::GL622, "the mode is not kept: Allow is written, and not Audit");
    if (profile_.on_violation == OnViolation::kill || profile_.kill_after != 0)
      say(Code::GL614, "a task that breaks the policy is refused, and not killed");
  }

  void section(const char* name, const std::vector<Entry>& entries, bool file) {
    if (entries.empty()) return;
    out_ += fmt::format("  {}:\n", name);
    list("matchPaths", Place::Kind::path, Place::Kind::path, entries, file);
    list("matchDirectories", Place::Kind::folder, Place::Kind::tree, entries, file);
    list("matchPatterns", Place::Kind::pattern, Place::Kind::pattern, entries, file);
  }

  void list(const char* key, Place::Kind first, Place::Kind second,
            const std::vector<Entry>& entries, bool file) {
    bool any = false;
    for (const Entry& entry : entries) {
      const Place& place = entry.place;
      if (place.kind != first && place.kind != second) continue;
      if (!any) out_ += fmt::format("    {}:\n", key);
      any = true;
      const bool folder = first == Place::Kind::folder;
      const std::string slash = folder && place.text != "/" ? "/" : "";
      out_ += fmt::format("    - {}: {}\n",
                          folder                          ? "dir"
                          : first == Place::Kind::pattern ? "pattern"
                                                          : "path",
                          yaml_text(place.text + slash));
      if (place.kind == Place::Kind::tree) out_ += "      recursive: true\n";
      if (file && entry.read_only) out_ += "      readOnly: true\n";
      if (entry.owner) out_ += "      ownerOnly: true\n";
      if (entry.block) out_ += "      action: Block\n";
    }
  }

  void words(const char* name, const char* list, const char* key,
             const std::vector<std::pair<std::string, bool>>& all) {
    if (all.empty()) return;
    out_ += fmt::format("  {}:\n    {}:\n", name, list);
    for (const auto& [word, block] : all) {
      out_ += fmt::format("    - {}: {}\n", key, word);
      if (block) out_ += "      action: Block\n";
    }
  }

  const ResolvedProfile& profile_;
  bool host_;
  Findings& findings_;
  diag::Span span_{};
  std::string out_;
  std::vector<Entry> programs_, files_;
  std::vector<std::pair<std::string, bool>> protocols_, capabilities_;
};

}  // namespace

std::string kubearmor(const ResolvedProfile& profile, bool host, Findings& findings) {
  return KubeArmor(profile, host, findings).run();
}

}  // namespace glacis::exports

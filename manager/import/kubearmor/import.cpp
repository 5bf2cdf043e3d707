// SPDX-License-Identifier: Apache-2.0
#include "manager/import/kubearmor/import.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "lsm/abi/access.h"
#include "manager/import/apparmor/pattern.h"
#include "manager/import/everything.h"
#include "manager/import/kubearmor/yaml.h"
#include "manager/import/statement.h"
#include "manager/profile/words.h"

namespace glacis::import::kubearmor {
namespace {

using diag::Code;

enum class Action { allow, audit, block };

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string literal_of(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (std::string_view("*?[]{}\\,$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

class Policy {
 public:
  Policy(const Node& document, const diag::SourceSet& sources, Findings& findings,
         diag::Diagnostics& diagnostics)
      : document_(document),
        spec_(document["spec"]),
        diagnostics_(diagnostics),
        statements_(sources, findings) {}

  std::optional<Draft> run(const std::string& file) {
    name_ = document_["metadata"]["name"].text;
    if (!spec_.is(Node::Kind::map) || name_.empty()) {
      fail(document_, "a policy has metadata.name and spec");
      return std::nullopt;
    }
    default_ = action(spec_, Action::block);
    find_lists();
    entries("process", &Policy::process);
    entries("file", &Policy::file);
    network();
    capabilities();
    leftovers();
    if (failed_) return std::nullopt;
    return finish(file);
  }
  Tally tally() { return statements_.tally(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  using Kind = Node::Kind;
  using Handler = void (Policy::*)(const Node& entry, const std::vector<std::string>& globs);

  void fail(const Node& node, std::string message) {
    failed_ = true;
    diagnostics_.add(Code::GL501, std::move(message)).at(node.span);
  }

  Action action(const Node& node, Action otherwise) {
    const Node& value = node["action"];
    if (value.is(Kind::nothing)) return otherwise;
    const std::string word = lower(value.text);
    if (word == "allow") return Action::allow;
    if (word == "audit") return Action::audit;
    if (word == "block") return Action::block;
    fail(value, "an action is Allow, Audit or Block");
    return otherwise;
  }

  bool flag(const Node& node, const char* key) {
    const Node& value = node[key];
    const std::string word = lower(value.text);
    if (value.is(Kind::nothing) || word == "false") return false;
    if (word != "true") fail(value, fmt::format("`{}` is true or false", key));
    return word == "true";
  }

  // A class with one Allow is a list, and nothing else of it passes.
  void find_lists() {
    for (const char* section : {"process", "file", "network", "capabilities"}) {
      const Node& node = spec_[section];
      const Action own = action(node, default_);
      for (const auto& [key, list] : node.map) {
        if (!key.text.starts_with("match")) continue;
        for (const Node& entry : list.list) {
          if (action(entry, own) == Action::allow) lists_.insert(section);
        }
      }
    }
  }
  [[nodiscard]] bool is_list(const char* section) const { return lists_.contains(section); }

  void entries(const char* section, Handler handler) {
    const Node& node = spec_[section];
    own_ = action(node, default_);
    for (const auto& [key, list] : node.map) {
      const bool paths = key.text == "matchPaths", folders = key.text == "matchDirectories",
                 patterns = key.text == "matchPatterns";
      if (!paths && !folders && !patterns) {
        if (key.text.starts_with("match")) unknown(key);
        continue;
      }
      for (const Node& entry : list.list) {
        if (++entries_ > most_entries) {
          fail(entry, "this is too many entries");
          return;
        }
        statements_.next(entry.span);
        const auto globs = paths ? path_of(entry) : folders ? folder_of(entry) : pattern_of(entry);
        if (!globs.empty()) (this->*handler)(entry, globs);
      }
    }
  }

  std::vector<std::string> path_of(const Node& entry) {
    std::string path = entry["path"].text;
    if (const std::string& bare = entry["execname"].text; path.empty() && !bare.empty()) {
      statements_.tighter(Code::GL529, "a program by its name alone is not granted or refused");
      return {};
    }
    if (!path.starts_with('/')) {
      fail(entry, "a path starts with a slash");
      return {};
    }
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return {literal_of(path)};
  }

  std::vector<std::string> folder_of(const Node& entry) {
    std::string path = entry["dir"].text;
    if (!path.starts_with('/')) {
      fail(entry, "a folder starts with a slash");
      return {};
    }
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const bool below = flag(entry, "recursive");
    if (path == "/") return {below ? "/{,**}" : "/{,*}"};
    return {literal_of(path) + (below ? "{,/**}" : "{,/*}")};
  }

  std::vector<std::string> pattern_of(const Node& entry) {
    const auto globs = apparmor::globs_of(entry["pattern"].text);
    if (!globs) {
      fail(entry["pattern"].span.line != 0 ? entry["pattern"] : entry, globs.error().what);
      return {};
    }
    std::vector<std::string> out = globs->files;
    for (const std::string& glob : globs->directories) {
      if (std::ranges::find(out, glob) == out.end()) out.push_back(glob);
    }
    if (out.empty()) fail(entry["pattern"], "no path matches this pattern");
    return out;
  }

  // Allowed for one program, a thing would be allowed for all in the container.
  void sources(const Node& entry, Action action) {
    if (entry["fromSource"].list.empty()) return;
    if (action == Action::allow) {
      statements_.looser(Code::GL515, "who does it is not told apart: it is granted to all");
    } else if (action == Action::block) {
      statements_.tighter(Code::GL528, "who does it is not told apart: it is refused to all");
    }
  }

  // True where there is something to write.
  bool decide(const Node& entry, const char* section, Action& out) {
    out = action(entry, own_);
    sources(entry, out);
    if (out != Action::audit) return true;
    statements_.note(Code::GL527, "what passes is not recorded");
    // On a list it is what is not refused.
    if (!is_list(section)) return false;
    out = Action::allow;
    return true;
  }

  FileDraft& block(bool deny, std::uint32_t access, profile::Owner owner) {
    const auto same = std::ranges::find_if(files_, [&](const FileDraft& file) {
      return file.deny == deny && file.access == access && file.owner == owner;
    });
    if (same != files_.end()) return *same;
    FileDraft& made = files_.emplace_back();
    made.deny = deny;
    made.access = access;
    made.owner = owner;
    return made;
  }

  void put(const Node& entry, Action action, std::uint32_t access,
           const std::vector<std::string>& globs) {
    const bool own = flag(entry, "ownerOnly");
    const bool deny = action == Action::block;
    if (own && deny) statements_.tighter(Code::GL528, "a refusal holds whoever owns the file");
    const auto owner = own && !deny ? profile::Owner::self : profile::Owner::any;
    std::vector<Item>& to = block(deny, access, owner).paths;
    for (const std::string& glob : globs) {
      const Item item{glob, statements_.origin()};
      if (std::ranges::find(to, glob, &Item::text) == to.end()) to.push_back(item);
    }
    if ((access & GL_FILE_WRITE) == 0) return;
    std::vector<Item>& names = deny ? unix_denied_ : unix_names_;
    for (const std::string& glob : globs) {
      if (std::ranges::find(names, glob, &Item::text) == names.end())
        names.push_back({glob, statements_.origin()});
    }
  }

  void process(const Node& entry, const std::vector<std::string>& globs) {
    Action action{};
    if (!decide(entry, "process", action)) return;
    // What is run is read and mapped; what is not run may still be read.
    const std::uint32_t access =
        action == Action::block ? std::uint32_t{GL_FILE_EXECUTE} : running | GL_FILE_READ;
    put(entry, action, access, globs);
  }

  void file(const Node& entry, const std::vector<std::string>& globs) {
    Action action{};
    if (!decide(entry, "file", action)) return;
    const bool read_only = flag(entry, "readOnly");
    std::uint32_t access = read_only ? reading : reading | changing;
    if (action == Action::block) access = read_only ? changing : reading | changing;
    put(entry, action, access, globs);
  }

  void network() {
    const Node& node = spec_["network"];
    own_ = action(node, default_);
    for (const Node& entry : node["matchProtocols"].list) {
      statements_.next(entry.span);
      Action action{};
      const bool said = decide(entry, "network", action);
      const std::string word = lower(entry["protocol"].text);
      std::vector<std::string> keys;
      if (word == "tcp") keys = {"tcp", "mptcp"};
      if (word == "udp") keys = {"udp", "udplite"};
      if (word == "icmp") keys = {"ping", "raw"};
      if (word == "raw") keys = {"raw"};
      if (word == "sctp") keys = {"sctp"};
      if (word == "all") keys = {"tcp", "mptcp", "udp", "udplite", "ping", "raw", "sctp", "dccp"};
      if (keys.empty()) {
        fail(entry, "a protocol is TCP, UDP, ICMP, RAW or SCTP");
        return;
      }
      if (word == "icmp" && action == Action::allow)
        statements_.looser(Code::GL517, "with ICMP come raw sockets of all protocols");
      auto& to = action == Action::block ? refused_ : protocols_;
      for (const std::string& key : keys) {
        if (said && std::ranges::find(to, key, &Item::text) == to.end())
          to.push_back({key, statements_.origin()});
      }
    }
  }

  void capabilities() {
    const Node& node = spec_["capabilities"];
    own_ = action(node, default_);
    for (const Node& entry : node["matchCapabilities"].list) {
      statements_.next(entry.span);
      Action action{};
      const bool said = decide(entry, "capabilities", action);
      std::string word = lower(entry["capability"].text);
      if (word.starts_with("cap_")) word.erase(0, 4);
      if (profile::find_word(profile::capability_words(), word) == nullptr) {
        fail(entry, fmt::format("`{}` is no capability", Untrusted(word)));
        return;
      }
      auto& to = action == Action::block ? denied_capabilities_ : capabilities_;
      if (said && std::ranges::find(to, word, &Item::text) == to.end())
        to.push_back({word, statements_.origin()});
    }
  }

  void unknown(const Node& key) {
    statements_.next(key.span);
    statements_.lost(Code::GL530, fmt::format("`{}` is not known here", Untrusted(key.text)));
  }

  void leftovers() {
    static constexpr std::array<std::string_view, 8> known = {
        "process", "file", "network", "capabilities", "severity", "tags", "message", "action"};
    for (const auto& [key, value] : spec_.map) {
      statements_.next(key.span);
      if (key.text == "syscalls") {
        statements_.note(Code::GL527, "system calls are recorded there, and never refused");
      } else if (key.text == "apparmor") {
        statements_.lost(Code::GL530, "the name of a profile of AppArmor's is not followed");
      } else if (key.text == "selector" || key.text == "nodeSelector") {
        statements_.note(Code::GL533,
                         "labels do not attach a profile: a container's annotation "
                         "org.glacis.profile does");
      } else if (std::ranges::find(known, key.text) == known.end()) {
        unknown(key);
      }
    }
  }

  Draft finish(const std::string& file) {
    Draft draft;
    draft.name = profile_name(name_);
    draft.head = fmt::format(
        "Imported from KubeArmor: {}, policy {}.\nBehind each rule is where "
        "it was.",
        file, name_);
    draft.description = fmt::format("imported from KubeArmor's {}", escape(name_));
    std::uint32_t open = remaining;
    if (!is_list("file")) open |= reading | changing;
    if (!is_list("process")) open |= running;
    grant_files(draft, open, "KubeArmor leaves all of this open. Narrow it to what is needed.");
    grant_nameless(draft);
    draft.files.insert(draft.files.end(), files_.begin(), files_.end());
    sockets(draft);
    if (is_list("capabilities")) {
      draft.capabilities = capabilities_;
    } else {
      grant_capabilities(draft);
    }
    std::erase_if(draft.capabilities, [&](const Item& item) {
      return std::ranges::find(denied_capabilities_, item.text, &Item::text) !=
             denied_capabilities_.end();
    });
    draft.denied_capabilities = denied_capabilities_;
    grant_tasks(draft);
    grant_memory(draft);
    grant_kernel(draft);
    return draft;
  }

  void sockets(Draft& draft) {
    grant_sockets(draft, !is_list("network") && refused_.empty());
    for (NetDraft& net : draft.nets) {
      if (net.unix_names.empty() || !is_list("file")) continue;
      net.unix_names = {{"@**", {}}};
      net.unix_names.insert(net.unix_names.end(), unix_names_.begin(), unix_names_.end());
    }
    std::vector<Item> granted = protocols_;
    if (!is_list("network") && !refused_.empty()) {
      for (const char* key : {"tcp", "mptcp", "udp", "udplite", "ping", "raw", "sctp", "dccp"})
        granted.push_back({key, {}});
    }
    for (const Item& protocol : granted) {
      const bool gone = std::ranges::find(refused_, protocol.text, &Item::text) != refused_.end();
      if (gone) continue;
      const bool stream =
          protocol.text == "tcp" || protocol.text == "mptcp" || protocol.text == "dccp";
      const bool flag = protocol.text == "ping" || protocol.text == "raw";
      NetDraft net;
      net.ops = {"bind", "connect"};
      if (!stream) net.ops.emplace_back("send");
      net.protocols = {
          {fmt::format("{} = {}", protocol.text, flag ? "true" : "\"any\""), protocol.origin}};
      draft.nets.push_back(std::move(net));
    }
    if (unix_denied_.empty()) return;
    NetDraft names;
    names.deny = true;
    names.ops = {"bind", "connect", "send"};
    names.unix_names = unix_denied_;
    draft.nets.push_back(std::move(names));
  }

  const Node& document_;
  const Node& spec_;
  diag::Diagnostics& diagnostics_;
  Statements statements_;
  std::string name_;
  Action default_ = Action::block, own_ = Action::block;
  std::set<std::string> lists_;
  bool failed_ = false;
  std::size_t entries_ = 0;
  std::vector<FileDraft> files_;
  std::vector<Item> protocols_, refused_, capabilities_, denied_capabilities_;
  std::vector<Item> unix_names_, unix_denied_;
};

}  // namespace

std::vector<Imported> import_text(std::string text, const std::string& path,
                                  diag::Diagnostics& diagnostics, diag::SourceSet& sources) {
  const std::uint32_t file = sources.add(path, std::move(text));
  std::vector<Imported> out;
  const auto documents = read_yaml(sources[file].text(), file, diagnostics);
  if (!documents) return out;
  Findings findings;
  bool any = false;
  for (const Node& document : *documents) {
    const std::string& kind = document["kind"].text;
    if (kind != "KubeArmorPolicy" && kind != "KubeArmorHostPolicy" &&
        kind != "KubeArmorClusterPolicy")
      continue;
    any = true;
    Policy policy(document, sources, findings, diagnostics);
    const auto draft = policy.run(std::filesystem::path(path).filename().string());
    if (!draft) continue;
    Imported made = finish(*draft, policy.tally(), document.span, diagnostics);
    made.source = path;
    made.was = policy.name();
    out.push_back(std::move(made));
  }
  if (!any) diagnostics.add(Code::GL501, "there is no KubeArmorPolicy in this").at({file, 1, 1, 2});
  findings.write_to(diagnostics);
  diagnostics.sort();
  return out;
}

}  // namespace glacis::import::kubearmor

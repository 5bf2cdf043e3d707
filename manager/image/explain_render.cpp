// SPDX-License-Identifier: Apache-2.0
// An explanation as text and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "manager/base/escape.h"
#include "manager/base/peer.h"
#include "manager/base/signals.h"
#include "manager/image/explain.h"
#include "manager/image/words.h"

namespace glacis::image {
namespace {

using Json = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// "rule 7" or "rule 7 (nginx.toml:31:8)".
std::string rule_text(std::uint32_t rule, const SourceMap* map) {
  if (!map || !map->find(rule)) return fmt::format("rule {}", rule);
  return fmt::format("rule {} ({})", rule, escape(map->exact_place(rule)));
}

// An image has a profile's name as a number only; its map has the name itself.
std::string name_text(std::uint64_t name, std::uint32_t rule, const SourceMap* map) {
  const SourceRule* source = map ? map->find(rule) : nullptr;
  if (source && name_number(source->peer) == name) return source->peer;
  return fmt::format("name:{:016x}", name);
}

std::string peer_text(const ExplainedProcess& process, const SourceMap* map) {
  for (const std::string_view word : peer_words)
    if (process.peer == peer_number(word)) return std::string(word);
  return name_text(process.peer, process.rule, map);
}

std::string target_text(const ExplainedTransition& transition, const SourceMap* map) {
  return transition.name == 0 ? "inherit" : name_text(transition.name, transition.rule, map);
}

// `--json` has them all.
std::string calls_text(const std::vector<std::string>& calls) {
  constexpr std::size_t most = 4;
  std::string out;
  for (std::size_t i = 0; i < std::min(calls.size(), most); ++i)
    out += (i == 0 ? "" : " ") + calls[i];
  return calls.size() <= most ? out : fmt::format("{} and {} more", out, calls.size() - most);
}

bool names_signals(const ExplainedProcess& process) {
  return (process.access & GL_TASK_SIGNAL) && process.signals != every_signal;
}

class Text {
 public:
  explicit Text(const SourceMap* map) : map_(map) {}

  std::string render(const Explanation& e) {
    line("image       {}", e.digest);
    if (map_) line("profile     {}", escape(map_->profile));
    line("size        {} bytes, class {} KiB, ABI {}", e.size,
         size_class_bytes(e.size_class) / 1024, e.abi);
    line("violation   {}", e.kill ? "kill" : "deny");
    line("error       {}", e.error_allow ? "allow" : "deny");
    if (e.kill_after != 0) line("kill after  {} refusals in a minute", e.kill_after);
    if (e.evidence_failure != "continue") line("evidence    {}", e.evidence_failure);
    if (e.inherit_report) line("inherited   {}", "report");
    if (e.inherit_stdio) line("inherit     {}", "stdio");
    line("hooks       {}", joined(e.hooks));
    line("automaton   {} states, {} cells, {} byte classes, {} accept records", e.states, e.cells,
         e.classes, e.accepts);
    grants("capability", e.capabilities);
    grants("socket", e.sockets);
    grants("memory", e.memory);
    grants("kernel", e.kernel);
    heading("endings", e.endings.empty());
    for (const ExplainedEnding& ending : e.endings)
      line("  {:<13} allow {}  {}", ending.ending, file_access_text(ending.access),
           rule_text(ending.rule, map_));
    heading("network", e.net.empty());
    for (const ExplainedNet& n : e.net)
      line("  {:<7} {:<5} {:<5} {:<19} port {:<11} {}", n.allow ? "allow" : "deny", n.op, n.group,
           n.addresses, n.ports, rule_text(n.rule, map_));
    heading("process", e.processes.empty());
    for (const ExplainedProcess& process : e.processes)
      line("  {:<7} {} {}{}  {}", process.allow ? "allow" : "deny",
           bits_text(task_words(), process.access), escape(peer_text(process, map_)),
           names_signals(process) ? " signals " + signals_text(process.signals) : "",
           rule_text(process.rule, map_));
    // Not a heading of its own without any: to stay is not to be refused.
    if (!e.transitions.empty()) heading("transition", false);
    for (const ExplainedTransition& transition : e.transitions)
      line("  to      {}{}{}  {}", escape(target_text(transition, map_)),
           transition.name == 0 || transition.scrub ? "" : " env keep",
           transition.unsafe ? " unsafe" : "", rule_text(transition.rule, map_));
    heading("paths", e.paths.empty());
    for (const ExplainedPath& path : e.paths) path_lines(path);
    if (!e.digests.empty()) heading("code only as named", false);
    for (const FileDigest& digest : e.digests)
      line("  sha256  {}  {}", digest.sha256, escape(digest.path, Backslash::keep));
    line("");
    line("syscalls{}",
         e.syscalls.empty() ? ": the filter of `glacis run` has its baseline alone" : "");
    for (const ExplainedSyscall& one : e.syscalls)
      line("  {:<7} {}{}  {}", one.action, calls_text(one.calls), one.condition,
           rule_text(one.rule, map_));
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  void heading(std::string_view name, bool none) {
    line("");
    line("{}{}", name, none ? ": none, so all is refused" : "");
  }

  void grants(std::string_view name, const std::vector<ExplainedGrant>& list) {
    heading(name, list.empty());
    for (const ExplainedGrant& grant : list)
      line("  {:<7} {:<18} {}", grant.allow ? "allow" : "deny", grant.name,
           rule_text(grant.rule, map_));
  }

  void path_lines(const ExplainedPath& path) {
    const SourceRule* source = map_ ? map_->find(path.rule) : nullptr;
    const std::string glob = source ? " " + escape(source->glob, Backslash::keep) : "";
    const auto one = [&](std::string_view verb, std::uint32_t bits, std::string_view owner) {
      if (bits != 0)
        line("  {:<7} {}{}{}  {}", verb, file_access_text(bits), glob, owner,
             rule_text(path.rule, map_));
    };
    one("deny", path.deny, "");
    one("allow", path.allow, "");
    one("allow", path.allow_self & ~path.allow_root, " owner self");
    one("allow", path.allow_root & ~path.allow_self, " owner root");
    one("allow", path.allow_self & path.allow_root, " owner self or root");
  }

  const SourceMap* map_;
  std::string out_;
};

class ToJson {
 public:
  explicit ToJson(const SourceMap* map) : map_(map) {}

  Json render(const Explanation& e) const {
    Json out = {{"schema", "glacis.explain/1"}, {"image", e.digest}};
    if (map_) out["profile"] = map_->profile;
    out["abi"] = e.abi;
    out["size"] = e.size;
    out["size_class"] = size_class_bytes(e.size_class);
    out["on_violation"] = e.kill ? "kill" : "deny";
    if (e.kill_after != 0) out["kill_after"] = e.kill_after;
    out["on_error"] = e.error_allow ? "allow" : "deny";
    if (e.evidence_failure != "continue") out["on_evidence_failure"] = e.evidence_failure;
    if (e.inherit_report) out["on_inherited"] = "report";
    if (e.inherit_stdio) out["inherit"] = Json::array({"stdio"});
    out["hooks"] = e.hooks;
    out["automaton"] = {
        {"states", e.states}, {"cells", e.cells}, {"classes", e.classes}, {"accepts", e.accepts}};
    out["capability"] = grants(e.capabilities);
    out["socket"] = grants(e.sockets);
    out["memory"] = grants(e.memory);
    out["kernel"] = grants(e.kernel);
    out["endings"] = Json::array();
    for (const ExplainedEnding& ending : e.endings)
      out["endings"].push_back({{"ending", ending.ending},
                                {"access", words(file_words(), ending.access)},
                                {"rule", rule(ending.rule)}});
    out["net"] = Json::array();
    for (const ExplainedNet& n : e.net)
      out["net"].push_back({{"allow", n.allow},
                            {"op", n.op},
                            {"group", n.group},
                            {"family", n.v6 ? "ipv6" : "ipv4"},
                            {"addresses", n.addresses},
                            {"ports", n.ports},
                            {"rule", rule(n.rule)}});
    out["process"] = Json::array();
    for (const ExplainedProcess& process : e.processes)
      out["process"].push_back(process_json(process));
    out["transitions"] = Json::array();
    for (const ExplainedTransition& transition : e.transitions)
      out["transitions"].push_back({{"to", target_text(transition, map_)},
                                    {"env", transition.scrub ? "scrub" : "keep"},
                                    {"unsafe", transition.unsafe},
                                    {"rule", rule(transition.rule)}});
    out["paths"] = Json::array();
    for (const ExplainedPath& path : e.paths) out["paths"].push_back(path_json(path));
    out["digests"] = Json::array();
    for (const FileDigest& digest : e.digests)
      out["digests"].push_back({{"path", escape(digest.path)}, {"sha256", digest.sha256}});
    out["syscalls"] = Json::array();
    for (const ExplainedSyscall& one : e.syscalls) {
      Json entry = {{"action", one.action}, {"calls", one.calls}, {"rule", rule(one.rule)}};
      if (!one.condition.empty()) entry["condition"] = one.condition.substr(4);
      out["syscalls"].push_back(std::move(entry));
    }
    return out;
  }

 private:
  Json rule(std::uint32_t id) const {
    Json out = {{"id", id}};
    if (const SourceRule* source = map_ ? map_->find(id) : nullptr) {
      out["file"] = source->file;
      out["line"] = source->line;
      if (source->column != 0) out["column"] = source->column;
    }
    return out;
  }

  static Json words(std::span<const Word> of, std::uint32_t bits) {
    Json out = Json::array();
    for (const Word& word : of)
      if (bits & word.value) out.push_back(word.text);
    return out;
  }

  Json grants(const std::vector<ExplainedGrant>& list) const {
    Json out = Json::array();
    for (const ExplainedGrant& grant : list)
      out.push_back({{"name", grant.name}, {"allow", grant.allow}, {"rule", rule(grant.rule)}});
    return out;
  }

  // Without "signals" all of them are meant, as in a profile.
  Json process_json(const ExplainedProcess& process) const {
    Json out = {{"allow", process.allow},
                {"peer", peer_text(process, map_)},
                {"access", words(task_words(), process.access)}};
    if (names_signals(process)) {
      out["signals"] = Json::array();
      for (unsigned number = 1; number <= highest_signal; ++number)
        if (process.signals & signal_bit(number)) out["signals"].push_back(signal_name(number));
    }
    out["rule"] = rule(process.rule);
    return out;
  }

  Json path_json(const ExplainedPath& path) const {
    Json out = {{"rule", rule(path.rule)}};
    if (const SourceRule* source = map_ ? map_->find(path.rule) : nullptr)
      out["glob"] = source->glob;
    const auto add = [&](const char* key, std::uint32_t bits) {
      if (bits != 0) out[key] = words(file_words(), bits);
    };
    add("deny", path.deny);
    add("allow", path.allow);
    add("allow_self", path.allow_self);
    add("allow_root", path.allow_root);
    return out;
  }

  const SourceMap* map_;
};

}  // namespace

std::string explain_text(const ImageView& image, const SourceMap* map) {
  return Text(map).render(explain(image));
}

std::string explain_json(const ImageView& image, const SourceMap* map) {
  return ToJson(map).render(explain(image)).dump(2, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace glacis::image

// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/drop_in.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "manager/base/escape.h"
#include "manager/base/signals.h"
#include "manager/profile/address.h"
#include "manager/profile/words.h"

namespace glacis::learn {
namespace {

using profile::WordValue;

std::string toml(std::string_view text) { return toml_string(text); }

std::string toml_list(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return toml(texts.front());
  std::string out = "[";
  for (const std::string& text : texts) out += fmt::format("\n  {},", toml(text));
  return out + "\n]";
}

std::vector<std::string> words_of(std::span<const WordValue> words, std::uint32_t bits) {
  std::vector<std::string> out;
  for (const WordValue& word : words)
    if ((bits & word.value) == word.value) out.emplace_back(word.word);
  return out;
}

// `write` holds append and truncate.
std::vector<std::string> access_words(std::uint32_t bits) {
  if (bits & GL_FILE_WRITE) bits &= ~(GL_FILE_APPEND | GL_FILE_TRUNCATE);
  return words_of(profile::file_access_words(), bits);
}

std::string quoted_words(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const std::string& word : words)
    out += fmt::format("{}{}", out.size() > 1 ? ", " : "", toml(word));
  return out + "]";
}

std::string seen_text(const Evidence& of) {
  return fmt::format("seen = {{ count = {}, first = {}, last = {} }}\n", of.count,
                     toml(time_text(of.first)), toml(time_text(of.last)));
}

std::string samples_text(const std::vector<std::string>& samples) {
  std::string out;
  for (const std::string& sample : samples)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", escape(sample));
  return out;
}

// Why it is wider than what was seen, and how much.
std::string comment_of(const Item& item) {
  if (item.why.empty()) return {};
  std::string out =
      fmt::format("# {}: from {} seen in {} {}", escape(item.why), item.evidence.behaviours,
                  item.evidence.runs, item.evidence.runs == 1 ? "run" : "runs");
  if (!item.samples.empty()) out += ", such as " + samples_text(item.samples);
  out += ".\n";
  if (!std::holds_alternative<profile::PathRule>(item.body)) return out;
  if (item.beyond.files == 0) return out + "# Of the files that exist it admits no other.\n";
  return out + fmt::format("# Of the files that exist it admits {}{} more: {}.\n",
                           item.beyond.more ? "at least " : "", item.beyond.files,
                           samples_text(item.beyond.samples));
}

Evidence joined(const Evidence& a, const Evidence& b) {
  return {a.behaviours + b.behaviours, a.count + b.count, std::max(a.runs, b.runs),
          std::min(a.first, b.first), std::max(a.last, b.last)};
}

class Writer {
 public:
  explicit Writer(const std::vector<Item>& items) : items_(items) {}

  std::string text() {
    programs();
    literal_paths();
    for (const Item& item : items_) block(item);
    list("capability", [](const Item& item) {
      const auto* rule = std::get_if<profile::CapabilityRule>(&item.body);
      return rule == nullptr ? std::vector<std::string>{}
                             : std::vector<std::string>{std::string(profile::word_of(
                                   profile::capability_words(), rule->capability))};
    });
    list("memory", [](const Item& item) {
      const auto* rule = std::get_if<profile::MemoryRule>(&item.body);
      return rule == nullptr ? std::vector<std::string>{}
                             : words_of(profile::memory_words(), rule->access);
    });
    list("kernel", [](const Item& item) {
      const auto* rule = std::get_if<profile::KernelRule>(&item.body);
      return rule == nullptr ? std::vector<std::string>{}
                             : words_of(profile::kernel_words(), rule->access);
    });
    return std::move(out_);
  }

 private:
  static const profile::PathRule* path_of(const Item& item) {
    return std::get_if<profile::PathRule>(&item.body);
  }

  void programs() {
    std::vector<std::string> paths;
    for (const Item& item : items_)
      if (const auto* rule = path_of(item); rule && (rule->access & GL_FILE_EXECUTE))
        paths.push_back(rule->glob);
    if (!paths.empty()) out_ += fmt::format("\n[exec]\nallow = {}\n", toml_list(paths));
  }

  // Paths with the same accesses share a block.
  void literal_paths() {
    struct Block {
      std::vector<std::string> paths;
      Evidence evidence;
    };
    std::map<std::uint32_t, Block> blocks;
    for (const Item& item : items_) {
      const auto* rule = path_of(item);
      if (rule == nullptr || !item.why.empty() || (rule->access & (GL_FILE_EXECUTE | GL_FILE_UNIX)))
        continue;
      Block& block = blocks[rule->access];
      block.evidence = block.paths.empty() ? item.evidence : joined(block.evidence, item.evidence);
      block.paths.push_back(rule->glob);
    }
    for (const auto& [access, block] : blocks)
      out_ += fmt::format("\n[[file]]\npath = {}\naccess = {}\n{}", toml_list(block.paths),
                          quoted_words(access_words(access)), seen_text(block.evidence));
  }

  void block(const Item& item) {
    std::string body;
    if (const auto* path = path_of(item)) {
      if (path->access & GL_FILE_UNIX)
        body = unix_block(*path);
      else if (!item.why.empty())
        body = fmt::format("[[file]]\npath = {}\naccess = {}\n{}", toml(path->glob),
                           quoted_words(access_words(path->access)),
                           path->owner == profile::Owner::self ? "owner = \"self\"\n" : "");
    } else if (const auto* ending = std::get_if<profile::EndingRule>(&item.body)) {
      body = fmt::format("[[file]]\nobject = {}\naccess = {}\n",
                         quoted_words({std::string(
                             profile::word_of(profile::ending_words(), ending->endings.front()))}),
                         quoted_words(access_words(ending->access)));
    } else if (const auto* net = std::get_if<profile::NetRule>(&item.body)) {
      body = net_block(*net);
    } else if (const auto* socket = std::get_if<profile::SocketRule>(&item.body)) {
      body = fmt::format("[[net]]\nsocket = {}\n",
                         toml(profile::word_of(profile::socket_words(), socket->sockets.front())));
    } else if (const auto* task = std::get_if<profile::ProcessRule>(&item.body)) {
      body = process_block(*task);
    }
    if (!body.empty())
      out_ += fmt::format("\n{}{}{}", comment_of(item), body, seen_text(item.evidence));
  }

  static std::string unix_block(const profile::PathRule& rule) {
    std::vector<std::string> ops;
    if (rule.access & GL_FILE_UNIX_BIND) ops.emplace_back("bind");
    if (rule.access & GL_FILE_UNIX_CONNECT) ops.emplace_back("connect");
    if (rule.access & GL_FILE_UNIX_SEND) ops.emplace_back("send");
    return fmt::format("[[net]]\nop = {}\nunix = {}\n", quoted_words(ops), toml(rule.glob));
  }

  static std::string net_block(const profile::NetRule& rule) {
    std::vector<std::string> to;
    for (const profile::Cidr& cidr : rule.addresses) to.push_back(profile::to_text(cidr));
    std::string ports;
    for (const profile::PortRange& range : rule.ports) {
      if (!ports.empty()) ports += ", ";
      ports += range.first == range.last ? fmt::format("{}", range.first)
                                         : toml(profile::to_text(range));
    }
    const gl_socket kind = rule.sockets.front();
    const bool plain = kind == GL_SOCKET_RAW || kind == GL_SOCKET_PING;
    return fmt::format("[[net]]\nop = {}\nto = {}\n{} = {}\n",
                       toml(profile::word_of(profile::net_op_words(), rule.ops.front())),
                       toml_list(to), profile::word_of(profile::socket_words(), kind),
                       plain ? "true" : "[" + ports + "]");
  }

  static std::string process_block(const profile::ProcessRule& rule) {
    std::string out = fmt::format("[[process]]\npeer = {}\naccess = {}\n", toml(rule.peer),
                                  quoted_words(words_of(profile::task_words(), rule.access)));
    std::vector<std::string> signals;
    for (unsigned number = 1; number <= highest_signal; ++number)
      if (rule.signals & signal_bit(number)) signals.push_back(signal_name(number));
    if (!signals.empty()) out += fmt::format("signals = {}\n", quoted_words(signals));
    return out;
  }

  template <typename Words>
  void list(std::string_view table, Words words) {
    std::vector<std::string> all;
    for (const Item& item : items_)
      for (std::string& word : words(item))
        if (std::ranges::find(all, word) == all.end()) all.push_back(std::move(word));
    if (!all.empty()) out_ += fmt::format("\n[{}]\nallow = {}\n", table, quoted_words(all));
  }

  const std::vector<Item>& items_;
  std::string out_;
};

std::string span_text(const Recording& recording) {
  if (recording.behaviours.empty()) return "nothing";
  std::int64_t first = INT64_MAX, last = 0;
  for (const Behaviour& one : recording.behaviours) {
    first = std::min(first, first_seen(one));
    last = std::max(last, last_seen(one));
  }
  return fmt::format("{} behaviours in {} {}, {} to {}", recording.behaviours.size(),
                     recording.runs.size(), recording.runs.size() == 1 ? "run" : "runs",
                     time_text(first), time_text(last));
}

}  // namespace

std::string rules_text(const std::vector<Item>& items) { return Writer(items).text(); }

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = printable_length(text, at);
    if (text[at] == '"' || text[at] == '\\') {
      out += '\\';
      out += text[at++];
    } else if (length != 0) {
      out.append(text, at, length);
      at += length;
    } else {
      const std::string one = escape_one(text, at);  // \n \t \r \xNN \uNNNN \UNNNNNNNN
      out += one.starts_with("\\x") ? "\\u00" + one.substr(2) : one;
    }
  }
  return out + '"';
}

std::string time_text(std::int64_t nanoseconds) {
  const std::time_t seconds = nanoseconds / 1'000'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string drop_in_text(const std::string& profile, const Recording& recording,
                         const std::vector<Fold>& folds, const std::vector<Item>& items) {
  std::string out = fmt::format(
      "# Written by `glacis review {0}`, and written anew by the next one. Rules of your own "
      "belong\n"
      "# into {0}.toml, or into another file beside this one.\n# Learned from {1}.\nschema = 1\n",
      profile, span_text(recording));
  std::vector<std::string> names;
  for (const Fold& fold : folds) {
    out += fmt::format("# {} covers {} of the behaviours, by {} of its {} rules.\n", fold.name,
                       fold.evidence.behaviours, fold.used, fold.rules);
    names.push_back(fold.name);
  }
  if (!names.empty()) out += fmt::format("include = {}\n", quoted_words(names));
  return out + rules_text(items);
}

}  // namespace glacis::learn

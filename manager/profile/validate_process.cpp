// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "manager/base/escape.h"
#include "manager/base/peer.h"
#include "manager/base/signals.h"
#include "manager/base/similar.h"
#include "manager/profile/fields.h"
#include "manager/profile/validate.h"

namespace glacis::profile {
namespace {

using diag::Code;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// Any name may be that of a profile, so only what is hardly anything but a slip
// is taken for one: a letter changed or two swapped, more in the long word.
std::string_view meant_word(std::string_view peer) {
  for (const std::string_view word : peer_words) {
    const std::size_t bound = word.size() > 6 ? 2 : 1;
    if (bound == 1 && peer.size() != word.size()) continue;
    if (edit_distance(lower(peer), word, bound) <= bound) return word;
  }
  return {};
}

class ProcessReader {
 public:
  ProcessReader(const Node& table, diag::Diagnostics& diagnostics)
      : diagnostics_(diagnostics),
        fields_(table, "[[process]]",
                {"peer", "access", "signals", "deny", "severity", "reason", "seen"}, diagnostics) {}

  std::optional<ProcessBlock> read() {
    const std::size_t before = diagnostics_.errors();
    block_.deny = fields_.boolean("deny").value_or(false);
    block_.peers = fields_.strings("peer");
    for (const Text& peer : block_.peers) check_peer(peer, diagnostics_);
    const std::size_t before_access = diagnostics_.errors();
    for (const Word& word : fields_.words("access", process_access_words(), "access"))
      block_.access |= word.value;
    access_is_known_ = diagnostics_.errors() == before_access;
    signals();
    validate_metadata(fields_);
    check();
    if (diagnostics_.errors() != before) return std::nullopt;
    return std::move(block_);
  }

 private:
  void signals() {
    const Entry* entry = fields_.find("signals");
    if (entry == nullptr) {
      block_.signals = every_signal;
      return;
    }
    const Node& value = entry->value;
    if (value.kind == Kind::array && !value.items.empty()) {
      for (const Node& item : value.items) signal(item);
    } else if (value.kind == Kind::array) {
      (void)fields_.strings("signals");  // says that it is empty
    } else {
      signal(value);
    }
  }

  void signal(const Node& value) {
    if (value.kind != Kind::string && value.kind != Kind::integer) {
      fields_.wrong_type("signals", value, "signals: \"term\", \"rtmin+1\" or numbers");
      return;
    }
    const std::string text =
        value.kind == Kind::string ? value.text : std::to_string(value.integer);
    if (const auto number = signal_number(text)) {
      block_.signals |= signal_bit(*number);
      return;
    }
    auto& unknown =
        diagnostics_.add(Code::GL201, fmt::format("unknown signal `{}`", Untrusted(text)));
    if (diagnostics_.full()) return;
    unknown.at(value.span).suggest(signal_help(text));
  }

  static std::string signal_help(std::string_view text) {
    std::string name = lower(text);
    if (name.starts_with("sig")) name.erase(0, 3);
    if (signal_number(name)) return fmt::format("did you mean `{}`?", name);
    std::string help = did_you_mean(name, signal_words());
    if (help.empty())
      help = "write a name as in signal(7), in small letters without SIG, or a number from 1 to 64";
    return help;
  }

  void check() {
    if (!fields_.has_unknown() && fields_.find("peer") == nullptr) {
      diagnostics_.add(Code::GL214, "this [[process]] does not say which tasks it is about")
          .at(fields_.span())
          .suggest("add peer = \"self\", \"unconfined\", \"any\" or the name of a profile");
    }
    const Entry* access = fields_.find("access");
    const Entry* signals = fields_.find("signals");
    if (!fields_.has_unknown() && access == nullptr && !block_.deny) {
      diagnostics_.add(Code::GL214, "this [[process]] grants no access")
          .at(fields_.span())
          .suggest("add access = [\"signal\"]");
    }
    // A deny without accesses refuses them all, and would so with fewer signals
    // refuse less than it seems to.
    const bool limits_nothing = signals != nullptr && (block_.access & GL_TASK_SIGNAL) == 0;
    if (limits_nothing && access_is_known_ && !fields_.has_unknown()) {
      auto& stray = diagnostics_.add(
          Code::GL214, "`signals` says which signals, but `access` does not name `signal`");
      stray.at(signals->span).suggest("add \"signal\" to access, or remove signals");
      if (access != nullptr) stray.also(access->span);
    }
    if (block_.deny && access == nullptr) block_.access = process_accesses;
    if ((block_.access & GL_TASK_SIGNAL) == 0) block_.signals = 0;
  }

  diag::Diagnostics& diagnostics_;
  Fields fields_;
  ProcessBlock block_;
  bool access_is_known_ = true;
};

}  // namespace

void check_peer(const Text& peer, diag::Diagnostics& diagnostics) {
  if (is_peer_word(peer.value)) return;
  const std::string_view meant = meant_word(peer.value);
  if (!is_profile_name(peer.value)) {
    diagnostics
        .add(Code::GL115, fmt::format("`{}` cannot be a profile's name", Untrusted(peer.value)))
        .at(peer.span)
        .suggest("a peer is self, unconfined, any, or the name of a profile");
  } else if (!meant.empty()) {
    diagnostics.add(Code::GL306, fmt::format("`{}` is taken for the name of a profile", peer.value))
        .at(peer.span)
        .suggest(fmt::format("did you mean `{}`?", meant));
  }
}

void validate_processes(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  for (const Node* table : as_tables(tree.find("process"), "[[process]]", diagnostics)) {
    if (auto block = ProcessReader(*table, diagnostics).read()) {
      document.processes.push_back(std::move(*block));
    }
  }
}

}  // namespace glacis::profile

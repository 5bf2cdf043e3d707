// SPDX-License-Identifier: Apache-2.0
#include "manager/elf/calls.h"

#include <fmt/format.h>
#include <seccomp.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>

#include "manager/elf/flow.h"

namespace glacis::elf {
namespace {

constexpr std::size_t kDeepest = 6;  // wrappers of wrappers

// What they load or look up is named at run time.
constexpr std::string_view kAtRunTime[] = {
    "dlopen", "dlmopen", "dlsym", "dlvsym", "__libc_dlopen_mode", "__libc_dlsym"};

struct Node {
  std::size_t image = 0, stretch = 0;
  friend auto operator<=>(const Node&, const Node&) = default;
};

// A stretch that makes a call whose number its caller has in a register.
struct Wrapper {
  Node node;
  std::uint8_t reg = 0;
  friend auto operator<=>(const Wrapper&, const Wrapper&) = default;
};

class Reach {
 public:
  explicit Reach(const Program& program) : program_(program) {
    for (std::size_t i = 0; i < program.images.size(); ++i) {
      const Image& image = program.images[i];
      parts_.push_back({stretches_of(image), {}, {}});
      parts_.back().state.resize(parts_.back().stretches.size());
      out_.files.push_back(image.path);
      out_.functions += parts_.back().stretches.size();
      names(i);
    }
  }

  StaticCalls run() {
    for (const std::string& one : program_.missing)
      out_.unresolved.push_back({{one, {}, 0}, "this library was not found"});
    for (std::size_t i = 0; i < program_.images.size(); ++i) roots(i);
    while (!waiting_.empty()) {
      const Node node = waiting_.front();
      waiting_.pop_front();
      visit(node);
    }
    resolve_wrappers();
    finish();
    return std::move(out_);
  }

 private:
  struct Reached {
    bool yes = false;
    bool taken = false;         // by its address: anybody may call it
    std::vector<Node> callers;  // each once, in the order of their finding
  };
  struct Part {
    std::vector<Stretch> stretches;
    std::vector<Reached> state;
    std::unordered_map<std::uint64_t, std::string_view> names;
  };

  // The first file that has a name defines it, in all its versions.
  void names(std::size_t i) {
    const Image& image = program_.images[i];
    for (const auto* table : {&image.symbols, &image.own})
      for (const Symbol& one : *table) {
        if (!one.defined || one.name.empty() || image.code_at(one.value) == nullptr) continue;
        auto& name = parts_[i].names[one.value];
        if (name.empty() || (name.starts_with('_') && !one.name.starts_with('_'))) name = one.name;
        if (table == &image.own) continue;
        auto& known = defined_[one.name];
        if (known.empty() || known.front().image == i)
          if (const auto node = node_at(i, one.value)) known.push_back(*node);
      }
  }

  [[nodiscard]] std::optional<Node> node_at(std::size_t image, std::uint64_t at) const {
    const auto& all = parts_[image].stretches;
    auto found = std::ranges::upper_bound(all, at, {}, &Stretch::first);
    if (found == all.begin()) return std::nullopt;
    --found;
    if (at >= found->last) return std::nullopt;
    return Node{image, static_cast<std::size_t>(found - all.begin())};
  }

  void roots(std::size_t i) {
    const Image& image = program_.images[i];
    for (const auto* list : {&image.run, &image.relocations.pointers})
      for (const std::uint64_t at : *list)
        if (const auto node = node_at(i, at)) reach(*node, std::nullopt, false);
    for (const std::string_view name : image.relocations.named)
      for (const Node& node : targets({0, 0, name, false}, i)) reach(node, std::nullopt, false);
  }

  std::vector<Node> targets(const Edge& edge, std::size_t image) const {
    if (edge.symbol.empty()) {
      const auto node = node_at(image, edge.target);
      return node ? std::vector<Node>{*node} : std::vector<Node>{};
    }
    const auto found = defined_.find(edge.symbol);
    return found == defined_.end() ? std::vector<Node>{} : found->second;
  }

  Reached& reached(const Node& node) { return parts_[node.image].state[node.stretch]; }

  void reach(const Node& node, std::optional<Node> from, bool control) {
    Reached& state = reached(node);
    if (!control) state.taken = true;
    if (from && control && (state.callers.empty() || state.callers.back() != *from))
      state.callers.push_back(*from);
    if (state.yes) return;
    state.yes = true;
    ++out_.reachable;
    waiting_.push_back(node);
  }

  const Stretch& stretch(const Node& node) const {
    return parts_[node.image].stretches[node.stretch];
  }

  void visit(const Node& node) {
    const auto& all = parts_[node.image].stretches;
    // Halves of what is too long lead into each other by ways that can't be seen.
    if (stretch(node).joined) reach({node.image, node.stretch - 1}, node, true);
    if (node.stretch + 1 < all.size() && all[node.stretch + 1].joined)
      reach({node.image, node.stretch + 1}, node, true);
    Visitor visitor;
    visitor.edge = [&](const Edge& edge, const State&) { follow(node, edge); };
    visitor.site = [&](const Site& site) { note(node, site); };
    walk(program_.images[node.image], stretch(node), visitor);
  }

  void follow(const Node& from, const Edge& edge) {
    if (std::ranges::find(kAtRunTime, edge.symbol) != std::end(kAtRunTime))
      unresolved(from, edge.from,
                 fmt::format("{}: what is loaded or looked up by name is not known", edge.symbol));
    for (const Node& node : targets(edge, from.image)) reach(node, from, edge.control);
  }

  void note(const Node& node, const Site& site) {
    if (site.odd != nullptr) return unresolved(node, site.at, site.odd);
    use(node, site.at, site.number);
  }

  void use(const Node& node, std::uint64_t at, const Value& number) {
    switch (number.kind) {
      case Value::Kind::constants:
        for (std::size_t i = 0; i < number.count; ++i)
          calls_[number.constants[i]].emplace(place(node, at));
        return;
      case Value::Kind::argument:
        if (wrappers_.emplace(Wrapper{node, number.argument}, at).second)
          fresh_.push_back({{node, number.argument}, at});
        return;
      case Value::Kind::unknown:
        unresolved(node, at, "the number of the call is not a constant");
    }
  }

  // In rounds: wrappers whose callers only hand the number on come in the next.
  void resolve_wrappers() {
    for (std::size_t depth = 0; !fresh_.empty(); ++depth) {
      std::map<Node, std::set<Wrapper>> questions;  // each caller is walked once
      for (const auto& [wrapper, at] : std::exchange(fresh_, {})) {
        const Reached& state = reached(wrapper.node);
        if (state.taken)
          unresolved(wrapper.node, at, "the number is its caller's, and its address is taken");
        else if (depth == kDeepest)
          unresolved(wrapper.node, at, "the number comes from too far away");
        if (depth == kDeepest) continue;
        for (const Node& caller : state.callers) questions[caller].insert(wrapper);
      }
      for (const auto& [caller, wrappers] : questions) ask(caller, wrappers);
    }
  }

  void ask(const Node& caller, const std::set<Wrapper>& wrappers) {
    Visitor visitor;
    visitor.site = [](const Site&) {};
    visitor.edge = [&](const Edge& edge, const State& state) {
      if (!edge.control) return;
      for (const Node& to : targets(edge, caller.image))
        for (auto it = wrappers.lower_bound({to, 0}); it != wrappers.end() && it->node == to; ++it)
          use(caller, edge.from, state[it->reg]);
    };
    walk(program_.images[caller.image], stretch(caller), visitor);
  }

  Place place(const Node& node, std::uint64_t at) const {
    const std::uint64_t first = stretch(node).first;
    const auto& names = parts_[node.image].names;
    const auto found = names.find(first);
    return {program_.images[node.image].path,
            found == names.end() ? fmt::format("{:#x}", first) : std::string(found->second), at};
  }

  void unresolved(const Node& node, std::uint64_t at, std::string why) {
    if (told_.emplace(node, why).second)
      out_.unresolved.push_back({place(node, at), std::move(why)});
  }

  // Of one function one place.
  void finish() {
    for (const auto& [number, places] : calls_) {
      auto& list = out_.calls[number];
      for (const Place& one : places)
        if (list.empty() || list.back().file != one.file || list.back().function != one.function)
          list.push_back(one);
    }
    std::ranges::sort(out_.unresolved, [](const Unresolved& a, const Unresolved& b) {
      return std::tie(a.place, a.why) < std::tie(b.place, b.why);
    });
  }

  const Program& program_;
  std::vector<Part> parts_;
  std::unordered_map<std::string_view, std::vector<Node>> defined_;
  std::deque<Node> waiting_;
  std::map<std::uint32_t, std::set<Place>> calls_;
  std::map<Wrapper, std::uint64_t> wrappers_;
  std::vector<std::pair<Wrapper, std::uint64_t>> fresh_;
  std::set<std::pair<Node, std::string>> told_;
  StaticCalls out_;
};

}  // namespace

std::string call_name(std::uint32_t number) {
  if (number > INT32_MAX) return {};
  char* name = ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, static_cast<int>(number));
  std::string out = name == nullptr ? "" : name;
  std::free(name);
  return out;
}

StaticCalls calls_of(const Program& program) { return Reach(program).run(); }

}  // namespace glacis::elf

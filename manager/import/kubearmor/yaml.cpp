// SPDX-License-Identifier: Apache-2.0
#include "manager/import/kubearmor/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "manager/base/escape.h"

namespace glacis::import::kubearmor {
namespace {

using diag::Code;

// What is said once a bound is met; the rest of the text is read and left out.
enum class Fault { none, alias, size, key };

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::uint32_t file) : file_(file) {}

  void OnDocumentStart(const YAML::Mark& mark) override { (void)mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    (void)anchor;
    put({Node::Kind::nothing, {}, {}, {}, span(mark, 1)});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    (void)anchor;
    fault(Fault::alias, span(mark, 1));
    put({});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    (void)tag, (void)anchor;
    put({Node::Kind::scalar, value, {}, {}, span(mark, value.size())});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    (void)tag, (void)anchor, (void)style;
    open({Node::Kind::list, {}, {}, {}, span(mark, 1)});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    (void)tag, (void)anchor, (void)style;
    open({Node::Kind::map, {}, {}, {}, span(mark, 1)});
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] bool failed() const { return fault_ != Fault::none; }
  [[nodiscard]] Node take() { return std::move(root_); }
  void report(diag::Diagnostics& diagnostics) const {
    switch (fault_) {
      case Fault::none:
        return;
      case Fault::alias:
        diagnostics.add(Code::GL501, "aliases are not followed").at(place_);
        return;
      case Fault::key:
        diagnostics.add(Code::GL501, "a key is a plain word").at(place_);
        return;
      case Fault::size:
        diagnostics.add(Code::GL502, "this is too much, or nests too deeply").at(place_);
    }
  }

 private:
  [[nodiscard]] diag::Span span(const YAML::Mark& mark, std::size_t length) const {
    const auto line = static_cast<std::uint32_t>(std::max(mark.line, 0) + 1);
    const auto column = static_cast<std::uint32_t>(std::max(mark.column, 0) + 1);
    const std::size_t shown = std::clamp<std::size_t>(length, 1, 200);
    return {file_, line, column, column + static_cast<std::uint32_t>(shown)};
  }

  void fault(Fault what, diag::Span place) {
    if (fault_ != Fault::none) return;
    fault_ = what;
    place_ = place;
  }

  void open(Node node) {
    if (open_.size() >= deepest) fault(Fault::size, node.span);
    open_.push_back(failed() ? Node{} : std::move(node));
  }
  void close() {
    if (open_.empty()) return;
    Node node = std::move(open_.back());
    open_.pop_back();
    put(std::move(node));
  }

  void put(Node node) {
    if (++nodes_ > most_nodes) fault(Fault::size, node.span);
    if (failed()) return;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Node& into = open_.back();
    if (into.kind == Node::Kind::list) {
      into.list.push_back(std::move(node));
    } else if (into.map.empty() || into.map.back().value.span.line != 0) {
      if (node.kind != Node::Kind::scalar) fault(Fault::key, node.span);
      into.map.push_back({std::move(node), {}});
    } else {
      into.map.back().value = std::move(node);
    }
  }

  std::uint32_t file_;
  Node root_;
  std::vector<Node> open_;
  std::size_t nodes_ = 0;
  Fault fault_ = Fault::none;
  diag::Span place_{};
};

}  // namespace

const Node& Node::operator[](std::string_view key) const {
  static const Node none;
  const auto found =
      std::ranges::find_if(map, [&](const Member& member) { return member.key.text == key; });
  return found == map.end() ? none : found->value;
}

std::optional<std::vector<Node>> read_yaml(const std::string& text, std::uint32_t file,
                                           diag::Diagnostics& diagnostics) {
  if (text.size() > largest) {
    diagnostics.add(Code::GL502, "this is too large").at({file, 1, 1, 2});
    return std::nullopt;
  }
  std::vector<Node> out;
  std::istringstream in(text);
  // The library tells of errors by exceptions alone.
  try {
    YAML::Parser parser(in);
    for (;;) {
      Builder builder(file);
      if (!parser.HandleNextDocument(builder)) break;
      if (out.size() >= most_documents) {
        diagnostics.add(Code::GL502, "this is too many documents").at({file, 1, 1, 2});
        return std::nullopt;
      }
      if (builder.failed()) {
        builder.report(diagnostics);
        return std::nullopt;
      }
      out.push_back(builder.take());
    }
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<std::uint32_t>(std::max(error.mark.line, 0) + 1);
    const auto column = static_cast<std::uint32_t>(std::max(error.mark.column, 0) + 1);
    diagnostics.add(Code::GL501, fmt::format("this is no YAML: {}", Untrusted(error.msg)))
        .at({file, line, column, column + 1});
    return std::nullopt;
  }
  return out;
}

}  // namespace glacis::import::kubearmor

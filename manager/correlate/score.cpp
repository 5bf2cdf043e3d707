// SPDX-License-Identifier: Apache-2.0
#include "manager/correlate/score.h"

#include <fmt/format.h>

#include <algorithm>

#include "manager/base/escape.h"

namespace glacis::correlate {
namespace {

constexpr int kWithoutProcess = 40;
constexpr std::size_t kComm = 15;  // what the kernel keeps of a name

std::string_view base(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Records escape what they hold; names of Kubernetes have nothing to escape.
bool same(const std::string& recorded, const std::string& asked) {
  return !asked.empty() && recorded == escape(asked);
}

bool in_tree(const Refusal& refusal, std::string_view program) {
  if (base(program).empty()) return false;
  const std::string name = escape(base(program));
  return std::ranges::any_of(refusal.tree, [&](const std::string& one) {
    return one == name || one == std::string_view(name).substr(0, kComm);
  });
}

// Words of an argument, as a shell's -c has several.
template <typename Fits>
std::string word_that(const std::vector<std::string>& command, const Fits& fits) {
  for (std::string_view rest : command)
    while (!rest.empty()) {
      const auto end = std::min(rest.find_first_of(" \t\n;|&<>()'\""), rest.size());
      const std::string_view one = rest.substr(0, end);
      if (!one.empty() && fits(one)) return escape(one, Backslash::keep);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  return {};
}

void score_command(const Refusal& refusal, const Action& action, Score& out) {
  if (action.command.empty()) return out.add(0, "the request names no command");
  out.exact = std::ranges::equal(refusal.argv, action.command, {}, {},
                                 [](const std::string& one) { return escape(one); });
  if (out.exact) return out.add(30, "the process has the arguments of the request");
  const std::string& program = action.command.front();
  const std::string shown = escape(base(program), Backslash::keep);
  if (in_tree(refusal, program))
    return out.add(30, fmt::format("the process, or one above it, is `{}`", shown));
  if (!refusal.path.empty() && refusal.path == escape(program))
    return out.add(30, "what was refused is the command itself");
  auto one = word_that(action.command, [&](std::string_view word) {
    return refusal.path == escape(word) && !refusal.path.empty();
  });
  if (one.empty())
    one = word_that(action.command, [&](std::string_view word) { return in_tree(refusal, word); });
  if (!one.empty()) return out.add(25, fmt::format("the command names {}", one));
  if (refusal.whole_tree)
    return out.add(-20, fmt::format("no process up to the runtime is `{}`", shown));
  out.add(0, fmt::format("no process that the record knows is `{}`", shown));
}

bool score_end(std::int64_t time, const Action& action, std::int64_t tolerance, Score& out) {
  if (time <= action.until + tolerance) {
    out.add(25, "while the session lasted");
    return true;
  }
  if (time > action.until + longest_after) return false;
  out.add(5, fmt::format("{} after the session ended", duration(time - action.until)));
  return true;
}

bool score_time(std::int64_t time, const Action& action, std::int64_t tolerance, Score& out) {
  const std::int64_t since = time - action.from;
  if (since < -tolerance) return false;
  if (since < 0) {
    out.add(10,
            fmt::format("{} before the request, which is within the tolerance", duration(-since)));
    return true;
  }
  if (action.until != 0) return score_end(time, action, tolerance, out);
  if (since > longest_open) return false;
  const int points = since <= 3 * second     ? 25
                     : since <= 60 * second  ? 20
                     : since <= 900 * second ? 12
                                             : 5;
  out.add(points, fmt::format("{} after the request", duration(since)));
  return true;
}

// Of a container that the action makes, or runs in.
bool score_container(const Refusal& refusal, const Action& action, Score& out) {
  const bool makes = action.kind == Kind::debug || action.kind == Kind::create_pod;
  if (makes && !action.containers.empty()) {
    if (std::ranges::none_of(action.containers,
                             [&](const auto& one) { return same(refusal.container, one); }))
      return false;
    out.add(15, "it made the container");
    return true;
  }
  if (action.container.empty()) {
    out.add(5, "the request names no container");
    return true;
  }
  if (refusal.container.empty()) {
    out.add(0, "the record names no container");
    return true;
  }
  if (!same(refusal.container, action.container)) return false;
  out.add(15, "the container is the same");
  return true;
}

bool score_host(const Refusal& refusal, const Action& action, Score& out) {
  const std::string target = escape(action.host);
  if (target.empty() || !refusal.host.starts_with(target)) return false;
  if (refusal.host.size() > target.size() && refusal.host[target.size()] != '.') return false;
  out.add(30, "the host is the same");
  if (in_tree(refusal, "ssm-session-worker"))
    out.add(30, "a process above it is the session's worker");
  return true;
}

bool score_place(const Refusal& refusal, const Action& action, Score& out) {
  if (action.kind == Kind::host_session) return score_host(refusal, action, out);
  if (!action.pod.empty()) {
    if (!same(refusal.pod, action.pod) || !same(refusal.space, action.space)) return false;
    out.add(30, "namespace and pod are the same");
    return score_container(refusal, action, out);
  }
  // A task's container (ECS), which is in no pod.
  if (action.kind != Kind::exec || !refusal.pod.empty()) return false;
  return !action.container.empty() && !refusal.container.empty() &&
         score_container(refusal, action, out);
}

}  // namespace

void Score::add(int more, std::string text) {
  points += more;
  reasons.push_back({more, std::move(text)});
}

std::string_view confidence(int points) {
  return points >= 85 ? "high" : points >= 60 ? "medium" : "low";
}

std::string duration(std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / second;
  if (seconds == 0) return fmt::format("{} ms", nanoseconds / 1'000'000);
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3600);
}

std::string command_line(const Action& action) {
  std::string out;
  for (const std::string& one : action.command)
    out += (out.empty() ? "" : " ") + escape(one, Backslash::keep);
  return out;
}

std::optional<Score> score(const Refusal& refusal, const Action& action, std::int64_t tolerance) {
  Score out;
  if (action.refused || !score_place(refusal, action, out)) return std::nullopt;
  if (action.kind == Kind::exec || action.kind == Kind::debug) score_command(refusal, action, out);
  if (!score_time(refusal.time, action, tolerance, out)) return std::nullopt;
  if (action.kind == Kind::create_pod || action.kind == Kind::port_forward) {
    const int over = out.points - kWithoutProcess;
    if (over > 0) out.add(-over, "it runs nothing in the container");
  }
  return out;
}

}  // namespace glacis::correlate

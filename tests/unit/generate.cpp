// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace glacis::generate {
namespace {

const std::vector<std::string> kNames = {"a", "b", "ab", "ba", "etc", "a.b", ".a", "log", "-"};
const std::vector<std::string> kPieces = {
    "*",   "a",  "b",       "?",  "[ab]", "[^a]",       "{a,b}", "{,ab}", "[a-z.]",
    "\\*", "**", "{a*,?b}", "ab", ".",    "{a,{b,ab}}", "*.log", "[^a-m]"};

std::string name(Random& random) {
  if (random.chance(3)) return random.pick(kNames);
  if (random.chance(4)) return "**";
  std::string out;
  for (unsigned n = 1 + random.below(3); n > 0; --n) {
    const std::string& piece = random.pick(kPieces);
    if (out.ends_with('*') && piece.starts_with('*')) continue;  // three stars are an error
    out += piece;
  }
  return out;
}

profile::Cidr cidr(Random& random) {
  profile::Cidr out;
  out.v6 = random.chance(3);
  const bool mapped = out.v6 && random.chance(3);
  for (unsigned i = 0; i < 16; ++i) out.address[i] = static_cast<std::uint8_t>(random.below(3));
  if (mapped) {
    std::fill_n(out.address.begin(), 10, std::uint8_t{0});
    out.address[10] = out.address[11] = 0xff;
  }
  out.prefix = random.below(out.v6 ? 129 : 33);
  if (mapped) out.prefix = 90 + random.below(39);
  return out;
}

std::uint16_t port(Random& random) {
  if (random.chance(20)) return 65535;
  return static_cast<std::uint16_t>(random.below(random.chance(2) ? 10 : 1000));
}

profile::NetRule net_rule(Random& random) {
  profile::NetRule out;
  for (unsigned n = 1 + random.below(2); n > 0; --n)
    out.ops.push_back(static_cast<gl_net_op>(1 + random.below(3)));
  for (unsigned n = 1 + random.below(2); n > 0; --n)
    out.sockets.push_back(static_cast<gl_socket>(1 + random.below(9)));
  for (unsigned n = random.below(3); n > 0; --n) out.addresses.push_back(cidr(random));
  for (unsigned n = random.below(3); n > 0; --n) {
    const std::uint16_t a = port(random), b = random.chance(2) ? a : port(random);
    out.ports.push_back({std::min(a, b), std::max(a, b)});
  }
  out.deny = random.chance(4);
  return out;
}

const std::vector<std::string> kTargets = {"random", "web", "db"};

profile::PathRule path_rule(Random& random) {
  profile::PathRule out;
  out.glob = glob(random);
  out.access = static_cast<std::uint32_t>(random.next()) & GL_FILE_ALL;
  if (random.chance(2)) out.access &= 0xff;
  out.deny = random.chance(5);
  if (!out.deny && random.chance(3))
    out.owner = random.chance(2) ? profile::Owner::self : profile::Owner::root;
  if (!out.deny) out.access &= ~std::uint32_t{GL_FILE_TRANSITION};
  if (!out.deny && out.owner == profile::Owner::any && random.chance(6)) {
    out.access |= GL_FILE_TRANSITION;
    out.transition = {random.chance(4) ? "" : random.pick(kTargets), false, random.chance(3)};
    if (out.transition->to.empty()) out.transition->unsafe = false;
  }
  return out;
}

// One bit of them.
std::uint32_t file_access(Random& random) {
  for (;;)
    if (const std::uint32_t bit = 1u << random.below(32); bit & GL_FILE_ALL) return bit;
}

gl_ending other_ending(Random& random) {
  return static_cast<gl_ending>(2 + random.below(GL_ENDING_COUNT - 2));
}

// The profile's own name is among them: it is another word for `self`.
const std::vector<std::string> kPeers = {"self", "unconfined", "random", "web", "db"};

profile::ProcessRule process_rule(Random& random) {
  profile::ProcessRule out;
  out.peer = random.chance(5) ? "any" : random.pick(kPeers);
  out.access = 1 + random.below(GL_TASK_ALL);
  if (out.access & GL_TASK_SIGNAL) {
    out.signals = random.chance(3) ? ~std::uint64_t{0} : random.next();
    if (random.chance(3)) out.signals = std::uint64_t{1} << random.below(64);
  }
  out.deny = random.chance(4);
  return out;
}

profile::RuleBody body(Random& random) {
  switch (random.below(11)) {
    case 0:
      return profile::EndingRule{
          {other_ending(random)},
          static_cast<std::uint32_t>(random.next()) & GL_FILE_ALL & ~GL_FILE_TRANSITION};
    case 1:
      return profile::SocketRule{{static_cast<gl_socket>(1 + random.below(25))}};
    case 2:
      return profile::CapabilityRule{static_cast<gl_capability>(random.below(GL_CAP_COUNT)),
                                     random.chance(3)};
    case 3:
      if (random.chance(2)) return profile::MemoryRule{random.below(GL_MEMORY_ALL + 1)};
      return profile::KernelRule{random.below(GL_KERNEL_ALL + 1)};
    case 4:
    case 5:
    case 6:
      return net_rule(random);
    case 7:
      return process_rule(random);
    default:
      return path_rule(random);
  }
}

sim::TaskRequest task_request(Random& random) {
  sim::TaskRequest out;
  out.peer = random.chance(8) ? "nobody" : random.pick(kPeers);
  out.access = 1u << random.below(std::popcount(unsigned{GL_TASK_ALL}));
  if (out.access == GL_TASK_SIGNAL) out.signal = 1 + random.below(64);
  return out;
}

sim::NetRequest net_request(Random& random, const profile::ResolvedProfile& from) {
  sim::NetRequest out;
  out.op = static_cast<gl_net_op>(1 + random.below(3));
  out.kind = static_cast<gl_socket>(1 + random.below(9));
  out.port = port(random);
  profile::Cidr near = cidr(random);
  const profile::Rule& rule = random.pick(from.rules);
  if (const auto* net = std::get_if<profile::NetRule>(&rule.body); net) {
    if (!net->addresses.empty()) near = random.pick(net->addresses);
    if (!net->ports.empty()) out.port = random.pick(net->ports).first;
    if (random.chance(3)) out.port = static_cast<std::uint16_t>(out.port - 1 + random.below(3));
    out.op = random.pick(net->ops);
    out.kind = random.pick(net->sockets);
  }
  out.v6 = near.v6;
  for (unsigned i = 0; i < 16; ++i) out.address[i / 4] = out.address[i / 4] << 8 | near.address[i];
  if (!out.v6 && random.chance(4)) {
    out.v6 = true;
    out.address = {0, 0, 0xffff, out.address[0]};
  }
  if (random.chance(3)) out.address[random.below(4)] ^= 1u << random.below(32);
  if (random.chance(3)) out.address[random.below(4)] += random.chance(2) ? 1u : -1u;
  if (!out.v6) out.address = {out.address[0], 0, 0, 0};
  return out;
}

// Follows the glob's text and takes something for each wildcard.
std::string sample(Random& random, std::string_view glob) {
  static const std::vector<std::string> kRuns = {"", "a", "b", "ab", ".", "xyz", "a.b"};
  std::string out;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    switch (glob[i]) {
      case '*':
        out += random.pick(kRuns);
        if (i + 1 < glob.size() && glob[i + 1] == '*') {
          ++i;
          if (random.chance(2)) out += "/" + random.pick(kNames);
        }
        break;
      case '?':
        out += "abz."[random.below(4)];
        break;
      case '[':
        while (glob[i] != ']') i += glob[i] == '\\' ? 2 : 1;
        out += "abz.c"[random.below(5)];
        break;
      case '{':
      case '}':
      case ',':
        break;  // all alternatives in a row: nearly a match
      case '\\':
        ++i;
        [[fallthrough]];
      default:
        out += glob[i];
    }
  }
  return out;
}

std::string tidy(std::string_view path) {
  std::string out;
  for (const char c : path)
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::string glob(Random& random) {
  std::string out = random.chance(8) ? "@" + name(random) : "";
  for (unsigned n = (out.empty() ? 1 : 0) + random.below(3); n > 0; --n) out += "/" + name(random);
  return out;
}

std::string path_like(Random& random, std::string_view glob) {
  std::string out = sample(random, glob);
  if (random.chance(3) && out.size() > 1) out.erase(1 + random.below(out.size() - 1), 1);
  if (random.chance(4))
    out.insert(1 + random.below(out.size()), 1, "ab/.\x01\xff"[random.below(6)]);
  if (random.chance(8)) out += "/" + random.pick(kNames);
  if (out[0] == '@') {
    if (random.chance(4)) out += '\0';
    return out;
  }
  return tidy(out);
}

profile::ResolvedProfile profile(Random& random, unsigned rules) {
  profile::ResolvedProfile out;
  out.name = "random";
  out.files = {"random.toml"};
  for (unsigned i = 1; i <= rules; ++i) {
    const auto id = static_cast<profile::RuleId>(i);
    out.rules.push_back({id, {0, i, 1, 2}, body(random)});
  }
  return out;
}

sim::Request request(Random& random, const profile::ResolvedProfile& profile) {
  switch (random.below(12)) {
    case 0:
      return sim::SocketRequest{static_cast<gl_socket>(1 + random.below(25))};
    case 1:
      return sim::CapabilityRequest{static_cast<gl_capability>(random.below(GL_CAP_COUNT))};
    case 2:
      if (random.chance(2)) return sim::MemoryRequest{1 + random.below(GL_MEMORY_ALL)};
      return sim::KernelRequest{1 + random.below(GL_KERNEL_ALL)};
    case 3:
    case 4:
    case 5:
      return net_request(random, profile);
    case 6:
      return task_request(random);
    default:
      break;
  }
  sim::FileRequest out;
  out.access = file_access(random);
  if (random.chance(3)) out.access |= file_access(random);
  out.owner = random.below(4);
  if (random.chance(10)) {
    out.ending = other_ending(random);
  } else {
    const auto* rule = std::get_if<profile::PathRule>(&random.pick(profile.rules).body);
    out.path = path_like(random, rule ? rule->glob : glob(random));
  }
  if (random.chance(4)) return sim::ExecRequest{out.path, out.owner, out.ending, random.chance(2)};
  return out;
}

profile::ResolvedProfile profile_of(const std::vector<std::string>& globs, std::uint32_t access) {
  profile::ResolvedProfile out;
  out.name = "globs";
  out.files = {"globs.toml"};
  for (unsigned i = 1; i <= globs.size(); ++i) {
    const auto id = static_cast<profile::RuleId>(i);
    out.rules.push_back({id, {0, i, 1, 2}, profile::PathRule{globs[i - 1], access}});
  }
  return out;
}

profile::ResolvedProfile service_profile(unsigned rules) {
  static const std::vector<std::string> kShapes = {
      "/srv/data/tenant-{}/**", "/etc/service/conf.d/{}.conf", "/var/log/service/{}/*.log",
      "/usr/lib/service/lib{}.so.*", "/run/service/worker-{}.sock"};
  std::vector<std::string> globs;
  for (unsigned i = 0; i < rules; ++i)
    globs.push_back(fmt::format(fmt::runtime(kShapes[i % kShapes.size()]), i));
  profile::ResolvedProfile out = profile_of(globs, GL_FILE_READ);
  for (profile::Rule& rule : out.rules)
    if (rule.id % 3 == 0) std::get<profile::PathRule>(rule.body).access |= GL_FILE_WRITE;
  out.name = "service";
  return out;
}

}  // namespace glacis::generate

// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/oracle.h"

#include <algorithm>
#include <functional>
#include <map>

#include "lsm/decide/attach.h"

namespace glacis::oracle {
namespace {

using Continue = std::function<bool(std::size_t)>;  // from this byte of the path on

class Matcher {
 public:
  Matcher(std::string_view glob, std::string_view path) : glob_(glob), path_(path) {}

  std::optional<bool> run() {
    const bool found =
        sequence(0, glob_.size(), 0, [&](std::size_t at) { return at == path_.size(); });
    if (steps_ > kMaxSteps) return std::nullopt;
    return found;
  }

 private:
  static constexpr std::size_t kMaxSteps = 300'000;

  // What wildcards take: no '/' (but `**`), and a zero byte only in abstract names.
  bool wild(std::size_t at) const {
    return at < path_.size() && (path_[at] != '\0' || path_[0] == '@');
  }

  // glob_[from, to) from path_[at] on, and then `then`.
  bool sequence(std::size_t from, std::size_t to, std::size_t at, const Continue& then) {
    if (++steps_ > kMaxSteps) return false;
    if (from == to) return then(at);
    switch (glob_[from]) {
      case '*': {
        const bool two = from + 1 < to && glob_[from + 1] == '*';
        for (;; ++at) {
          if (sequence(from + (two ? 2 : 1), to, at, then)) return true;
          if (!wild(at) || (!two && path_[at] == '/')) return false;
        }
      }
      case '?':
        return wild(at) && path_[at] != '/' && sequence(from + 1, to, at + 1, then);
      case '[': {
        const std::size_t end = bracket_end(from);
        return wild(at) && path_[at] != '/' && in_brackets(from, end, path_[at]) &&
               sequence(end, to, at + 1, then);
      }
      case '{':
        return braces(from, to, at, then);
      case '\\':
        return at < path_.size() && path_[at] == glob_[from + 1] &&
               sequence(from + 2, to, at + 1, then);
      default:
        return at < path_.size() && path_[at] == glob_[from] &&
               sequence(from + 1, to, at + 1, then);
    }
  }

  // One past the ']' of the bracket that opens at `from`.
  std::size_t bracket_end(std::size_t from) const {
    std::size_t i = from + 1;
    while (glob_[i] != ']') i += glob_[i] == '\\' ? 2 : 1;
    return i + 1;
  }

  bool in_brackets(std::size_t from, std::size_t end, char c) const {
    const auto value = [](char x) { return static_cast<unsigned char>(x); };
    const bool negated = glob_[from + 1] == '^';
    bool found = false;
    for (std::size_t i = from + (negated ? 2 : 1); i + 1 < end;) {
      if (glob_[i] == '\\') ++i;
      const char low = glob_[i++];
      char high = low;
      if (glob_[i] == '-' && i + 2 < end) {
        ++i;
        if (glob_[i] == '\\') ++i;
        high = glob_[i++];
      }
      found = found || (value(low) <= value(c) && value(c) <= value(high));
    }
    return found != negated;
  }

  bool braces(std::size_t from, std::size_t to, std::size_t at, const Continue& then) {
    std::vector<std::size_t> cuts{from};  // '{', each ',' of this level, '}'
    int depth = 0;
    for (std::size_t i = from;; ++i) {
      const char c = glob_[i];
      if (c == '\\') ++i;
      if (c == '[') i = bracket_end(i) - 1;
      if (c == '{') ++depth;
      if (c == ',' && depth == 1) cuts.push_back(i);
      if (c == '}' && --depth == 0) {
        cuts.push_back(i);
        break;
      }
    }
    const Continue after = [&](std::size_t next) {
      return sequence(cuts.back() + 1, to, next, then);
    };
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i)
      if (sequence(cuts[i] + 1, cuts[i + 1], at, after)) return true;
    return false;
  }

  std::string_view glob_, path_;
  std::size_t steps_ = 0;
};

gl_verdict verdict(std::uint32_t decision, std::uint32_t reason, std::uint32_t rule = 0,
                   std::uint32_t blocker = 0) {
  return {decision, reason, rule, blocker};
}

// The first (so lowest) rule of each sort that speaks of one access bit.
struct Bit {
  std::uint32_t deny = 0, any = 0, self = 0, root = 0;

  std::uint32_t conditional() const { return self && root ? std::min(self, root) : self + root; }
  std::uint32_t rule() const { return deny ? deny : any ? any : conditional(); }
  bool granted(std::uint32_t owner) const {
    return !deny && (any || ((owner & GL_OWNER_SELF) && self) || ((owner & GL_OWNER_ROOT) && root));
  }
};

std::optional<gl_verdict> decide_path(const profile::ResolvedProfile& profile,
                                      const sim::FileRequest& request) {
  std::map<std::uint32_t, Bit> bits;
  for (std::uint32_t bit = 1; bit <= GL_FILE_ALL; bit <<= 1)
    if (request.access & bit) bits[bit];
  for (const profile::Rule& rule : profile.rules) {
    const auto* path = std::get_if<profile::PathRule>(&rule.body);
    if (!path) continue;
    const auto matched = matches(path->glob, request.path);
    if (!matched) return std::nullopt;
    if (!*matched) continue;
    for (auto& [bit, known] : bits) {
      if (!(path->access & bit)) continue;
      std::uint32_t& place = path->deny                            ? known.deny
                             : path->owner == profile::Owner::any  ? known.any
                             : path->owner == profile::Owner::self ? known.self
                                                                   : known.root;
      if (place == 0) place = rule.id;
    }
  }
  std::uint32_t blocked = 0;
  for (const auto& [bit, known] : bits)
    if (!known.granted(request.owner)) blocked |= bit;
  // The map is in the order of the bits, so the first that fits is the lowest.
  for (const auto& [bit, known] : bits)
    if (!blocked) return verdict(GL_ALLOW, GL_REASON_RULE, known.rule());
  for (const auto& [bit, known] : bits)
    if ((blocked & bit) && known.deny) return verdict(GL_DENY, GL_REASON_RULE, known.deny, blocked);
  for (const auto& [bit, known] : bits)
    if ((blocked & bit) && !known.rule()) return verdict(GL_DENY, GL_REASON_DEFAULT, 0, blocked);
  for (const auto& [bit, known] : bits)
    if (blocked & bit) return verdict(GL_DENY, GL_REASON_OWNER, known.rule(), blocked);
  return std::nullopt;
}

// The first transition that matches, unless a rule denies it or the exec.
std::optional<gl_verdict> decide_exec(const profile::ResolvedProfile& profile,
                                      const sim::ExecRequest& request) {
  const profile::Rule* first = nullptr;
  bool denied = false;
  for (const profile::Rule& rule : profile.rules) {
    const auto* path = std::get_if<profile::PathRule>(&rule.body);
    if (!path) continue;
    const auto matched = matches(path->glob, request.path);
    if (!matched) return std::nullopt;
    if (!*matched) continue;
    if (path->deny && (path->access & (GL_FILE_EXECUTE | GL_FILE_TRANSITION))) denied = true;
    if (!path->deny && path->transition && !first) first = &rule;
  }
  if (denied || !first)
    return decide_path(profile, {request.path, GL_FILE_EXECUTE, request.owner, request.ending});
  const profile::Transition& to = *std::get<profile::PathRule>(first->body).transition;
  if (request.unsafe && !to.unsafe && !to.to.empty())
    return verdict(GL_DENY, GL_REASON_UNSAFE_EXEC, first->id, GL_FILE_EXECUTE);
  return verdict(GL_ALLOW, GL_REASON_RULE, first->id);
}

gl_verdict decide_ending(const profile::ResolvedProfile& profile, const sim::FileRequest& request) {
  std::uint32_t granted = 0, first = 0;
  for (const profile::Rule& rule : profile.rules) {
    const auto* body = std::get_if<profile::EndingRule>(&rule.body);
    if (!body || std::ranges::find(body->endings, request.ending) == body->endings.end()) continue;
    granted |= body->access;
    if (first == 0 && body->access) first = rule.id;
  }
  const std::uint32_t blocked = request.access & ~granted;
  if (blocked) return verdict(GL_DENY, GL_REASON_ENDING, 0, blocked);
  return verdict(GL_ALLOW, GL_REASON_RULE, first);
}

using Bytes = std::array<std::uint8_t, 16>;

// All addresses as IPv6: IPv4 is ::ffff:a.b.c.d.
Bytes bytes_of(const sim::NetRequest& request) {
  Bytes out{};
  for (unsigned i = 0; i < 16; ++i)
    out[i] = static_cast<std::uint8_t>(request.address[i / 4] >> (24 - i % 4 * 8));
  if (request.v6) return out;
  Bytes mapped{};
  mapped[10] = mapped[11] = 0xff;
  std::copy_n(out.begin(), 4, mapped.begin() + 12);
  return mapped;
}

bool is_mapped(const Bytes& address) {
  return std::all_of(address.begin(), address.begin() + 10, [](auto b) { return b == 0; }) &&
         address[10] == 0xff && address[11] == 0xff;
}

bool in_cidr(const profile::Cidr& cidr, const Bytes& address) {
  Bytes network = cidr.address;
  unsigned prefix = cidr.prefix;
  if (!cidr.v6) {
    network = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::copy_n(cidr.address.begin(), 4, network.begin() + 12);
    prefix += 96;
  } else if (prefix < 96 && is_mapped(address)) {
    return false;  // a network of IPv6 says nothing about IPv4
  }
  for (unsigned bit = 0; bit < prefix; ++bit)
    if (((network[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8)) & 1) return false;
  return true;
}

int group_of(gl_socket kind) {
  switch (kind) {
    case GL_SOCKET_TCP:
      return 1;
    case GL_SOCKET_UDP:
    case GL_SOCKET_UDPLITE:
      return 2;
    case GL_SOCKET_SCTP:
    case GL_SOCKET_DCCP:
    case GL_SOCKET_RAW:
    case GL_SOCKET_PING:
    case GL_SOCKET_MPTCP:
      return 3;
    default:
      return 0;
  }
}

bool speaks_of(const profile::NetRule& rule, const sim::NetRequest& request) {
  const auto same_group = [&](gl_socket k) { return group_of(k) == group_of(request.kind); };
  const auto has_port = [&](auto range) {
    return range.first <= request.port && request.port <= range.last;
  };
  const Bytes address = bytes_of(request);
  const auto has_address = [&](const auto& cidr) { return in_cidr(cidr, address); };
  return std::ranges::find(rule.ops, request.op) != rule.ops.end() &&
         std::ranges::any_of(rule.sockets, same_group) &&
         (rule.ports.empty() || std::ranges::any_of(rule.ports, has_port)) &&
         (rule.addresses.empty() || std::ranges::any_of(rule.addresses, has_address));
}

gl_verdict decide_net(const profile::ResolvedProfile& profile, const sim::NetRequest& request) {
  if (group_of(request.kind) == 0) return verdict(GL_DENY, GL_REASON_UNGRANTABLE);
  for (const bool deny : {true, false})
    for (const profile::Rule& rule : profile.rules)
      if (const auto* net = std::get_if<profile::NetRule>(&rule.body))
        if (net->deny == deny && speaks_of(*net, request))
          return verdict(deny ? GL_DENY : GL_ALLOW, GL_REASON_RULE, rule.id);
  return verdict(GL_DENY, GL_REASON_DEFAULT);
}

gl_verdict decide_socket(const profile::ResolvedProfile& profile, gl_socket kind) {
  constexpr std::uint32_t kUnix = GL_FILE_UNIX_BIND | GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND;
  for (const profile::Rule& rule : profile.rules) {
    const std::vector<gl_socket>* granted = nullptr;
    if (const auto* net = std::get_if<profile::NetRule>(&rule.body); net && !net->deny)
      granted = &net->sockets;
    if (const auto* socket = std::get_if<profile::SocketRule>(&rule.body))
      granted = &socket->sockets;
    const auto* path = std::get_if<profile::PathRule>(&rule.body);
    if ((granted && std::ranges::find(*granted, kind) != granted->end()) ||
        (path && !path->deny && (path->access & kUnix) && kind == GL_SOCKET_UNIX))
      return verdict(GL_ALLOW, GL_REASON_RULE, rule.id);
  }
  return verdict(GL_DENY, GL_REASON_DEFAULT);
}

gl_verdict decide_capability(const profile::ResolvedProfile& profile, gl_capability which) {
  for (const bool deny : {true, false})
    for (const profile::Rule& rule : profile.rules)
      if (const auto* grant = std::get_if<profile::CapabilityRule>(&rule.body))
        if (grant->capability == which && grant->deny == deny)
          return verdict(deny ? GL_DENY : GL_ALLOW, GL_REASON_RULE, rule.id);
  return verdict(GL_DENY, GL_REASON_DEFAULT);
}

// Memory and kernel rules: a mask, and the rule of the lowest bit.
template <typename Body>
gl_verdict decide_mask(const profile::ResolvedProfile& profile, std::uint32_t access) {
  std::uint32_t granted = 0, first = 0;
  for (const profile::Rule& rule : profile.rules) {
    const auto* body = std::get_if<Body>(&rule.body);
    if (!body) continue;
    granted |= body->access;
    if (first == 0 && (body->access & access & -access)) first = rule.id;
  }
  if (access & ~granted) return verdict(GL_DENY, GL_REASON_DEFAULT, 0, access & ~granted);
  return verdict(GL_ALLOW, GL_REASON_RULE, first);
}

// Other tasks, by the names that people read: numbers are the builder's affair.
gl_verdict decide_task(const profile::ResolvedProfile& profile, const sim::TaskRequest& request) {
  const bool same_domain = request.peer == "self" || request.peer == profile.name;
  const std::string confined_by = same_domain ? profile.name : request.peer;
  const auto speaks_of_it = [&](const profile::ProcessRule& rule) {
    if ((rule.access & request.access) == 0) return false;
    if (request.access == GL_TASK_SIGNAL) {
      std::uint64_t bit = 1;
      for (unsigned number = 1; number < request.signal; ++number) bit *= 2;
      if ((rule.signals & bit) == 0) return false;
    }
    if (rule.peer == "any") return true;
    if (rule.peer == "self") return same_domain;
    return rule.peer == confined_by;
  };
  for (const bool deny : {true, false})
    for (const profile::Rule& rule : profile.rules)
      if (const auto* process = std::get_if<profile::ProcessRule>(&rule.body))
        if (process->deny == deny && speaks_of_it(*process))
          return deny ? verdict(GL_DENY, GL_REASON_RULE, rule.id, request.access)
                      : verdict(GL_ALLOW, GL_REASON_RULE, rule.id);
  return verdict(GL_DENY, GL_REASON_DEFAULT, 0, request.access);
}

}  // namespace

std::optional<bool> matches(std::string_view glob, std::string_view path) {
  return Matcher(glob, path).run();
}

std::optional<gl_verdict> decide(const profile::ResolvedProfile& profile,
                                 const sim::Request& request) {
  if (const auto* exec = std::get_if<sim::ExecRequest>(&request))
    return exec->ending == GL_ENDING_ROOTED
               ? decide_exec(profile, *exec)
               : decide_ending(profile, {exec->path, GL_FILE_EXECUTE, exec->owner, exec->ending});
  if (const auto* file = std::get_if<sim::FileRequest>(&request))
    return file->ending == GL_ENDING_ROOTED ? decide_path(profile, *file)
                                            : decide_ending(profile, *file);
  if (const auto* net = std::get_if<sim::NetRequest>(&request)) return decide_net(profile, *net);
  if (const auto* socket = std::get_if<sim::SocketRequest>(&request))
    return decide_socket(profile, socket->kind);
  if (const auto* capability = std::get_if<sim::CapabilityRequest>(&request))
    return decide_capability(profile, capability->capability);
  if (const auto* memory = std::get_if<sim::MemoryRequest>(&request))
    return decide_mask<profile::MemoryRule>(profile, memory->access);
  if (const auto* task = std::get_if<sim::TaskRequest>(&request))
    return decide_task(profile, *task);
  return decide_mask<profile::KernelRule>(profile, std::get<sim::KernelRequest>(request).access);
}

std::optional<std::uint32_t> attach(const profile::ResolvedProfile& profile, std::string_view path,
                                    std::uint32_t ending, std::uint32_t by) {
  if (ending == GL_ENDING_UNSTABLE || ending == GL_ENDING_UNREADABLE) return GL_ATTACH_UNKNOWN;
  bool enters = false, outside = false;
  for (const profile::Rule& rule : profile.rules) {
    const auto* body = std::get_if<profile::PathRule>(&rule.body);
    if (body == nullptr || (body->access & GL_FILE_MARKS) == 0) continue;
    const auto matched = matches(body->glob, path);
    if (!matched) return std::nullopt;
    if (!*matched || ending != GL_ENDING_ROOTED) continue;
    enters = enters || (body->access & GL_FILE_ATTACH) != 0;
    outside = outside || (body->access & GL_FILE_OUTSIDE) != 0;
  }
  if (by == GL_ATTACH_BY_EXEC) return enters ? GL_ATTACH_GRANTED : GL_ATTACH_NEXT;
  if (outside) return GL_ATTACH_OUTSIDE;
  return enters ? GL_ATTACH_GRANTED : GL_ATTACH_ENTERS;
}

namespace {

std::vector<Cgroup>::const_iterator first_unit(const std::vector<Cgroup>& way) {
  return std::ranges::find(way, false, &Cgroup::slice);
}

}  // namespace

std::uint32_t unit(const std::vector<Cgroup>& way) {
  const auto at = first_unit(way);
  return at == way.end() ? 0 : at->domain;
}

std::uint32_t slice(const std::vector<Cgroup>& way) {
  std::uint32_t last = 0;
  for (auto at = way.begin(); at != first_unit(way); ++at)
    if (at->domain != 0) last = at->domain;
  return last;
}

}  // namespace glacis::oracle

// SPDX-License-Identifier: Apache-2.0
#include "manager/image/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "lsm/decide/socket.h"

namespace glacis::image {
namespace {

__extension__ using Address = unsigned __int128;  // IPv4 in the lowest 32 bits

struct Span {
  Address first, last;
  std::uint32_t rule;  // index into the rules
};

// One verdict from some port on.
struct PortStep {
  std::uint16_t start, rule;
  std::uint32_t allow;
  friend auto operator<=>(const PortStep&, const PortStep&) = default;
};
using Run = std::vector<PortStep>;

constexpr Address kMapped = static_cast<Address>(0xffff) << 32;

Address number(const profile::Cidr& cidr) {
  Address out = 0;
  for (unsigned i = 0; i < (cidr.v6 ? 16u : 4u); ++i) out = out << 8 | cidr.address[i];
  return out;
}

Span masked(Address address, unsigned prefix, unsigned width, std::uint32_t rule) {
  const unsigned host = width - prefix;
  const Address low = host >= 128 ? ~Address{0} : (Address{1} << host) - 1;
  return {address & ~low, address | low, rule};
}

// The rule's stretches of one family. IPv6 inside ::ffff:0:0/96 is IPv4.
void spans_of(const profile::NetRule& rule, std::uint32_t index, bool v6, std::vector<Span>& out) {
  if (rule.addresses.empty()) out.push_back(masked(0, 0, v6 ? 128 : 32, index));
  for (const profile::Cidr& cidr : rule.addresses) {
    const Address address = number(cidr);
    const bool mapped = cidr.v6 && cidr.prefix >= 96 && (address >> 32) == (kMapped >> 32);
    if ((cidr.v6 && !mapped) != v6) continue;
    if (mapped)
      out.push_back(masked(address & 0xffffffff, cidr.prefix - 96, 32, index));
    else
      out.push_back(masked(address, cidr.prefix, v6 ? 128 : 32, index));
  }
}

class Builder {
 public:
  explicit Builder(const std::vector<NetEntry>& rules) : rules_(rules) {}

  Result<NetTables> run() {
    for (unsigned op = GL_NET_BIND; op < GL_NET_CREATE; ++op) {
      for (unsigned group = 1; group < GL_NET_GROUP_COUNT; ++group) {
        for (const bool v6 : {false, true}) table(op, group, v6);
        if (work_ > kNetWorkLimit)
          return fail(Exit::usage,
                      fmt::format("the network rules overlap so much that flattening them takes "
                                  "more than {} steps",
                                  kNetWorkLimit),
                      "join rules that speak of the same addresses");
      }
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool speaks_of(const profile::NetRule& rule, unsigned op, unsigned group) const {
    const auto in_group = [&](gl_socket kind) { return gl_socket_group(kind) == group; };
    return std::ranges::find(rule.ops, static_cast<gl_net_op>(op)) != rule.ops.end() &&
           std::ranges::any_of(rule.sockets, in_group);
  }

  void table(unsigned op, unsigned group, bool v6) {
    std::vector<Span> spans;
    for (std::uint32_t i = 0; i < rules_.size(); ++i)
      if (speaks_of(*rules_[i].rule, op, group)) spans_of(*rules_[i].rule, i, v6, spans);
    std::vector<std::pair<Address, Run>> steps = flatten(spans, v6);
    if (steps.size() == 1 && steps[0].second.empty()) return;
    gl_section& section = v6 ? out_.net6_tables[op][group] : out_.net4_tables[op][group];
    section.offset = static_cast<std::uint32_t>(v6 ? out_.net6.size() : out_.net4.size());
    section.count = static_cast<std::uint32_t>(steps.size());
    for (const auto& [start, run] : steps) entry(start, run, v6);
  }

  void entry(Address start, const Run& run, bool v6) {
    const auto count = static_cast<std::uint32_t>(run.size());
    const std::uint32_t ports = run.empty() ? 0 : intern(run);
    const auto word = [&](unsigned shift) { return static_cast<std::uint32_t>(start >> shift); };
    if (v6)
      out_.net6.push_back({{word(96), word(64), word(32), word(0)}, ports, count});
    else
      out_.net4.push_back({word(0), ports, count, 0});
  }

  std::uint32_t intern(const Run& run) {
    const auto [it, added] = runs_.try_emplace(run, static_cast<std::uint32_t>(out_.ports.size()));
    if (added)
      for (const PortStep& step : run) out_.ports.push_back({step.start, step.rule, step.allow});
    return it->second;
  }

  // A sweep over the addresses: at each boundary spans begin and end.
  std::vector<std::pair<Address, Run>> flatten(const std::vector<Span>& spans, bool v6) {
    const Address top = v6 ? ~Address{0} : Address{0xffffffff};
    std::map<Address, std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>> events;
    events[0];
    for (const Span& span : spans) {
      events[span.first].first.push_back(span.rule);
      if (span.last != top) events[span.last + 1].second.push_back(span.rule);
    }
    std::map<std::uint32_t, unsigned> active;  // rule to the number of its spans here
    std::vector<std::pair<Address, Run>> steps;
    for (const auto& [at, change] : events) {
      for (const std::uint32_t rule : change.first) ++active[rule];
      for (const std::uint32_t rule : change.second)
        if (--active[rule] == 0) active.erase(rule);
      Run run = port_run(active);
      if (steps.empty() || steps.back().second != run) steps.push_back({at, std::move(run)});
      if (work_ > kNetWorkLimit) break;
    }
    return steps;
  }

  // The same sweep over ports, with the rules that hold for an address.
  Run port_run(const std::map<std::uint32_t, unsigned>& active) {
    std::vector<std::uint32_t> key;
    for (const auto& [rule, count] : active) key.push_back(rule);
    work_ += key.size() + 1;
    if (const auto known = by_rules_.find(key); known != by_rules_.end()) return known->second;
    std::map<std::uint32_t, std::vector<std::pair<bool, std::uint32_t>>> events;
    events[0];
    for (const std::uint32_t rule : key) {
      std::vector<profile::PortRange> ports = rules_[rule].rule->ports;
      if (ports.empty()) ports.push_back({});
      for (const profile::PortRange& range : ports) {
        events[range.first].push_back({true, rule});
        events[range.last + 1u].push_back({false, rule});
      }
      work_ += 4 * ports.size();
    }
    Run run = sweep_ports(events);
    by_rules_.emplace(std::move(key), run);
    return run;
  }

  Run sweep_ports(
      const std::map<std::uint32_t, std::vector<std::pair<bool, std::uint32_t>>>& events) {
    std::multiset<std::uint16_t> allow, deny;
    Run run;
    for (const auto& [port, changes] : events) {
      if (port > 65535) break;
      for (const auto& [begins, rule] : changes) {
        auto& set = rules_[rule].rule->deny ? deny : allow;
        if (begins)
          set.insert(rules_[rule].id);
        else
          set.erase(set.find(rules_[rule].id));
      }
      PortStep step{static_cast<std::uint16_t>(port), 0, 0};
      if (!deny.empty())
        step.rule = *deny.begin();
      else if (!allow.empty())
        step.rule = *allow.begin(), step.allow = 1;
      if (run.empty() || run.back().rule != step.rule || run.back().allow != step.allow)
        run.push_back(step);
    }
    if (run.size() == 1 && run[0].rule == 0) run.clear();
    return run;
  }

  const std::vector<NetEntry>& rules_;
  NetTables out_;
  std::uint64_t work_ = 0;
  std::map<std::vector<std::uint32_t>, Run> by_rules_;  // active rules to their run
  std::map<Run, std::uint32_t> runs_;                   // a run to its place in ports
};

}  // namespace

Result<NetTables> build_network(const std::vector<NetEntry>& rules) { return Builder(rules).run(); }

}  // namespace glacis::image

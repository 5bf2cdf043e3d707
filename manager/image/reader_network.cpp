// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "manager/image/reader_checks.h"

namespace glacis::image {
namespace {

// For each port step the index at which the ascending stretch that it is in
// ends, so that each run is checked at once, however many entries share it.
std::vector<std::uint32_t> ascending_ends(std::span<const gl_ports> ports) {
  std::vector<std::uint32_t> ends(ports.size());
  for (std::size_t i = ports.size(); i-- > 0;) {
    const bool goes_on = i + 1 < ports.size() && ports[i].start < ports[i + 1].start;
    ends[i] = goes_on ? ends[i + 1] : static_cast<std::uint32_t>(i + 1);
  }
  return ends;
}

class Networks {
 public:
  explicit Networks(const ImageView& image)
      : image_(image), ports_(image.ports()), ends_(ascending_ends(ports_)) {}

  Fault run() const {
    for (const gl_ports& step : ports_)
      if (step.allow > 1 || step.rule > image_.header().rules || (step.allow && step.rule == 0))
        return "a port interval's verdict";
    if (!tables(image_.header().net4_tables, image_.net4())) return "the IPv4 tables";
    if (!tables(image_.header().net6_tables, image_.net6())) return "the IPv6 tables";
    return std::nullopt;
  }

 private:
  static bool reserved_is_zero(const gl_net4& entry) { return entry.zero == 0; }
  static bool reserved_is_zero(const gl_net6&) { return true; }
  static bool starts_at_zero(const gl_net4& entry) { return entry.start == 0; }
  static bool starts_at_zero(const gl_net6& entry) {
    return std::ranges::all_of(entry.start, [](std::uint32_t word) { return word == 0; });
  }
  static bool before(const gl_net4& a, const gl_net4& b) { return a.start < b.start; }
  static bool before(const gl_net6& a, const gl_net6& b) {
    return std::ranges::lexicographical_compare(a.start, b.start);
  }

  bool run_is_good(std::uint32_t first, std::uint32_t count) const {
    if (count == 0) return first == 0;
    return first < ports_.size() && ports_[first].start == 0 &&
           std::uint64_t{first} + count <= ends_[first];
  }

  // Tables lie one behind the other in the order of op and group, and fill
  // their section; there are none for op 0, for `create`, and for group 0.
  template <typename Entry>
  bool tables(const gl_section (&all)[GL_NET_OP_COUNT][GL_NET_GROUP_COUNT],
              std::span<const Entry> entries) const {
    std::uint64_t at = 0;
    for (unsigned op = 0; op < GL_NET_OP_COUNT; ++op) {
      for (unsigned group = 0; group < GL_NET_GROUP_COUNT; ++group) {
        const auto& [offset, count] = all[op][group];
        const bool exists = op != GL_NET_NONE && op < GL_NET_CREATE && group != GL_NET_GROUP_NONE;
        if (count == 0 && offset == 0) continue;
        if (!exists || count == 0 || offset != at || at + count > entries.size()) return false;
        if (!table(entries.subspan(at, count))) return false;
        at += count;
      }
    }
    return at == entries.size();
  }

  template <typename Entry>
  bool table(std::span<const Entry> entries) const {
    if (!starts_at_zero(entries[0])) return false;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0 && !before(entries[i - 1], entries[i])) return false;
      if (!reserved_is_zero(entries[i]) || !run_is_good(entries[i].ports, entries[i].count))
        return false;
    }
    return true;
  }

  const ImageView& image_;
  std::span<const gl_ports> ports_;
  std::vector<std::uint32_t> ends_;
};

}  // namespace

Fault check_network(const ImageView& image) { return Networks(image).run(); }

}  // namespace glacis::image

// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "manager/base/escape.h"

namespace glacis::profile {
namespace {

std::unexpected<AddressError> wrong(std::string what, std::string help = {}) {
  return std::unexpected(AddressError{std::move(what), std::move(help)});
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || end != text.data() + text.size() || leading_zero) return std::nullopt;
  return value;
}

unsigned width(const Cidr& cidr) { return cidr.v6 ? 128 : 32; }

// Clears the bits below the prefix; true if there were none.
bool clear_host_bits(Cidr& cidr) {
  bool clean = true;
  for (unsigned bit = cidr.prefix; bit < width(cidr); ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> (bit % 8));
    std::uint8_t& byte = cidr.address[bit / 8];
    clean = clean && (byte & mask) == 0;
    byte = static_cast<std::uint8_t>(byte & ~mask);
  }
  return clean;
}

bool is_mapped(const Cidr& cidr) {
  for (std::size_t i = 0; i < 10; ++i) {
    if (cidr.address[i] != 0) return false;
  }
  return cidr.v6 && cidr.address[10] == 0xff && cidr.address[11] == 0xff && cidr.prefix >= 96;
}

// ::ffff:10.0.0.0/104 is looked up as IPv4, so it is kept as IPv4.
Cidr unmapped(const Cidr& cidr) {
  Cidr out;
  for (std::size_t i = 0; i < 4; ++i) out.address[i] = cidr.address[12 + i];
  out.prefix = cidr.prefix - 96;
  return out;
}

std::expected<Cidr, AddressError> parse_cidr(std::string_view text) {
  const std::string shown = escape(text);
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Cidr cidr;
  cidr.v6 = address.find(':') != std::string::npos;
  // inet_pton would stop at a zero byte.
  const bool good = address.find('\0') == std::string::npos &&
                    ::inet_pton(cidr.v6 ? AF_INET6 : AF_INET, address.c_str(), &cidr.address) == 1;
  if (!good) {
    return wrong(fmt::format("`{}` is not an address", shown),
                 "write an address or a block such as \"10.0.0.0/8\" or \"2001:db8::/32\", or one "
                 "of any, loopback, private; names of hosts are not resolved");
  }
  cidr.prefix = width(cidr);
  if (slash != std::string_view::npos) {
    const auto prefix = number(text.substr(slash + 1));
    if (!prefix || *prefix > width(cidr)) {
      return wrong(fmt::format("`{}` has no prefix length between 0 and {}", shown, width(cidr)));
    }
    cidr.prefix = *prefix;
  }
  if (!clear_host_bits(cidr)) {
    return wrong(fmt::format("`{}` has bits set below its prefix", shown),
                 fmt::format("write \"{}\" for the block, or \"{}\" for the one address",
                             to_text(cidr), escape(address)));
  }
  return is_mapped(cidr) ? unmapped(cidr) : cidr;
}

}  // namespace

std::expected<std::vector<Cidr>, AddressError> parse_address(std::string_view text) {
  std::vector<std::string_view> blocks = {text};
  if (text == "any") return std::vector<Cidr>();
  if (text == "loopback") blocks = {"127.0.0.0/8", "::1"};
  if (text == "private") blocks = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"};
  std::vector<Cidr> out;
  for (const std::string_view block : blocks) {
    auto cidr = parse_cidr(block);
    if (!cidr) return std::unexpected(cidr.error());
    out.push_back(*cidr);
  }
  return out;
}

std::expected<PortRange, AddressError> parse_ports(std::string_view text) {
  if (text == "any") return PortRange{};
  const std::size_t dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last) {
    return wrong(fmt::format("`{}` is not a port", escape(text)),
                 "write a number, a range \"8000-8100\", or \"any\"");
  }
  if (*first > 65535 || *last > 65535) {
    return wrong(fmt::format("`{}` is beyond the last port, 65535", escape(text)));
  }
  if (*first > *last) {
    return wrong(fmt::format("the range `{}` ends before it begins", escape(text)),
                 fmt::format("write \"{}-{}\"", *last, *first));
  }
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

std::string to_text(const Cidr& cidr) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (::inet_ntop(cidr.v6 ? AF_INET6 : AF_INET, cidr.address.data(), buffer.data(),
                  buffer.size()) == nullptr) {
    return "?";
  }
  if (cidr.prefix == width(cidr)) return buffer.data();
  return fmt::format("{}/{}", buffer.data(), cidr.prefix);
}

std::string to_text(const PortRange& range) {
  if (range.first == 0 && range.last == 65535) return "any";
  if (range.first == range.last) return fmt::format("{}", range.first);
  return fmt::format("{}-{}", range.first, range.last);
}

}  // namespace glacis::profile

// SPDX-License-Identifier: Apache-2.0
// Addresses and ports of [[net]].
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "manager/profile/model.h"

namespace glacis::profile {

// What is wrong and, where there is one, what to write.
struct AddressError {
  std::string what;
  std::string help;
};

// "10.0.0.0/8", "::1", "loopback", "private". "any" is an empty list.
[[nodiscard]] std::expected<std::vector<Cidr>, AddressError> parse_address(std::string_view text);

// "443", "8000-8100". "any" is 0-65535.
[[nodiscard]] std::expected<PortRange, AddressError> parse_ports(std::string_view text);

[[nodiscard]] std::string to_text(const Cidr& cidr);
[[nodiscard]] std::string to_text(const PortRange& range);

}  // namespace glacis::profile

// SPDX-License-Identifier: Apache-2.0
// One rule in one line, as `glacis explain` and records show it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "manager/profile/model.h"

namespace glacis::image {

// "file read,write /srv/**", "deny file read /etc/shadow", "net connect tcp to
// 10.0.0.0/8 port 80,443", "process signal php-fpm signals hup,term" ...
[[nodiscard]] std::string describe(const profile::RuleBody& body);

[[nodiscard]] std::string cidr_text(const profile::Cidr& cidr);

// Addresses as in struct gl_net4 and gl_net6: words in host order.
[[nodiscard]] std::string ipv4_text(std::uint32_t address);
[[nodiscard]] std::string ipv6_text(std::span<const std::uint32_t, 4> words);

}  // namespace glacis::image

// SPDX-License-Identifier: Apache-2.0
#include "manager/base/peer.h"

#include <sodium/crypto_generichash.h>

#include <algorithm>

#include "lsm/abi/image.h"

namespace glacis {

bool is_peer_word(std::string_view word) {
  return std::ranges::find(peer_words, word) != peer_words.end();
}

std::uint64_t name_number(std::string_view profile) {
  std::array<std::uint8_t, 32> digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(profile.data()), profile.size(),
                     nullptr, 0);
  std::uint64_t out = 0;
  for (unsigned i = 0; i < 8; ++i) out |= std::uint64_t{digest[i]} << (8 * i);
  return out < GL_PEER_NAMED ? out + GL_PEER_NAMED : out;
}

std::uint64_t peer_number(std::string_view peer) {
  if (peer == "self") return GL_PEER_SELF;
  if (peer == "unconfined") return GL_PEER_UNCONFINED;
  if (peer == "any") return GL_PEER_ANY;
  return name_number(peer);
}

}  // namespace glacis

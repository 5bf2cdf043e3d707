// SPDX-License-Identifier: Apache-2.0
// Checkpoints: signed notes (C2SP signed-note, Ed25519) that say how many records
// a chain has and which hash the last one:
//
//   glacis-evidence/<id of the log>
//   <number of records>
//   <base64 of the hash>
//   time 2026-11-23T16:06:45.088121Z
//
//   — glacis-evidence <base64 of the key's id and the signature>
//
// The hash commits to every record before it. It is the head of a chain and no
// Merkle root; the rest is the form of C2SP's checkpoints.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/evidence/chain.h"

namespace glacis::evidence {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

// Ed25519; wiped when it goes.
class SecretKey {
 public:
  static constexpr std::size_t seed_bytes = 32;
  using Seed = std::array<std::uint8_t, seed_bytes>;

  explicit SecretKey(const Seed& seed);
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  ~SecretKey();

  [[nodiscard]] const PublicKey& public_key() const { return public_; }
  [[nodiscard]] Signature sign(std::string_view bytes) const;

 private:
  std::array<std::uint8_t, 64> secret_{};
  PublicKey public_{};
};

[[nodiscard]] bool verify(const PublicKey& key, std::string_view bytes, const Signature& signature);
[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> parse_base64(std::string_view text);

// "glacis-evidence+1f2e3d4c+AX...", as signed-note writes keys.
[[nodiscard]] std::string key_text(const PublicKey& key);
[[nodiscard]] std::optional<PublicKey> parse_key(std::string_view text);

struct Checkpoint {
  std::string log;  // its id
  Position position;
  std::string time;
};

struct Note {
  Checkpoint checkpoint;
  std::string text;  // what is signed
  struct Signed {
    std::array<std::uint8_t, 4> key_id{};
    Signature signature{};
  };
  std::vector<Signed> signatures;

  [[nodiscard]] bool signed_by(const PublicKey& key) const;
};

[[nodiscard]] std::string sign_note(const Checkpoint& checkpoint, const SecretKey& key);
[[nodiscard]] std::optional<Note> parse_note(std::string_view bytes);

}  // namespace glacis::evidence

// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/note.h"

#include <fmt/format.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/crypto_sign_ed25519.h>
#include <sodium/utils.h>

#include <algorithm>
#include <charconv>

namespace glacis::evidence {
namespace {

constexpr std::string_view kName = "glacis-evidence";
constexpr char kAlgorithm = 1;  // Ed25519, in signed-note
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;
constexpr std::size_t kLargest = 16384;

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

template <typename Bytes>
std::string_view view(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

using KeyId = std::array<std::uint8_t, 4>;

KeyId key_id(const PublicKey& key) {
  const std::string named = std::string(kName) + '\n' + kAlgorithm + std::string(view(key));
  std::array<std::uint8_t, 32> hash{};
  ::crypto_hash_sha256(hash.data(), raw(named), named.size());
  KeyId out{};
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

// The text up to `end`, which is taken off too; none without it.
std::optional<std::string_view> take(std::string_view& from, std::string_view end) {
  const auto at = from.find(end);
  if (at == from.npos) return std::nullopt;
  const auto out = from.substr(0, at);
  from.remove_prefix(at + end.size());
  return out;
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || fmt::format("{}", out) != text)
    return std::nullopt;
  return out;
}

std::optional<Note::Signed> parse_signature(std::string_view line) {
  const std::string start = fmt::format("— {} ", kName);
  if (!line.starts_with(start)) return std::nullopt;
  const auto bytes = parse_base64(line.substr(start.size()));
  Note::Signed out;
  if (!bytes || bytes->size() != out.key_id.size() + out.signature.size()) return std::nullopt;
  std::copy_n(bytes->begin(), out.key_id.size(), out.key_id.begin());
  std::copy(bytes->begin() + out.key_id.size(), bytes->end(), out.signature.begin());
  return out;
}

std::optional<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take(text, "\n"), count = take(text, "\n"), head = take(text, "\n");
  const std::string start = fmt::format("{}/", kName);
  if (!origin || !count || !head || !origin->starts_with(start)) return std::nullopt;
  const auto number = decimal(*count);
  const auto hash = parse_base64(*head);
  Checkpoint out;
  if (!number || !hash || hash->size() != out.position.head.size()) return std::nullopt;
  out.log = origin->substr(start.size());
  out.position.count = *number;
  std::copy(hash->begin(), hash->end(), out.position.head.begin());
  if (text.starts_with("time ")) out.time = text.substr(5, text.find('\n') - 5);
  return out;
}

}  // namespace

SecretKey::SecretKey(const Seed& seed) {
  ::crypto_sign_ed25519_seed_keypair(public_.data(), secret_.data(), seed.data());
}

SecretKey::SecretKey(SecretKey&& other) noexcept : secret_(other.secret_), public_(other.public_) {
  ::sodium_memzero(other.secret_.data(), other.secret_.size());
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  if (this == &other) return *this;
  secret_ = other.secret_;
  public_ = other.public_;
  ::sodium_memzero(other.secret_.data(), other.secret_.size());
  return *this;
}

SecretKey::~SecretKey() { ::sodium_memzero(secret_.data(), secret_.size()); }

Signature SecretKey::sign(std::string_view bytes) const {
  Signature out{};
  ::crypto_sign_ed25519_detached(out.data(), nullptr, raw(bytes), bytes.size(), secret_.data());
  return out;
}

bool verify(const PublicKey& key, std::string_view bytes, const Signature& signature) {
  return ::crypto_sign_ed25519_verify_detached(signature.data(), raw(bytes), bytes.size(),
                                               key.data()) == 0;
}

std::string base64(std::string_view bytes) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), kBase64), '\0');
  ::sodium_bin2base64(out.data(), out.size(), raw(bytes), bytes.size(), kBase64);
  out.pop_back();  // the NUL
  return out;
}

// What is not written the one way in which we write it is refused.
std::optional<std::string> parse_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t length = 0;
  if (::sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                          text.size(), nullptr, &length, nullptr, kBase64) != 0)
    return std::nullopt;
  out.resize(length);
  if (base64(out) != text) return std::nullopt;
  return out;
}

std::string key_text(const PublicKey& key) {
  const KeyId id = key_id(key);
  return fmt::format("{}+{:02x}{:02x}{:02x}{:02x}+{}", kName, id[0], id[1], id[2], id[3],
                     base64(kAlgorithm + std::string(view(key))));
}

std::optional<PublicKey> parse_key(std::string_view text) {
  std::string_view rest = text;
  if (take(rest, "+") != kName || !take(rest, "+")) return std::nullopt;
  const auto bytes = parse_base64(rest);
  PublicKey out{};
  if (!bytes || bytes->size() != 1 + out.size() || bytes->front() != kAlgorithm)
    return std::nullopt;
  std::copy(bytes->begin() + 1, bytes->end(), out.begin());
  return key_text(out) == text ? std::optional(out) : std::nullopt;
}

bool Note::signed_by(const PublicKey& key) const {
  const KeyId id = key_id(key);
  return std::ranges::any_of(signatures, [&](const Signed& one) {
    return one.key_id == id && verify(key, text, one.signature);
  });
}

std::string sign_note(const Checkpoint& checkpoint, const SecretKey& key) {
  std::string text =
      fmt::format("{}/{}\n{}\n{}\ntime {}\n", kName, checkpoint.log, checkpoint.position.count,
                  base64(view(checkpoint.position.head)), checkpoint.time);
  const std::string signature =
      std::string(view(key_id(key.public_key()))) + std::string(view(key.sign(text)));
  return fmt::format("{}\n— {} {}\n", text, kName, base64(signature));
}

std::optional<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kLargest) return std::nullopt;
  std::string_view rest = bytes;
  const auto text = take(rest, "\n\n");
  if (!text) return std::nullopt;
  Note out;
  out.text = std::string(*text) + '\n';
  auto checkpoint = parse_checkpoint(out.text);
  if (!checkpoint) return std::nullopt;
  out.checkpoint = std::move(*checkpoint);
  while (!rest.empty()) {
    const auto line = take(rest, "\n");
    if (!line || !line->starts_with("— ")) return std::nullopt;
    // Other people's signatures are passed over, as signed-note wants it.
    if (auto one = parse_signature(*line)) out.signatures.push_back(*one);
  }
  if (out.signatures.empty()) return std::nullopt;
  return out;
}

}  // namespace glacis::evidence

// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/chain.h"

#include <sodium/crypto_generichash.h>
#include <sodium/utils.h>

#include <span>

namespace glacis::evidence {
namespace {

constexpr int kDeepest = 16;
constexpr std::string_view kContext = "glacis.chain/1\n";

}  // namespace

std::string canonical(const Canonical& json) {
  return json.dump(-1, ' ', false, Canonical::error_handler_t::replace);
}

Hash hash_bytes(std::string_view bytes) {
  return image::digest_of(std::as_bytes(std::span(bytes)));
}

std::optional<Hash> parse_hash(std::string_view hex) {
  Hash out{};
  std::size_t length = 0;
  if (hex.size() != 2 * out.size() ||
      ::sodium_hex2bin(out.data(), out.size(), hex.data(), hex.size(), nullptr, &length, nullptr) !=
          0 ||
      length != out.size() || image::hex(out) != hex)
    return std::nullopt;
  return out;
}

std::optional<Canonical> parse_canonical(std::string_view line) {
  bool good = true;
  Canonical out = Canonical::parse(
      line,
      [&](int depth, Canonical::parse_event_t, Canonical& value) {
        good &= depth <= kDeepest && !value.is_number_float();
        return good;
      },
      false);
  if (!good || !out.is_object()) return std::nullopt;
  return out;
}

std::string chained(Canonical record, Position& at) {
  Canonical& chain = record["chain"] = {{"n", at.count}, {"prev", image::hex(at.head)}};
  const Hash own = hash_bytes(std::string(kContext) + canonical(record));
  chain["this"] = image::hex(own);
  at = {at.count + 1, own};
  return canonical(record);
}

std::expected<Chained, std::string> read_chained(std::string_view line) {
  auto record = parse_canonical(line);
  if (!record) return std::unexpected("is not a record");
  if (canonical(*record) != line) return std::unexpected("is not in canonical form");
  const auto chain = record->find("chain");
  if (chain == record->end() || !chain->is_object() || chain->size() != 3)
    return std::unexpected("is no link of a chain");
  const auto hash = [&](const char* key) -> std::optional<Hash> {
    const auto at = chain->find(key);
    if (at == chain->end() || !at->is_string()) return std::nullopt;
    return parse_hash(at->get_ref<const std::string&>());
  };
  const auto n = chain->find("n");
  const auto prev = hash("prev"), own = hash("this");
  if (n == chain->end() || !n->is_number_unsigned() || !prev || !own)
    return std::unexpected("is no link of a chain");
  Chained out{{}, n->get<std::uint64_t>(), *prev, *own};
  Canonical bare = *record;
  bare["chain"].erase("this");
  if (hash_bytes(std::string(kContext) + canonical(bare)) != *own)
    return std::unexpected("was changed: its hash is not that of its bytes");
  out.record = std::move(*record);
  return out;
}

}  // namespace glacis::evidence

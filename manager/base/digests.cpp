// SPDX-License-Identifier: Apache-2.0
#include "manager/base/digests.h"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace glacis {
namespace {

constexpr std::size_t sha256_digits = 2 * crypto_hash_sha256_BYTES;

}  // namespace

bool is_sha256(std::string_view text) {
  return text.size() == sha256_digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string encode(const std::vector<FileDigest>& digests) {
  std::string out;
  for (const FileDigest& each : digests) {
    out.append(each.sha256).append(" ").append(each.path);
    out += '\0';
  }
  return out;
}

std::optional<std::vector<FileDigest>> parse_digests(std::string_view text) {
  std::vector<FileDigest> out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos || end < sha256_digits + 2) return std::nullopt;
    FileDigest one{std::string(rest.substr(sha256_digits + 1, end - sha256_digits - 1)),
                   std::string(rest.substr(0, sha256_digits))};
    if (rest[sha256_digits] != ' ' || one.path.front() != '/' || !is_sha256(one.sha256))
      return std::nullopt;
    out.push_back(std::move(one));
    rest.remove_prefix(end + 1);
  }
  return out;
}

std::optional<std::string> sha256_of(int fd) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::vector<std::uint8_t> part(std::size_t{64} << 10);
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(fd, part.data(), part.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    crypto_hash_sha256_update(&state, part.data(), static_cast<std::size_t>(got));
    at += got;
  }
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  std::string out(sha256_digits + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), digest.data(), digest.size());
  out.pop_back();
  return out;
}

}  // namespace glacis

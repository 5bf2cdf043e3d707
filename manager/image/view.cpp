// SPDX-License-Identifier: Apache-2.0
#include "manager/image/view.h"

#include <fmt/format.h>
#include <sodium/crypto_generichash.h>

#include <algorithm>
#include <cstring>

namespace glacis::image {
namespace {

#define GLACIS_SIZE(index, order) std::size_t{1} << (order),
constexpr std::size_t kSizes[] = {GL_IMAGE_SIZES(GLACIS_SIZE)};

template <typename T>
std::span<const T> section(const std::uint8_t* base, const gl_section& at) {
  return {reinterpret_cast<const T*>(base + at.offset), at.count};
}

}  // namespace

Digest digest_of(std::span<const std::byte> bytes) {
  Digest out{};
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size(), nullptr, 0);
  return out;
}

std::string hex(const Digest& digest) {
  std::string out;
  for (const std::uint8_t byte : digest) out += fmt::format("{:02x}", byte);
  return out;
}

std::optional<unsigned> size_class(std::size_t bytes) {
  for (unsigned i = 0; i < GL_IMAGE_SIZE_COUNT; ++i)
    if (bytes <= kSizes[i]) return i;
  return std::nullopt;
}

std::size_t size_class_bytes(unsigned size_class) { return kSizes[size_class]; }

ImageView ImageView::unchecked(std::span<const std::byte> bytes) {
  ImageView out;
  const std::size_t room = size_class_bytes(size_class(bytes.size()).value());
  out.words_.resize(room / sizeof(std::uint64_t));
  std::memcpy(out.words_.data(), bytes.data(), bytes.size());
  out.size_ = bytes.size();
  out.mask_ = static_cast<std::uint32_t>(room - 1);
  return out;
}

std::span<const std::uint32_t> ImageView::comb() const {
  return section<std::uint32_t>(base(), header().comb);
}
std::span<const gl_accept> ImageView::accepts() const {
  return section<gl_accept>(base(), header().accepts);
}
std::span<const std::uint16_t> ImageView::rule_refs() const {
  return section<std::uint16_t>(base(), header().rule_refs);
}
std::span<const gl_net4> ImageView::net4() const { return section<gl_net4>(base(), header().net4); }
std::span<const gl_net6> ImageView::net6() const { return section<gl_net6>(base(), header().net6); }
std::span<const gl_ports> ImageView::ports() const {
  return section<gl_ports>(base(), header().ports);
}
std::span<const gl_peer> ImageView::peers() const {
  return section<gl_peer>(base(), header().peers);
}
std::string_view ImageView::syscalls() const {
  const auto text = section<char>(base(), header().syscalls);
  return {text.data(), text.size()};
}
std::span<const gl_transition> ImageView::transitions() const {
  return section<gl_transition>(base(), header().transitions);
}
std::string_view ImageView::attach() const {
  const auto text = section<char>(base(), header().attach);
  return {text.data(), text.size()};
}
std::string_view ImageView::digests() const {
  const auto text = section<char>(base(), header().digests);
  return {text.data(), text.size()};
}

}  // namespace glacis::image

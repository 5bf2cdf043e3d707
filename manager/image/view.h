// SPDX-License-Identifier: Apache-2.0
// An image in memory as the core reads it: aligned, and padded with zeros to
// its size class. A view that read() (reader.h) made is known to be well formed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lsm/abi/image.h"

namespace glacis::image {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest digest_of(std::span<const std::byte> bytes);  // BLAKE2b-256
[[nodiscard]] std::string hex(const Digest& digest);

// The size class (index of GL_IMAGE_SIZES) that bytes of this size load into,
// and the bytes of a class.
[[nodiscard]] std::optional<unsigned> size_class(std::size_t bytes);
[[nodiscard]] std::size_t size_class_bytes(unsigned size_class);

class ImageView {
 public:
  // At least sizeof(gl_image) and at most GL_IMAGE_SIZE_MAX bytes. Nothing is
  // checked: for bytes that this process has just built, and for read().
  [[nodiscard]] static ImageView unchecked(std::span<const std::byte> bytes);

  [[nodiscard]] const gl_image& header() const {
    return *reinterpret_cast<const gl_image*>(words_.data());
  }
  // What the functions of lsm/decide take.
  [[nodiscard]] const std::uint8_t* base() const {
    return reinterpret_cast<const std::uint8_t*>(words_.data());
  }
  [[nodiscard]] std::uint32_t mask() const { return mask_; }

  [[nodiscard]] std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(words_)).first(size_);
  }
  [[nodiscard]] Digest digest() const { return digest_of(bytes()); }

  [[nodiscard]] std::span<const std::uint32_t> comb() const;
  [[nodiscard]] std::span<const gl_accept> accepts() const;
  [[nodiscard]] std::span<const std::uint16_t> rule_refs() const;
  [[nodiscard]] std::span<const gl_net4> net4() const;
  [[nodiscard]] std::span<const gl_net6> net6() const;
  [[nodiscard]] std::span<const gl_ports> ports() const;
  [[nodiscard]] std::span<const gl_peer> peers() const;
  [[nodiscard]] std::string_view syscalls() const;
  [[nodiscard]] std::span<const gl_transition> transitions() const;
  [[nodiscard]] std::string_view attach() const;
  [[nodiscard]] std::string_view digests() const;

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
  std::uint32_t mask_ = 0;
};

}  // namespace glacis::image

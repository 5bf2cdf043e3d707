// SPDX-License-Identifier: Apache-2.0
// Files whose content a profile names: [[exec.digest]], and the section `digests` of its
// image, which is for user space. The kernel knows them as entries of a map
// (lsm/abi/digest.h) and marks on paths (GL_FILE_DIGEST).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace glacis {

// One content that a file may have; a file with several has one of these for each.
struct FileDigest {
  std::string path;    // in the root of who loads the profile
  std::string sha256;  // 64 lower-case hexadecimal digits

  friend bool operator==(const FileDigest&, const FileDigest&) = default;
};

[[nodiscard]] bool is_sha256(std::string_view text);

// "HEX /usr/lib/libx.so", each with a NUL behind it.
[[nodiscard]] std::string encode(const std::vector<FileDigest>& digests);
// Nothing unless the text is what encode() writes.
[[nodiscard]] std::optional<std::vector<FileDigest>> parse_digests(std::string_view text);

// SHA-256 of what can be read from this descriptor, from its first byte to its last.
// Nothing if reading fails; errno tells why.
[[nodiscard]] std::optional<std::string> sha256_of(int fd);

}  // namespace glacis

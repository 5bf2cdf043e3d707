// SPDX-License-Identifier: Apache-2.0
#include "manager/image/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "lsm/abi/types.h"
#include "manager/image/hooks.h"
#include "manager/image/view.h"

namespace glacis::image {
namespace {

class Writer {
 public:
  Writer() : bytes_(sizeof(gl_image)) {}

  template <typename T>
  gl_section section(const T& entries) {
    const gl_section out{static_cast<std::uint32_t>(bytes_.size()),
                         static_cast<std::uint32_t>(entries.size())};
    const std::size_t size = entries.size() * sizeof(entries[0]);
    bytes_.resize((bytes_.size() + size + 7) & ~std::size_t{7});
    if (size > 0) std::memcpy(bytes_.data() + out.offset, entries.data(), size);
    return out;
  }

  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

Result<std::vector<std::byte>> lay_out(const Parts& parts) {
  gl_image header = parts.header;
  Writer writer;
  header.magic = GL_IMAGE_MAGIC;
  header.abi = GL_ABI;
  header.header_size = sizeof(gl_image);
  header.start = parts.comb.start;
  header.comb = writer.section(parts.comb.cells);
  header.accepts = writer.section(parts.accepts.accepts);
  header.rule_refs = writer.section(parts.accepts.rule_refs);
  header.net4 = writer.section(parts.network.net4);
  header.net6 = writer.section(parts.network.net6);
  header.ports = writer.section(parts.network.ports);
  header.peers = writer.section(parts.peers);
  header.syscalls = writer.section(parts.syscalls);
  header.transitions = writer.section(parts.transitions);
  header.attach = writer.section(parts.attach);
  header.digests = writer.section(parts.digests);
  std::memcpy(header.net4_tables, parts.network.net4_tables, sizeof(header.net4_tables));
  std::memcpy(header.net6_tables, parts.network.net6_tables, sizeof(header.net6_tables));
  std::ranges::copy(parts.comb.classes, header.classes);
  std::vector<std::byte>& bytes = writer.bytes();
  if (bytes.size() > GL_IMAGE_SIZE_MAX)
    return fail(
        Exit::usage,
        fmt::format("the image would have {} bytes ({} of path rules, {} of network rules), "
                    "and the largest that the kernel side holds is {}",
                    bytes.size(), header.net4.offset - sizeof(gl_image),
                    bytes.size() - header.net4.offset, GL_IMAGE_SIZE_MAX),
        "split the profile, or use wider patterns");
  header.size = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.hooks = needed_hooks(ImageView::unchecked(bytes)).raw();
  std::memcpy(bytes.data(), &header, sizeof(header));
  return std::move(bytes);
}

}  // namespace glacis::image

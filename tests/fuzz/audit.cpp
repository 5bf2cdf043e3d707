// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as a record of the kernel's audit stream: what is taken for one is
// bounded, and its line in the log is JSON of printable text.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "manager/evidence/other.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glacis;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const evidence::Context context;
  static evidence::SourceMaps maps("/nonexistent");
  for (const std::uint16_t type : {audit::type_seccomp, audit::type_lsm}) {
    auto record = audit::parse(type, text);
    if (!record) continue;
    if (record->comm.raw().size() > size || record->exe.raw().size() > size) std::abort();
    evidence::Other other;
    other.record = std::move(*record);
    const std::string line = evidence::other_line(other, {}, context, maps, nullptr);
    if (!nlohmann::json::accept(line) || evidence::kind_of(other).empty()) std::abort();
    for (const char c : line)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A seccomp profile of a container runtime, all the way.
#include "manager/import/seccomp/import.h"
#include "tests/fuzz/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glacis;
  const std::string text(reinterpret_cast<const char*>(data), size);
  twice([&](diag::Diagnostics& diagnostics, diag::SourceSet& sources) {
    std::vector<import::Imported> out;
    auto made = import::seccomp::import_text(text, "/p/s.json", {"s", {"CAP_SYS_ADMIN"}},
                                             diagnostics, sources);
    if (made) out.push_back(std::move(*made));
    must(made || diagnostics.failed());
    return out;
  });
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A policy of KubeArmor's, all the way.
#include "manager/import/kubearmor/import.h"
#include "tests/fuzz/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glacis;
  const std::string text(reinterpret_cast<const char*>(data), size);
  twice([&](diag::Diagnostics& diagnostics, diag::SourceSet& sources) {
    return import::kubearmor::import_text(text, "/p/k.yaml", diagnostics, sources);
  });
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A policy of AppArmor's, all the way: errors, or profiles whose text our own
// compiler takes, the same the second time. It includes itself by <self>.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "manager/diag/render.h"
#include "manager/import/apparmor/import.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glacis;
  const std::string text(reinterpret_cast<const char*>(data), size);
  profile::MemoryFiles files;
  files.add("/aa/t", text);
  files.add("/aa/self", text);
  files.add("/aa/abstractions/own", "/own r,\n");
  import::apparmor::ImportOptions options;
  options.search = {"/aa"};
  options.files = &files;
  const auto once = [&](std::string& out) {
    diag::Diagnostics diagnostics;
    diag::SourceSet sources;
    bool good = true;
    for (const auto& one :
         import::apparmor::import_files({"/aa/t"}, options, diagnostics, sources)) {
      out += one.text;
      good = good && one.good;
    }
    must(good || diagnostics.failed());
    out += diag::render_text(diagnostics, sources);
  };
  std::string first, second;
  once(first);
  once(second);
  must(first == second);
  return 0;
}

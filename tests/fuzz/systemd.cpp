// SPDX-License-Identifier: Apache-2.0
// A unit with a drop-in, all the way; what is behind a zero byte is the drop-in.
#include "manager/import/systemd/import.h"
#include "tests/fuzz/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glacis;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = text.find('\0');
  profile::MemoryFiles files;
  files.add("/u/x.service", text.substr(0, zero));
  if (zero != std::string::npos) files.add("/u/x.service.d/a.conf", text.substr(zero + 1));
  import::systemd::ImportOptions options;
  options.files = &files;
  options.groups =
      import::systemd::Groups::parse("@default\n brk\n@io\n read\n @net\n@net\n @io\n");
  twice([&](diag::Diagnostics& diagnostics, diag::SourceSet& sources) {
    std::vector<import::Imported> out;
    auto made = import::systemd::import_file("/u/x.service", options, diagnostics, sources);
    if (made) out.push_back(std::move(*made));
    must(made || diagnostics.failed());
    return out;
  });
  return 0;
}

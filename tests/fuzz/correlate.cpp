// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as audit records of each kind, beside two refusals: whatever they
// hold, what is shown is lines of printable text and JSON that reads back.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "manager/base/fd.h"
#include "manager/correlate/render.h"

namespace {

using namespace glacis;

void require(bool what) {
  if (!what) std::abort();
}

const evidence::Listing& refusals() {
  static const evidence::Listing out = [] {
    evidence::Listing listing;
    for (const char* text :
         {R"({"schema":"glacis.event/1","seq":1,"time":"2026-11-23T16:19:02.1Z","host":"node1",
             "subject":{"comm":"cat","ancestry":[[4,"sh"],[3,"containerd-shim"]]},
             "container":{"name":"nginx","pod":"web-7d9f8c5b6-x2x4z","namespace":"shop"},
             "object":{"kind":"file","path":"/etc/shadow"}})",
          R"({"schema":"glacis.event/1","seq":2,"time":"2026-11-23T16:19:02.1Z",
             "host":"i-0123456789abcdef0","container":{"name":"api"}})"})
      listing.entries.push_back({"log", 1, nlohmann::ordered_json::parse(text)});
    return listing;
  }();
  return out;
}

correlate::Source read(const correlate::Reader& reader, std::string_view text) {
  const Fd fd(::memfd_create("audit", MFD_CLOEXEC));
  require(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  require(::lseek(fd.get(), 0, SEEK_SET) == 0);
  auto out = correlate::read_source(reader, "audit", fd.get());
  require(out.has_value());
  return std::move(*out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<correlate::Source> sources;
  sources.push_back(read(*correlate::k8s_audit(), text));
  sources.push_back(read(*correlate::cloudtrail(), text));
  const correlate::Options options;
  const auto found = correlate::correlate(refusals(), sources, options);
  const std::string shown =
      correlate::correlation_text(found) + correlate::summary_text(found, sources, options);
  for (const char c : shown)
    require((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\n');
  require(nlohmann::json::accept(correlate::correlation_json(found, sources, options).dump()));
  return 0;
}

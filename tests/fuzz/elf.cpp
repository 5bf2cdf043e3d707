// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as a program: an error, or a list of calls of which each place
// is in its code. It is its own library too, so that its symbols find each other.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "manager/elf/calls.h"
#include "manager/elf/flow.h"

namespace {

using namespace glacis::elf;

void require(bool what) {
  if (!what) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Program program;
  for (const char* path : {"/p", "/l"}) {
    auto image = Image::parse(std::vector<std::uint8_t>(data, data + size), path);
    if (!image) return 0;
    program.images.push_back(std::move(*image));
  }
  const Image& image = program.images.front();
  std::uint64_t last = 0;
  for (const Stretch& one : stretches_of(image)) {
    require(one.first < one.last && one.first >= last && image.code_at(one.first) != nullptr);
    require(one.last - one.first <= longest_stretch + 16);
    last = one.last;
  }
  const StaticCalls found = calls_of(program);
  require(found.reachable <= found.functions);
  for (const auto& [number, places] : found.calls) {
    require(!places.empty());
    for (const Place& one : places) require(image.code_at(one.at) != nullptr);
  }
  return 0;
}

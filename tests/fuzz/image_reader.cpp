// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as an image. What the reader lets pass must be safe to decide
// with and to explain. An input is either the image itself (first byte even) or
// a list of changes to a good one: offset (two bytes), new byte.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "manager/image/builder.h"
#include "manager/image/explain.h"
#include "manager/image/reader.h"
#include "manager/sim/simulator.h"
#include "tests/unit/generate.h"

namespace {

using namespace glacis;
using Bytes = std::vector<std::byte>;

const std::vector<Bytes>& good_images() {
  static const std::vector<Bytes> images = [] {
    std::vector<Bytes> out;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      generate::Random random(seed);
      out.push_back(
          image::build(generate::profile(random, 4 * static_cast<unsigned>(seed)))->bytes);
    }
    return out;
  }();
  return images;
}

Bytes image_of(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || data[0] % 2 == 0) {
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    return size < 2 ? Bytes() : Bytes(bytes + 1, bytes + size);
  }
  Bytes out = good_images()[data[1] % good_images().size()];
  for (std::size_t i = 2; i + 2 < size; i += 3)
    out[(data[i] | std::size_t{data[i + 1]} << 8) % out.size()] = std::byte{data[i + 2]};
  return out;
}

void must(bool holds) {
  if (!holds) std::abort();
}

void ask(const image::ImageView& view, const sim::Request& request) {
  const gl_verdict verdict = sim::Simulator(view).decide(request);
  must(verdict.decision == GL_ALLOW || verdict.decision == GL_DENY);
  must(verdict.rule <= view.header().rules);
  must((verdict.decision == GL_ALLOW) == (verdict.reason == GL_REASON_RULE && !verdict.blocker) ||
       verdict.decision == GL_DENY);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = image_of(data, size);
  const auto view = image::read(bytes);
  if (!view) {
    must(!view.error().what.empty());
    return 0;
  }
  const std::string rest(reinterpret_cast<const char*>(data), size);
  for (const std::string& path : {std::string("/"), "/" + rest, "@" + rest})
    ask(*view, sim::FileRequest{path, GL_FILE_ALL, 3});
  generate::Random random(size);
  const auto profile = generate::profile(random, 5);
  for (int i = 0; i < 20; ++i) ask(*view, generate::request(random, profile));
  must(!image::explain_text(*view, nullptr).empty());
  must(!image::explain_json(*view, nullptr).empty());
  return 0;
}

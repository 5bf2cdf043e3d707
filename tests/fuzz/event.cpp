// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as what the kernel sends, and as what the log holds. The first
// byte chooses: an event itself, changes to a good one (offset, two bytes, and
// new byte), or the lines of a log.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "manager/base/fd.h"
#include "manager/evidence/render.h"

namespace {

using namespace glacis;
using namespace glacis::evidence;

void require(bool what) {
  if (!what) std::abort();
}

bool printable(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

void read_text(std::string_view text) {
  const Fd fd(::memfd_create("log", MFD_CLOEXEC));
  require(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get());
  const auto listing = read_log(path, {}, nullptr);
  require(listing.has_value());
  const std::string shown = list_text(*listing) + problems_text(listing->problems);
  for (std::size_t at = 0, end; (end = shown.find('\n', at)) != shown.npos; at = end + 1)
    require(printable(std::string_view(shown).substr(at, end - at)));
  for (const Entry& entry : listing->entries) require(!show_text(entry).empty());
  (void)list_json(*listing);
}

// Whatever the event holds, its record is one line that reads back.
void read_event(std::span<const std::byte> bytes) {
  static SourceMaps maps("/nonexistent");
  const Context context{{"boot", 1}, "host", 1'000'000'000, 0, {{7, "name"}}};
  const auto event = decode(bytes);
  const std::string line = event ? event_line(*event, context, maps)
                                 : undecoded_line(bytes, event.error().what, context);
  require(printable(line));
  require(nlohmann::json::accept(line));
  read_text(line + '\n');
}

std::unique_ptr<gl_event> good_event() {
  auto out = std::make_unique<gl_event>();
  out->abi = GL_ABI;
  out->size = sizeof(gl_event);
  out->seq = 1;
  out->class_ = GL_CLASS_FILE;
  out->subject.ancestors = 2;
  out->subject.exe = {GL_EXE_TEXT - 64, 1};
  out->object.path = {GL_PATH_TEXT - 64, 1};
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span rest(data + 1, size - 1);
  if (data[0] % 3 == 0) {
    read_event(std::as_bytes(rest));
  } else if (data[0] % 3 == 1) {
    const auto event = good_event();
    auto* bytes = reinterpret_cast<std::uint8_t*>(event.get());
    for (std::size_t i = 0; i + 2 < rest.size(); i += 3)
      bytes[(rest[i] | std::size_t{rest[i + 1]} << 8) % sizeof(gl_event)] = rest[i + 2];
    read_event(std::as_bytes(std::span(event.get(), 1)));
  } else {
    read_text({reinterpret_cast<const char*>(rest.data()), rest.size()});
  }
  return 0;
}

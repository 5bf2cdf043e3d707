// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as what a container runtime writes, and as our settings. The
// first byte chooses which. Whatever is accepted has what its users rely on.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "manager/oci/choice.h"
#include "manager/oci/config.h"
#include "manager/oci/edit.h"
#include "manager/oci/state.h"

namespace {

using namespace glacis;
using namespace glacis::oci;

void require(bool what) {
  if (!what) std::abort();
}

void check_choice(const Annotations& annotations, const Settings& settings) {
  const auto choice = choose(annotations, settings);
  if (!choice) return;
  for (const char c : choice->profile) require(c > ' ' && c < 0x7f);
  // Nothing but the administrator's word starts a container unconfined.
  require(!choice->profile.empty() || settings.fallback || !settings.unconfined.empty());
}

void read_state_text(std::string_view text) {
  const auto state = parse_state(text);
  if (!state) return;
  require(!state->id.empty() && state->bundle.starts_with('/'));
  require(state->stopped || state->pid > 1);
  check_choice(state->annotations, Settings{});
}

void read_config_text(std::string_view text) {
  const auto config = parse_config(text, "/bundle");
  if (!config) return;
  require(config->root.starts_with('/'));
  check_choice(config->annotations, Settings{});
  auto json = parse_object(text, "config.json");
  require(json.has_value());
  if (add_hooks(*json, "/hook")) {
    const Json once = *json;
    require(add_hooks(*json, "/hook") && *json == once);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 3 == 0) {
    read_state_text(text);
  } else if (data[0] % 3 == 1) {
    read_config_text(text);
  } else if (const auto settings = parse_settings(text)) {
    require(settings->timeout >= 1 && settings->timeout <= 60);
    check_choice({{"org.glacis.image", "image:1"}, {"a", "b"}}, *settings);
  }
  return 0;
}

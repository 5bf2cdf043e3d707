// SPDX-License-Identifier: Apache-2.0
// What is done before a runtime makes a container: where the bundle is on the
// runtime's command line, and what its config.json gets.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "manager/oci/json.h"

namespace glacis::oci {

// Of the command line of runc and crun.
struct Call {
  bool makes = false;  // create or run: there is a bundle, which a container is made of
  std::string bundle = ".";
  std::string log;  // where the engine that started us reads errors; may be empty
};
[[nodiscard]] Call parse_call(std::span<const std::string> words);

// The hook at `path` as the first of createRuntime and of poststop, once.
[[nodiscard]] Status add_hooks(Json& config, const std::string& path);

// A first hook that refuses the container with these words. For who may only edit:
// a runtime tells its user what a hook says, podman not what its own hooks say.
[[nodiscard]] Status add_refusal(Json& config, const std::string& path, const std::string& why);

enum class Filter {
  refuses_others,  // a list of calls: takes the place of the engine's
  refuses_some,    // is used where the engine has none, so that nothing is let in
};
[[nodiscard]] Status add_seccomp(Json& config, const Json& filter, Filter kind);

}  // namespace glacis::oci

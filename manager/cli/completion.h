// SPDX-License-Identifier: Apache-2.0
// A shell's completion file, from the tree of commands.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace glacis::cli {

// `shell` is bash, zsh or fish.
[[nodiscard]] std::string completions(const CLI::App& app, std::string_view shell);

}  // namespace glacis::cli

// SPDX-License-Identifier: Apache-2.0
// Help texts: an overview with examples first, and one page a command.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace glacis::cli {

[[nodiscard]] std::string overview();

class Formatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace glacis::cli

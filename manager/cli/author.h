// SPDX-License-Identifier: Apache-2.0
// Options that the authoring commands have in common.
#pragma once

#include <string>
#include <vector>

#include "manager/cli/command.h"
#include "manager/profile/load.h"

namespace glacis::cli {

struct SearchOptions {
  std::vector<std::string> folders;

  void add_to(Command command) {
    command.add_option("-I,--include", folders, "Look for includes in DIR too")
        .type_name("DIR")
        .repeatable();
  }

  [[nodiscard]] profile::LoadOptions load_options() const {
    profile::LoadOptions options;
    options.search.insert(options.search.begin(), folders.begin(), folders.end());
    return options;
  }
};

}  // namespace glacis::cli

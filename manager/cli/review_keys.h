// SPDX-License-Identifier: Apache-2.0
// A review by keyboard: each proposal is shown with its evidence and answered by
// one key. Where the keys come from is the caller's affair.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "manager/cli/output.h"
#include "manager/learn/propose.h"

namespace glacis::cli {

// Nothing: there are no more.
using NextKey = std::function<std::optional<char>()>;

// What was accepted; nothing if the review was left.
[[nodiscard]] std::optional<std::vector<learn::Item>> ask(const Output& out,
                                                          const learn::Recording& recording,
                                                          const std::vector<learn::Item>& items,
                                                          const NextKey& next);

// The keys of the terminal, without a line end.
[[nodiscard]] NextKey terminal_keys();

// One proposal in a few lines, as both ways of reviewing show it.
[[nodiscard]] std::string item_text(const learn::Item& item);

}  // namespace glacis::cli

// SPDX-License-Identifier: Apache-2.0
// What the text form and the JSON form of a request have in common.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "manager/base/result.h"
#include "manager/image/words.h"
#include "manager/sim/simulator.h"

namespace glacis::sim {

[[nodiscard]] std::unexpected<Error> bad_event(std::string what);

// The value of a word of a list, or an error with the nearest one.
[[nodiscard]] Result<std::uint32_t> word_value(std::string_view what,
                                               std::span<const image::Word> words,
                                               std::string_view text);
// "a,b" to the union of the bits.
[[nodiscard]] Result<std::uint32_t> word_bits(std::string_view what,
                                              std::span<const image::Word> words,
                                              std::string_view list);
[[nodiscard]] Result<std::uint32_t> owner_bits(std::string_view list);  // "self,root", "other"

// Fills in the address of a net request.
[[nodiscard]] Status set_address(std::string_view text, NetRequest& request);

// A path as a walk yields it, and an access; or no path and another ending.
[[nodiscard]] Result<Request> checked(FileRequest request);
[[nodiscard]] Result<Request> checked(const NetRequest& request);
// The exec of what `file` names.
[[nodiscard]] Result<Request> exec_request(Result<Request> file, bool unsafe);
// One task, and a signal exactly where one is sent; `signal` is its name, or empty.
[[nodiscard]] Result<Request> checked(TaskRequest request, std::string_view signal);

[[nodiscard]] Result<Request> parse_json_event(std::string_view text);

}  // namespace glacis::sim

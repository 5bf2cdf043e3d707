// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "manager/diag/diagnostic.h"
#include "manager/profile/document.h"
#include "manager/profile/tree.h"

namespace glacis::profile {

// Tree to document: keys, types and words. Faults become diagnostics, and what
// is at fault is left out of the document.
[[nodiscard]] Document validate(const Node& tree, Layer layer, std::uint32_t file,
                                diag::Diagnostics& diagnostics);

// What a profile may be called: letters, digits, '.', '_' and '-', at most 63.
inline constexpr std::size_t longest_profile_name = 63;
// What stands for the domain itself where a transition names a profile.
inline constexpr std::string_view stays = "inherit";
[[nodiscard]] bool is_profile_name(std::string_view name);
// Who is named as a peer: self, unconfined, any, or a profile.
void check_peer(const Text& peer, diag::Diagnostics& diagnostics);

// The parts of it, each in a file of its own.
void validate_settings(const Node& tree, Document& document, diag::Diagnostics& diagnostics);
void validate_attach(const Node& tree, Document& document, diag::Diagnostics& diagnostics);
void validate_files(const Node& tree, Document& document, diag::Diagnostics& diagnostics);
void validate_exec(const Node& tree, Document& document, diag::Diagnostics& diagnostics);
void validate_nets(const Node& tree, Document& document, diag::Diagnostics& diagnostics);
void validate_processes(const Node& tree, Document& document, diag::Diagnostics& diagnostics);
void validate_grants(const Node& tree, Document& document, diag::Diagnostics& diagnostics);
void validate_syscalls(const Node& tree, Document& document, diag::Diagnostics& diagnostics);
void validate_benign(const Node& tree, Document& document, diag::Diagnostics& diagnostics);

// `severity`, `reason` and `seen`: kept in the source for people and for
// learning, and checked so that a slip does not go unseen.
class Fields;
void validate_metadata(Fields& fields);
[[nodiscard]] std::span<const std::string_view> severity_words();

}  // namespace glacis::profile

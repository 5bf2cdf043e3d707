// SPDX-License-Identifier: Apache-2.0
// Every diagnostic has a code that never changes its meaning, a title and an
// explanation, which `glacis explain GL204` prints. GL1xx are about the file,
// GL2xx about rules, GL3xx warnings of the lint, GL4xx notes, GL5xx about
// imports, GL6xx about exports: of these a warning makes the result looser, a
// note tighter.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace glacis::diag {

enum class Severity : std::uint8_t { error = 0, warning = 1, note = 2 };

[[nodiscard]] std::string_view word(Severity severity);

// X(number, severity, "title"). Append only.
#define GLACIS_DIAGNOSTIC_CODES(X)                           \
  X(101, error, "not valid TOML")                            \
  X(102, error, "defined twice")                             \
  X(103, error, "file cannot be read")                       \
  X(104, error, "not a regular file")                        \
  X(105, error, "file too large")                            \
  X(106, error, "unknown key")                               \
  X(107, error, "wrong type")                                \
  X(108, error, "something required is missing")             \
  X(109, error, "unsupported schema")                        \
  X(110, error, "not allowed in this file")                  \
  X(111, error, "include not found")                         \
  X(112, error, "include cycle")                             \
  X(113, error, "malformed include")                         \
  X(114, error, "not supported by this version")             \
  X(115, error, "malformed value")                           \
  X(201, error, "unknown word")                              \
  X(202, error, "relative path")                             \
  X(203, error, "path that no file has")                     \
  X(204, error, "rule without effect")                       \
  X(205, warning, "rule written twice")                      \
  X(206, error, "malformed pattern")                         \
  X(207, error, "path too long")                             \
  X(208, error, "too many alternatives")                     \
  X(209, error, "unknown variable")                          \
  X(210, error, "variable cycle")                            \
  X(211, error, "malformed variable")                        \
  X(212, error, "malformed address")                         \
  X(213, error, "malformed port")                            \
  X(214, error, "incomplete rule")                           \
  X(215, error, "keys that exclude each other")              \
  X(216, error, "not possible for this protocol")            \
  X(217, error, "too many rules")                            \
  X(218, error, "does not fit into an image")                \
  X(219, error, "condition that does not hold")              \
  X(220, error, "expired")                                   \
  X(221, error, "malformed digest")                          \
  X(301, warning, "writes what privileged programs consume") \
  X(302, warning, "writable and executable")                 \
  X(303, warning, "grant over the whole tree")               \
  X(304, warning, "execution of the dynamic loader")         \
  X(305, warning, "protocols that share an address table")   \
  X(306, warning, "peer that may be misspelt")               \
  X(307, warning, "trace of unconfined tasks")               \
  X(308, warning, "transition that others can use")          \
  X(310, warning, "not enforced by this version")            \
  X(311, warning, "path through a symlink")                  \
  X(320, warning, "grant that needs a refused system call")  \
  X(321, warning, "system call that no grant lets succeed")  \
  X(322, warning, "append is advisory")                      \
  X(401, note, "containers do not attach yet")               \
  X(402, note, "a backend cannot express a rule")            \
  X(403, note, "port 0")                                     \
  X(404, note, "check cut short")                            \
  X(405, note, "transition to a profile not seen here")      \
  X(501, error, "not in the language that is imported")      \
  X(502, error, "too large to import")                       \
  X(503, error, "what was imported does not compile")        \
  X(511, warning, "files and directories in one grant")      \
  X(512, warning, "entered by a grant of execution")         \
  X(513, warning, "the other side is not asked")             \
  X(514, warning, "messages are not told apart")             \
  X(515, warning, "condition that is lost")                  \
  X(516, warning, "limit that is lost")                      \
  X(517, warning, "socket that is granted in part")          \
  X(518, warning, "Unix sockets that are not told apart")    \
  X(519, warning, "comparison or refusal that is lost")      \
  X(521, note, "execution that stays confined")              \
  X(522, note, "change of profile without an exec")          \
  X(523, note, "peers that are those imported together")     \
  X(524, note, "socket that can't be granted")               \
  X(525, note, "flag without a counterpart")                 \
  X(526, note, "policy without an abi")                      \
  X(527, note, "recording that is lost")                     \
  X(528, note, "refusal that is broader")                    \
  X(529, note, "grant that is narrower")                     \
  X(530, warning, "setting that is lost")                    \
  X(531, note, "setting that is tighter here")               \
  X(532, note, "refusal that ends otherwise")                \
  X(533, note, "whom it is for is not carried over")         \
  X(601, error, "can't be exported")                         \
  X(611, warning, "word of the target that grants more")     \
  X(612, warning, "the target does not ask")                 \
  X(613, warning, "condition that the target has not")       \
  X(614, warning, "refusal that the target can't make")      \
  X(621, note, "grant that the target has no word for")      \
  X(622, note, "refusal of the target that is broader")      \
  X(623, note, "setting that the target has not")

enum class Code : std::uint16_t {
#define GLACIS_X(number, severity, title) GL##number = number,
  GLACIS_DIAGNOSTIC_CODES(GLACIS_X)
#undef GLACIS_X
};

struct CodeInfo {
  Code code;
  Severity severity;
  std::string_view name;  // "GL204"
  std::string_view title;
  std::string_view explanation;  // one paragraph
};

[[nodiscard]] const CodeInfo& describe(Code code);
[[nodiscard]] std::span<const CodeInfo> all_codes();
// "GL204", in either case.
[[nodiscard]] const CodeInfo* find_code(std::string_view name);

}  // namespace glacis::diag

// SPDX-License-Identifier: Apache-2.0
// A recording as a text file: lines of JSON, to carry it to another host, to
// keep it beside a profile, or to replay it. The last line says how many there
// were and what their hash is, so that a file that was cut off is noticed. It
// proves nothing about who wrote it.
//
//   {"schema":"glacis.recording/1","name":"redis","runs":2,"behaviours":31}
//   {"run":"<token>","host":...,"machine":...,"kernel":...,"what":...,
//    "started":<ns>,"ended":<ns>,"lost":0,"unlearned":{},
//    "programs":{"/usr/bin/x":"<blake2b>"},"rules":0}, these two only where they are known
//   {"event":"file read /etc/hosts","exe":"/usr/bin/x","seen":[[run,count,first,last],...]}
//   {"end":34,"blake2b":"<of all before, with line ends>"}
//
// Texts that a process chose are escaped as in records (manager/evidence/record.h).
#pragma once

#include <string>
#include <string_view>

#include "manager/learn/recording.h"

namespace glacis::learn {

inline constexpr std::size_t largest_export = std::size_t{256} << 20;

[[nodiscard]] std::string export_text(const Recording& recording);
// Anything that export_text() would not have written is an error that names its line.
[[nodiscard]] Result<Recording> import_text(std::string_view text);

}  // namespace glacis::learn

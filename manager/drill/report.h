// SPDX-License-Identifier: Apache-2.0
// The report of a drill, signed by the key that signs the evidence log at that
// time. The file is one line of canonical JSON (manager/evidence/chain.h):
//   {"key":..., "report":{"schema":"glacis.drill/1",...}, "schema":"glacis.drill-report/1",
//    "signature":...}
// and what is signed is "glacis.drill-report/1\n" + the canonical report, so that
// no signature of a checkpoint or a key is one of a report.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/drill/outcome.h"
#include "manager/evidence/chain.h"
#include "manager/evidence/note.h"

namespace glacis::drill {

using evidence::Canonical;

inline constexpr std::string_view report_schema = "glacis.drill/1";
inline constexpr std::string_view signed_schema = "glacis.drill-report/1";
inline constexpr std::size_t largest_report = std::size_t{8} << 20;

struct Done {
  Step step;
  Outcome outcome;
};
struct Played {
  std::string name;
  std::vector<Done> steps;
};

struct Report {
  std::string id;  // of this drill
  std::string host, boot, log;
  std::string started, ended;  // as in records
  std::string profile, file;   // its name, and where it was read
  std::string image, domain;   // of the copy
  std::string in_force;        // what is enforced under the profile's name: same, another, nothing
  std::string owner, attack;   // of the profile; the version of ATT&CK
  bool notify = false;
  std::vector<Played> scenarios;

  [[nodiscard]] Counts counts() const;
};

[[nodiscard]] Canonical report_json(const Report& report);
// Named in the record of the drill's end.
[[nodiscard]] std::string report_hash(const Canonical& report);

// The file's bytes. Without a key it says that nobody signed it.
[[nodiscard]] std::string sign_report(const Canonical& report, const evidence::SecretKey* key);

// A signed report whose bytes are what was written.
struct Signed {
  Canonical report;
  std::optional<evidence::PublicKey> key;
  std::optional<evidence::Signature> signature;
};
[[nodiscard]] Result<Signed> parse_signed(std::string_view bytes);
// By the key that it names itself, whoever's that is.
[[nodiscard]] bool signature_holds(const Signed& report);

// Whether somebody's key signed it, and whose.
struct Verified {
  bool signature = false;      // made by the key that the report names
  std::string trust;           // where that key is known from; empty: nowhere
  std::optional<bool> in_log;  // the record of the drill's end names it; not looked for
  std::string problem;         // empty: all is well

  [[nodiscard]] bool good() const { return problem.empty(); }
};
// `log`: whose headers name keys, and which has the drill's end; may be empty.
[[nodiscard]] Result<Verified> verify_report(const Signed& report,
                                             const std::vector<evidence::PublicKey>& keys,
                                             const std::filesystem::path& log);

}  // namespace glacis::drill

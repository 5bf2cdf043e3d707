// SPDX-License-Identifier: Apache-2.0
// glacis review --unused: grants that could go.
#include "manager/cli/review_unused.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "manager/diag/render.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/unused.h"

namespace glacis::cli {
namespace {

using namespace std::chrono;

Json to_json(const learn::Recording& recording, const learn::Unused& of, unsigned days) {
  Json list = Json::array();
  for (const learn::UnusedGrant& one : of.unused)
    list.push_back({{"rule", escape(one.rule)},
                    {"place", escape(one.place)},
                    {"last", one.last == 0 ? Json() : Json(learn::time_text(one.last))}});
  return {{"schema", "glacis.unused/1"},
          {"profile", escape(recording.name)},
          {"days", days},
          {"grants", of.grants},
          {"runs", of.runs},
          {"runs_not_counted", of.skipped},
          {"unused", std::move(list)}};
}

void print(const Output& out, const learn::Unused& of) {
  for (const learn::UnusedGrant& one : of.unused)
    out.print("{}: {}\n    {}\n", shown(one.place), shown(one.rule),
              one.last == 0 ? "not used in any run that counts"
                            : "last used " + learn::time_text(one.last));
  out.say("{} of {} unused, by {}\n", of.unused.size(), counted(of.grants, "grant"),
          counted(of.runs, "run"));
  if (of.skipped != 0)
    out.say("{} not counted: watched under grants, whose use is not recorded\n",
            counted(of.skipped, "run"));
}

}  // namespace

Result<int> tell_unused(const Output& out, const learn::Recording& recording,
                        const fs::path& profile, const profile::LoadOptions& options,
                        unsigned days) {
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  const auto loaded = profile::load_profile(profile, options, diagnostics, sources);
  if (!loaded)
    return fail(Exit::usage, fmt::format("{} is not a valid profile", shown(profile.native())),
                fmt::format("glacis check {}", shown(profile.native())));
  const auto since = system_clock::now().time_since_epoch() - hours(24) * days;
  const auto unused = learn::unused_of(recording, *loaded, nanoseconds(since).count());
  if (!unused) return std::unexpected(unused.error());
  if (out.json)
    out.write_json(to_json(recording, *unused, days));
  else
    print(out, *unused);
  return static_cast<int>(unused->unused.empty() ? Exit::ok : Exit::findings);
}

}  // namespace glacis::cli

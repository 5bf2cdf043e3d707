// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/others_log.h"

#include "manager/evidence/store.h"

namespace glacis::daemon {
namespace {

// A command that holds the log's lock for longer is waited for later.
constexpr std::chrono::milliseconds patience{200};

}  // namespace

Status write_heard(const Heard& heard) {
  const evidence::Context context = evidence::here(0);
  auto store = evidence::Store::open({}, patience);
  if (!store) return std::unexpected(store.error());
  evidence::SourceMaps maps;
  evidence::Processes processes;
  std::vector<std::string> lines;
  for (const Heard::Told& one : heard.refusals)
    lines.push_back(
        evidence::other_line(one.what, {one.further, one.last}, context, maps, &processes));
  if (heard.dropped != 0) lines.push_back(evidence::missed_line("room", heard.dropped, context));
  if (heard.lost) lines.push_back(evidence::missed_line("socket", std::nullopt, context));
  if (auto done = store->append(lines); !done) return done;
  return store->sync();
}

}  // namespace glacis::daemon

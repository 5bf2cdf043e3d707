// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/watch.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "manager/base/file.h"
#include "manager/cli/host.h"
#include "manager/evidence/list.h"
#include "manager/evidence/store.h"
#include "manager/learn/drift.h"
#include "manager/learn/intake.h"
#include "manager/learn/transfer.h"

namespace glacis::cli {
namespace {

constexpr const char* kProfiles = "/etc/glacis/profiles";

constexpr const char* kEmpty = R"(# Grants nothing: what it learned is in {0}.toml.d beside it.
schema = 1

[profile]
name = "{0}"
mode = "observe"
)";

}  // namespace

fs::path profile_path(const std::string& name) {
  return fs::path(kProfiles) / fmt::format("{}.toml", name);
}

Result<fs::path> profile_to_learn(const Output& out, const std::string& name,
                                  const std::string& file) {
  if (!file.empty()) return fs::path(file);
  const fs::path path = profile_path(name);
  std::error_code error;
  if (fs::exists(path, error)) return path;
  fs::create_directories(path.parent_path(), error);
  if (error)
    return fail(Exit::usage, fmt::format("cannot create {}: {}", kProfiles, error.message()));
  if (auto done = write_file(path, fmt::format(fmt::runtime(kEmpty), name)); !done)
    return std::unexpected(done.error());
  out.say("{}: written, a profile that grants nothing yet\n", shown(path.native()));
  return path;
}

Status bring_up_to_date(const Output& out, learn::Database& database, const learn::Watch& watch,
                        const std::string& name) {
  std::optional<evidence::Live> counts;
  if (auto enforcer = kernel::Enforcer::open(); enforcer && *enforcer) {
    drain_evidence(out, **enforcer);
    if (auto live = evidence::live(**enforcer)) counts = std::move(*live);
  }
  return learn::take_in(database, watch, name, evidence::log_path, counts ? &*counts : nullptr);
}

Status finish_run(const Output& out, learn::Database& database, const learn::Watch& watch,
                  const std::string& name) {
  if (auto done = bring_up_to_date(out, database, watch, name); !done) return done;
  // A container's programs are not found at their paths here, and have no version then.
  const auto programs = database.programs(watch);
  if (!programs) return std::unexpected(programs.error());
  for (const std::string& exe : *programs)
    if (const std::string digest = learn::program_digest(exe); !digest.empty())
      if (auto done = database.identify(watch, exe, digest); !done) return done;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return database.end(watch, std::chrono::nanoseconds(now).count());
}

bool is_watched(const learn::Watch& watch) {
  return watch.watcher > 0 && ::kill(static_cast<pid_t>(watch.watcher), 0) == 0;
}

Result<learn::Recording> current_recording(const Output& out, const std::string& name) {
  auto database = learn::Database::open(learn::recording_path(name));
  if (!database) return std::unexpected(database.error());
  const auto watch = database->watch();
  if (!watch) return std::unexpected(watch.error());
  if (*watch && ::geteuid() == 0)
    if (auto done = bring_up_to_date(out, *database, **watch, name); !done)
      return std::unexpected(done.error());
  return database->read();
}

Result<learn::Recording> read_export(const std::string& file) {
  const auto text = read_file(file, learn::largest_export);
  if (!text) return std::unexpected(text.error());
  auto out = learn::import_text(*text);
  if (!out) {
    Error error = out.error();
    error.what = fmt::format("{}: {}", shown(file), error.what);
    return std::unexpected(std::move(error));
  }
  return out;
}

Result<learn::Recording> open_recording(const Output& out, const std::string& what) {
  std::error_code ignored;
  return what.find('/') != std::string::npos || fs::exists(what, ignored)
             ? read_export(what)
             : current_recording(out, what);
}

}  // namespace glacis::cli

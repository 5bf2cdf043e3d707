// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/learn/sql.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kVersion = 2;  // PRAGMA user_version
constexpr std::int64_t kApplication = 0x676c6163;
constexpr int kPatience = 10'000;  // milliseconds

constexpr const char* kTables = R"(
CREATE TABLE recording(name BLOB NOT NULL);
CREATE TABLE runs(id INTEGER PRIMARY KEY, token BLOB NOT NULL UNIQUE, host BLOB NOT NULL,
  machine BLOB NOT NULL, kernel BLOB NOT NULL, what BLOB NOT NULL, started INTEGER NOT NULL,
  ended INTEGER NOT NULL, lost INTEGER NOT NULL, boot BLOB NOT NULL, ring INTEGER NOT NULL,
  from_seq INTEGER NOT NULL, watcher INTEGER NOT NULL, stop INTEGER NOT NULL);
CREATE TABLE behaviours(id INTEGER PRIMARY KEY, event BLOB NOT NULL, exe BLOB NOT NULL,
  UNIQUE(event, exe));
CREATE TABLE sightings(run INTEGER NOT NULL REFERENCES runs(id), seq INTEGER NOT NULL,
  behaviour INTEGER NOT NULL REFERENCES behaviours(id), count INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY(run, seq, behaviour)) WITHOUT ROWID;
CREATE TABLE unlearned(run INTEGER NOT NULL REFERENCES runs(id), seq INTEGER NOT NULL,
  what BLOB NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(run, seq, what)) WITHOUT ROWID;
)";

// What version 2 has and version 1 had not.
constexpr const char* kPrograms = R"(
CREATE TABLE programs(run INTEGER NOT NULL REFERENCES runs(id), exe BLOB NOT NULL,
  digest BLOB NOT NULL, PRIMARY KEY(run, exe)) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN rules INTEGER NOT NULL DEFAULT -1;
)";

std::unexpected<Error> damaged(const fs::path& path, std::string_view what) {
  return fail(Exit::usage,
              fmt::format("{} is no recording: {}", escape(path.native(), Backslash::keep), what),
              "move it away, and import the last export", "nothing was changed");
}

Result<std::int64_t> pragma(sqlite3* handle, std::string_view name) {
  Statement statement(handle, fmt::format("PRAGMA {}", name));
  const auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement.number(0) : 0;
}

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX));
}

// The file exists before SQLite opens it, so that nobody else may read it.
Status make_file(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (!error) fs::permissions(path.parent_path(), fs::perms(0700), error);
  const Fd file(error ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file) return {};
  const std::string why = error ? error.message() : std::strerror(errno);
  const bool refused = error == std::errc::permission_denied || errno == EACCES;
  return fail(refused ? Exit::not_permitted : Exit::usage,
              fmt::format("cannot create {}: {}", escape(path.native(), Backslash::keep), why));
}

// Many of them: each statement is prepared once.
class Sightings {
 public:
  explicit Sightings(sqlite3* handle)
      : behaviour_(handle, "INSERT OR IGNORE INTO behaviours(event, exe) VALUES(?,?)"),
        sighting_(handle,
                  "INSERT INTO sightings SELECT ?1, ?2, id, ?3, ?4, ?5 FROM behaviours "
                  "WHERE event = ?6 AND exe = ?7 ON CONFLICT DO UPDATE SET "
                  "count = max(count, excluded.count), last = max(last, excluded.last)") {}

  Status add(std::int64_t run, std::uint64_t seq, const sim::Request& request, std::string_view exe,
             const Sighting& seen) {
    const std::string event = sim::to_text(request);
    if (auto done = behaviour_.bind(event).bind(exe).run(); !done) return done;
    return sighting_.bind(run)
        .bind(signed_of(seq))
        .bind(signed_of(seen.count))
        .bind(seen.first)
        .bind(seen.last)
        .bind(event)
        .bind(exe)
        .run();
  }

 private:
  Statement behaviour_, sighting_;
};

}  // namespace

fs::path recording_path(std::string_view name) {
  return fs::path(recordings_folder) / fmt::format("{}.db", name);
}

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close(handle); }

Result<Database> Database::connect(const fs::path& path) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr);
  Database out{std::unique_ptr<sqlite3, Close>(raw)};
  if (code != SQLITE_OK)
    return fail(Exit::usage,
                fmt::format("cannot open {}: {}", escape(path.native(), Backslash::keep),
                            raw != nullptr ? sqlite3_errmsg(raw) : "no memory"));
  sqlite3_busy_timeout(raw, kPatience);
  // The file may have been anybody's: no code of its schema is run.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (auto done = execute(raw,
                          "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                          "PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON;");
      !done)
    return damaged(path, done.error().what);
  return out;
}

Status Database::check(const fs::path& path) const {
  const auto application = pragma(handle_.get(), "application_id");
  if (!application) return damaged(path, application.error().what);
  if (*application != kApplication) return damaged(path, "another program wrote it");
  const auto version = pragma(handle_.get(), "user_version");
  if (!version) return damaged(path, version.error().what);
  if (*version < 1 || *version > kVersion)
    return damaged(path,
                   fmt::format("it has version {}, and this program knows {}", *version, kVersion));
  Statement whole(handle_.get(), "PRAGMA quick_check(1)");
  const auto row = whole.step();
  if (!row) return damaged(path, row.error().what);
  if (*row && whole.bytes(0) != "ok")
    return damaged(path, fmt::format("it is damaged ({})", escape(whole.bytes(0))));
  return {};
}

// Whoever is first does it; the others find it done.
Status Database::bring_forward() {
  auto version = pragma(handle_.get(), "user_version");
  if (!version) return std::unexpected(version.error());
  if (*version == kVersion) return {};
  Transaction all(handle_.get());
  if (!all.begun()) return all.begun();
  if (version = pragma(handle_.get(), "user_version"); !version)
    return std::unexpected(version.error());
  if (*version == kVersion) return {};
  Status done = execute(handle_.get(), kPrograms);
  if (done) done = execute(handle_.get(), fmt::format("PRAGMA user_version={};", kVersion).c_str());
  if (!done) return done;
  return all.commit();
}

Result<Database> Database::create(const fs::path& path, std::string_view name) {
  if (auto made = make_file(path); !made) return std::unexpected(made.error());
  auto out = connect(path);
  if (!out) return out;
  sqlite3* handle = out->handle_.get();
  {
    Transaction all(handle);
    if (!all.begun()) return std::unexpected(all.begun().error());
    const auto version = pragma(handle, "user_version");
    const auto tables = pragma(handle, "schema_version");
    if (version && tables && *version == 0 && *tables == 0) {
      Status done = execute(handle, kTables);
      if (done) done = execute(handle, kPrograms);
      if (done) done = Statement(handle, "INSERT INTO recording VALUES(?)").bind(name).run();
      if (done)
        done = execute(handle, fmt::format("PRAGMA application_id={}; PRAGMA user_version={};",
                                           kApplication, kVersion)
                                   .c_str());
      if (done) done = all.commit();
      if (!done) return std::unexpected(done.error());
    }
  }
  if (auto good = out->check(path); !good) return std::unexpected(good.error());
  if (auto done = out->bring_forward(); !done) return std::unexpected(done.error());
  return out;
}

Result<Database> Database::open(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    return fail(Exit::usage,
                fmt::format("there is no recording {}", escape(path.native(), Backslash::keep)),
                "glacis learn start NAME -- CMD...");
  auto out = connect(path);
  if (!out) return out;
  if (auto good = out->check(path); !good) return std::unexpected(good.error());
  if (auto done = out->bring_forward(); !done) return std::unexpected(done.error());
  return out;
}

Result<Recording> Database::read() const {
  sqlite3* handle = handle_.get();
  Recording out;
  Statement name(handle, "SELECT name FROM recording");
  Result<bool> row = name.step();
  if (row && *row) out.name = name.bytes(0);
  std::unordered_map<std::int64_t, std::size_t> run_at;
  Statement runs(handle,
                 "SELECT id, token, host, machine, kernel, what, started, ended, lost, "
                 "rules FROM runs ORDER BY started, id");
  while (row && (row = runs.step()) && *row) {
    run_at.emplace(runs.number(0), out.runs.size());
    out.runs.push_back({runs.bytes(1),
                        runs.bytes(2),
                        runs.bytes(3),
                        runs.bytes(4),
                        runs.bytes(5),
                        runs.number(6),
                        runs.number(7),
                        static_cast<std::uint64_t>(runs.number(8)),
                        {},
                        {},
                        runs.number(9)});
  }
  Statement odd(handle, "SELECT run, what, sum(count) FROM unlearned GROUP BY run, what");
  while (row && (row = odd.step()) && *row)
    if (const auto at = run_at.find(odd.number(0)); at != run_at.end())
      out.runs[at->second].unlearned[odd.bytes(1)] = static_cast<std::uint64_t>(odd.number(2));
  Statement programs(handle, "SELECT run, exe, digest FROM programs");
  while (row && (row = programs.step()) && *row)
    if (const auto at = run_at.find(programs.number(0)); at != run_at.end())
      out.runs[at->second].programs[programs.bytes(1)] = programs.bytes(2);
  Statement seen(handle,
                 "SELECT b.id, b.event, b.exe, s.run, sum(s.count), min(s.first), max(s.last) "
                 "FROM behaviours b JOIN sightings s ON s.behaviour = b.id "
                 "GROUP BY b.id, s.run ORDER BY b.id, s.run");
  std::int64_t last = -1;
  while (row && (row = seen.step()) && *row) {
    const auto run = run_at.find(seen.number(3));
    if (run == run_at.end()) continue;
    if (seen.number(0) != last) {
      auto request = sim::parse_event(seen.bytes(1));
      if (!request) return std::unexpected(request.error());
      out.behaviours.push_back({std::move(*request), seen.bytes(2), {}});
      last = seen.number(0);
    }
    out.behaviours.back().seen.push_back(
        {run->second, static_cast<std::uint64_t>(seen.number(4)), seen.number(5), seen.number(6)});
  }
  if (!row) return std::unexpected(row.error());
  return out;
}

Result<std::optional<Watch>> Database::watch() const {
  Statement statement(handle_.get(),
                      "SELECT id, boot, ring, from_seq, watcher, stop FROM runs "
                      "WHERE ended = 0 AND watcher >= 0 ORDER BY id DESC LIMIT 1");
  const auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return Watch{statement.number(0),
               statement.bytes(1),
               static_cast<std::uint64_t>(statement.number(2)),
               static_cast<std::uint64_t>(statement.number(3)),
               statement.number(4),
               statement.number(5) != 0};
}

Result<std::int64_t> Database::add_run(const Run& run, const Watch& watch) {
  const Status done =
      Statement(handle_.get(),
                "INSERT INTO runs(token, host, machine, kernel, what, started, ended, lost, boot, "
                "ring, from_seq, watcher, rules, stop) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,0)")
          .bind(run.token)
          .bind(run.host)
          .bind(run.machine)
          .bind(run.kernel)
          .bind(run.what)
          .bind(run.started)
          .bind(run.ended)
          .bind(signed_of(run.lost))
          .bind(watch.boot)
          .bind(signed_of(watch.ring))
          .bind(signed_of(watch.from))
          .bind(watch.watcher)
          .bind(run.rules)
          .run();
  if (!done) return std::unexpected(done.error());
  return sqlite3_last_insert_rowid(handle_.get());
}

Result<Watch> Database::begin(const Run& run, const Watch& watch) {
  Transaction all(handle_.get());
  if (!all.begun()) return std::unexpected(all.begun().error());
  auto id = add_run(run, watch);
  if (!id) return std::unexpected(id.error());
  if (auto done = all.commit(); !done) return std::unexpected(done.error());
  Watch out = watch;
  out.run = *id;
  return out;
}

Status Database::ask_to_stop(const Watch& watch) {
  return Statement(handle_.get(), "UPDATE runs SET stop = 1 WHERE id = ?").bind(watch.run).run();
}

Status Database::record(const Watch& watch, std::span<const Observation> observations,
                        std::uint64_t lost) {
  Transaction all(handle_.get());
  if (!all.begun()) return all.begun();
  Sightings sightings(handle_.get());
  for (const Observation& one : observations) {
    for (const sim::Request& request : one.requests)
      if (auto done = sightings.add(watch.run, one.seq, request, one.exe,
                                    {0, one.count, one.first, one.last});
          !done)
        return done;
    if (one.unlearned.empty()) continue;
    if (auto done = Statement(handle_.get(),
                              "INSERT INTO unlearned VALUES(?,?,?,?) ON CONFLICT DO UPDATE SET "
                              "count = max(count, excluded.count)")
                        .bind(watch.run)
                        .bind(signed_of(one.seq))
                        .bind(one.unlearned)
                        .bind(signed_of(one.count))
                        .run();
        !done)
      return done;
  }
  if (auto done = Statement(handle_.get(), "UPDATE runs SET lost = max(lost, ?) WHERE id = ?")
                      .bind(signed_of(lost))
                      .bind(watch.run)
                      .run();
      !done)
    return done;
  return all.commit();
}

Result<std::uint64_t> Database::last_record(const Watch& watch) const {
  std::uint64_t out = 0;
  for (const char* table : {"sightings", "unlearned"}) {
    Statement last(handle_.get(), fmt::format("SELECT max(seq) FROM {} WHERE run = ?", table));
    const auto row = last.bind(watch.run).step();
    if (!row) return std::unexpected(row.error());
    out = std::max(out, static_cast<std::uint64_t>(last.number(0)));
  }
  return out;
}

Status Database::end(const Watch& watch, std::int64_t when) {
  return Statement(handle_.get(), "UPDATE runs SET ended = ?, watcher = 0 WHERE id = ?")
      .bind(when)
      .bind(watch.run)
      .run();
}

Result<std::vector<std::string>> Database::programs(const Watch& watch) const {
  std::vector<std::string> out;
  Statement statement(handle_.get(),
                      "SELECT DISTINCT b.exe FROM behaviours b JOIN sightings s "
                      "ON s.behaviour = b.id WHERE s.run = ? ORDER BY b.exe");
  statement.bind(watch.run);
  Result<bool> row = false;
  while ((row = statement.step()) && *row) out.push_back(statement.bytes(0));
  if (!row) return std::unexpected(row.error());
  return out;
}

Status Database::add_program(std::int64_t run, const std::string& exe, const std::string& digest) {
  return Statement(handle_.get(), "INSERT OR REPLACE INTO programs VALUES(?,?,?)")
      .bind(run)
      .bind(exe)
      .bind(digest)
      .run();
}

Status Database::identify(const Watch& watch, const std::string& exe, const std::string& digest) {
  return add_program(watch.run, exe, digest);
}

Status Database::add(const Recording& other) {
  auto mine = read();
  if (!mine) return std::unexpected(mine.error());
  const std::size_t known = mine->runs.size();
  Recording both = std::move(*mine);
  if (auto done = merge(both, other); !done) return done;
  Transaction all(handle_.get());
  if (!all.begun()) return all.begun();
  // Not watched here, whatever it was elsewhere.
  const Watch elsewhere{.watcher = -1};
  std::vector<std::int64_t> ids(both.runs.size());
  for (std::size_t i = known; i < both.runs.size(); ++i) {
    const auto id = add_run(both.runs[i], elsewhere);
    if (!id) return std::unexpected(id.error());
    ids[i] = *id;
    for (const auto& [what, count] : both.runs[i].unlearned)
      if (auto done = Statement(handle_.get(), "INSERT INTO unlearned VALUES(?,0,?,?)")
                          .bind(ids[i])
                          .bind(what)
                          .bind(signed_of(count))
                          .run();
          !done)
        return done;
    for (const auto& [exe, digest] : both.runs[i].programs)
      if (auto done = add_program(ids[i], exe, digest); !done) return done;
  }
  Sightings sightings(handle_.get());
  for (const Behaviour& behaviour : both.behaviours)
    for (const Sighting& seen : behaviour.seen) {
      if (seen.run < known) continue;
      if (auto done = sightings.add(ids[seen.run], 0, behaviour.request, behaviour.exe, seen);
          !done)
        return done;
    }
  return all.commit();
}

}  // namespace glacis::learn

// SPDX-License-Identifier: Apache-2.0
// learn_bench [BEHAVIOURS [SECONDS]]: from the end of a run to its proposal, with an evidence log
// that is made up (default: 100,000 behaviours). Exit status 1 if it takes more than SECONDS
// (default 2).
//
// Timed is what `learn stop` and `review` do: the log is read, what it has of the run is stored and
// read back, and rules are made of it. A seventh of the names are new folders, a seventh are made
// with numbers in their names, and the rest are read; the files do not exist, so that nothing is
// measured of the disk's tree.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "manager/learn/drop_in.h"
#include "manager/learn/intake.h"
#include "manager/learn/propose.h"

namespace {

using namespace glacis;
namespace fs = std::filesystem;

constexpr const char* kBoot = "0f3c5a3e-1111-2222-3333-444455556666";

struct Act {
  const char *access, *hook;
  std::string path;
};

Act act_of(std::size_t i) {
  switch (i % 7) {
    case 0:
      return {"file.mkdir", "path_mkdir", fmt::format("/var/lib/app/d{}/cache-{}", i % 97, i)};
    case 1:
      return {"file.create", "file_open", fmt::format("/var/lib/app/d{}/file-{}.tmp", i % 97, i)};
    default:
      return {"file.read", "file_open",
              fmt::format("/srv/app/{:x}/{:x}/page{:x}x", i % 89, i % 1013, i)};
  }
}

std::string line_of(std::size_t i) {
  const Act act = act_of(i);
  return fmt::format(
      R"({{"schema":"glacis.event/1","seq":{},"time":"2026-11-23T16:19:02.{:06}Z","boot":"{}","ring":1,"host":"web1",)"
      R"("verdict":"observed","mode":"observe","domain":"app","image":"{:064x}","rule":{{"id":0,"reason":"default"}},)"
      R"("blockers":["{}"],"hook":"{}","subject":{{"pid":41,"tgid":41,"ppid":1,"start":123456789,"comm":"app",)"
      R"("exe":"/usr/sbin/app","uid":33,"euid":33,"gid":33,"fsuid":33,"capabilities":"0000000000000000",)"
      R"("cgroup":4711,"namespaces":{{"mnt":4026531840,"pid":4026531836,"net":4026531992,"user":4026531837}}}},)"
      R"("object":{{"kind":"file","path":"{}","ending":"rooted","dev":"8:1","inode":{},"mode":"0100644","owner":33}},)"
      R"("grade":"policy_gap","techniques":["T1005"],"chain":{{"n":{},"prev":"{:064x}"}}}})"
      "\n",
      i + 1, i % 1'000'000, kBoot, 7, act.access, act.hook, act.path, i + 100, i + 1, i);
}

class NoTree : public learn::Tree {
 public:
  std::vector<Entry> list(const std::string&) const override { return {}; }
};

struct Times {
  double real = 0, cpu = 0;  // seconds; both differ where others keep the processors busy
};

Times now() {
  const auto clock = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration<double>(clock).count(),
          static_cast<double>(std::clock()) / CLOCKS_PER_SEC};
}

std::string between(const Times& from, const Times& to) {
  return fmt::format("{:.2f} s (of a processor {:.2f})", to.real - from.real, to.cpu - from.cpu);
}

void write_lines(const fs::path& log, std::size_t from, std::size_t to) {
  std::ofstream out(log, std::ios::app);
  for (std::size_t i = from; i < to; ++i) out << line_of(i);
}

Result<double> measure(const fs::path& folder, std::size_t count) {
  const fs::path log = folder / "evidence.jsonl";
  const std::size_t late = std::min<std::size_t>(count, 2000);
  write_lines(log, 0, count - late);
  auto database = learn::Database::create(folder / "app.db", "app");
  if (!database) return std::unexpected(database.error());
  learn::Run run;
  run.token = std::string(32, '0');
  run.started = 1;
  const auto watch = database->begin(run, {.boot = kBoot, .ring = 1});
  if (!watch) return std::unexpected(watch.error());

  const Times start = now();
  if (auto done = learn::take_in(*database, *watch, "app", log, nullptr); !done)
    return std::unexpected(done.error());
  fmt::print("while it went on {}\n", between(start, now()));
  write_lines(log, count - late, count);
  const Times begin = now();
  if (auto done = learn::take_in(*database, *watch, "app", log, nullptr); !done)
    return std::unexpected(done.error());
  if (auto done = database->end(*watch, 2); !done) return std::unexpected(done.error());
  const Times stopped = now();
  const auto recording = database->read();
  if (!recording) return std::unexpected(recording.error());
  const Times read = now();
  const auto proposal = learn::propose(*recording, {}, NoTree());
  if (!proposal) return std::unexpected(proposal.error());
  const std::string text = learn::drop_in_text("app", *recording, proposal->folds, proposal->items);
  const Times all = now();
  fmt::print("{} behaviours: {} rules, {} bytes\n", recording->behaviours.size(),
             proposal->items.size(), text.size());
  fmt::print("stored {}, read back {}, proposed {}; in all {}\n", between(begin, stopped),
             between(stopped, read), between(read, all), between(begin, all));
  return all.real - begin.real;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
  const double limit = argc > 2 ? std::strtod(argv[2], nullptr) : 2;
  std::string folder = (fs::temp_directory_path() / "learn-bench.XXXXXX").native();
  if (::mkdtemp(folder.data()) == nullptr) return 2;
  const auto seconds = measure(folder, count);
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  if (!seconds) {
    fmt::print(stderr, "learn_bench: {}\n", seconds.error().what);
    return 2;
  }
  return *seconds <= limit ? 0 : 1;
}

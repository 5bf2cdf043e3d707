// SPDX-License-Identifier: Apache-2.0
// What the daemon does to the machine. Tests have a machine of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/daemon/policy.h"
#include "manager/kernel/enforcer.h"
#include "manager/kernel/running.h"

namespace glacis::daemon {

class Host {
 public:
  virtual ~Host() = default;

  // Whether the kernel can enforce, and does; the error names the remedy.
  virtual Status able() = 0;
  virtual Result<std::vector<kernel::Domain>> domains() = 0;
  virtual Result<std::set<std::string>> names() = 0;  // of the domains; costs less
  // Exit::usage: there is none of this name.
  virtual Result<kernel::Domain> find(const std::string& name) = 0;
  virtual Result<std::vector<kernel::Counter>> counters() = 0;
  virtual std::vector<std::string> hooks() = 0;

  // Keeps image and source map, then puts the image in force.
  virtual Result<kernel::Domain> load(const Policy& policy, gl_mode mode) = 0;
  // An image that was kept for a profile, as it was: checked against its digest.
  virtual Result<Policy> kept(const std::string& name, const image::Digest& digest) = 0;
  // Binds what runs already and what its [attach] speaks of.
  virtual Result<std::vector<kernel::Running>> adopt(const std::string& name) = 0;
  virtual Status unload(const std::string& name) = 0;
  virtual Status set_mode(const std::string& name, gl_mode mode) = 0;

  // Whether the domain is refused everything.
  virtual Status hold(const std::string& name, bool on) = 0;
  // Kills what runs in the domain now; how many processes.
  virtual Result<std::size_t> end(const kernel::Domain& domain) = 0;
};

// Who asked for a change.
struct Asker {
  std::string by;  // "glacisd", or "control" for a client of the socket
  std::uint32_t uid = 0;
  std::int64_t pid = 0;
  std::string role;
};

class Evidence {
 public:
  virtual ~Evidence() = default;
  // Moves what the kernel recorded to the log; the number of records.
  virtual Result<std::size_t> drain() = 0;
  // Whether the last drain could not write to the log.
  [[nodiscard]] virtual bool unwritten() const = 0;
  // Readable when the kernel has recorded something; -1 where nothing enforces.
  [[nodiscard]] virtual int ready_fd() const = 0;
  // "loaded", "mode", "confirmed", "rolled_back", "unloaded", "released".
  virtual Status change(const std::string& what, const kernel::Domain& domain,
                        const Asker& asker) = 0;
  // What enforces is not as it should be: "broken", "restored", "well". `text` for people.
  virtual Status alarm(const std::string& what, const std::string& text) = 0;
};

// What a restart of the daemon, and of the machine, must find again.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual Result<std::optional<std::string>> read() = 0;
  virtual Status write(const std::string& text) = 0;
};

// Since boot, suspended or not, and which boot: a time limit holds over a restart of the daemon.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::milliseconds now() const = 0;
  [[nodiscard]] virtual std::string boot() const = 0;
};

enum class Level { error = 3, warning = 4, notice = 5, info = 6 };  // as syslog(3) has them
using Say = std::function<void(Level, const std::string&)>;

}  // namespace glacis::daemon

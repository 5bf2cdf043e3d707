// SPDX-License-Identifier: Apache-2.0
// A machine for the daemon's tests: profiles in memory, a kernel that remembers
// what it was told, and a clock that is set.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lsm/abi/image.h"
#include "manager/daemon/policies.h"

namespace glacis::daemon {

class FakeHost : public Host {
 public:
  Status able() override { return broken ? fail(Exit::kernel, "no BPF-LSM") : Status(); }
  Result<std::vector<kernel::Domain>> domains() override {
    if (blind) return fail(Exit::bug, "cannot read map `domains`");
    std::vector<kernel::Domain> out;
    for (const auto& [name, domain] : live) out.push_back(domain);
    return out;
  }
  Result<std::set<std::string>> names() override {
    std::set<std::string> out;
    for (const auto& [name, domain] : live) out.insert(name);
    return out;
  }
  Result<kernel::Domain> find(const std::string& name) override {
    const auto at = live.find(name);
    if (at == live.end()) return fail(Exit::usage, "no profile `" + name + "` is loaded");
    return at->second;
  }
  Result<std::vector<kernel::Counter>> counters() override {
    return std::vector<kernel::Counter>{{"event_lost", "lost", 3}};
  }
  std::vector<std::string> hooks() override { return {"file_open"}; }
  Result<kernel::Domain> load(const Policy& policy, gl_mode mode) override {
    if (auto ok = able(); !ok) return std::unexpected(ok.error());
    ++loads;
    images[{policy.name, policy.digest}] = policy;
    kernel::Domain& domain = live[policy.name];
    domain.name = policy.name;
    domain.mode = mode;
    domain.digest = policy.digest;
    gl_image header{};
    std::memcpy(&header, policy.bytes.data(), std::min(sizeof header, policy.bytes.size()));
    domain.flags = header.flags;
    return domain;
  }
  Result<Policy> kept(const std::string& name, const image::Digest& digest) override {
    const auto at = images.find({name, digest});
    if (at == images.end()) return fail(Exit::usage, "not kept");
    return at->second;
  }
  Result<std::vector<kernel::Running>> adopt(const std::string& name) override {
    if (name == unadoptable) return fail(Exit::usage, "no");
    return running;
  }
  std::vector<kernel::Running> running;  // what every profile finds
  std::string unadoptable;
  Status unload(const std::string& name) override {
    live.erase(name);
    return {};
  }
  Status set_mode(const std::string& name, gl_mode mode) override {
    if (stuck) return fail(Exit::kernel, "stuck");
    live.at(name).mode = mode;
    return {};
  }
  Status hold(const std::string& name, bool on) override {
    if (stuck) return fail(Exit::kernel, "stuck");
    live.at(name).held = on;
    return {};
  }
  Result<std::size_t> end(const kernel::Domain& domain) override {
    ended.push_back(domain.name);
    return 1u;
  }
  std::vector<std::string> ended;

  std::map<std::string, kernel::Domain> live;
  std::map<std::pair<std::string, image::Digest>, Policy> images;
  int loads = 0;
  bool broken = false, stuck = false, blind = false;
};

class FakeEvidence : public Evidence {
 public:
  Result<std::size_t> drain() override { return 0u; }
  bool unwritten() const override { return false; }
  int ready_fd() const override { return -1; }
  Status change(const std::string& what, const kernel::Domain& domain,
                const Asker& asker) override {
    said.push_back(what + " " + domain.name + " " + std::string(mode_text(domain.mode)) + " " +
                   asker.by + " " + std::to_string(asker.uid));
    return {};
  }
  Status alarm(const std::string& what, const std::string& text) override {
    said.push_back("guard " + what + " " + text);
    return {};
  }
  std::vector<std::string> said;
};

class FakeStorage : public Storage {
 public:
  Result<std::optional<std::string>> read() override { return text; }
  Status write(const std::string& to) override {
    if (read_only) return fail(Exit::not_permitted, "read-only");
    text = to;
    return {};
  }
  std::optional<std::string> text;
  bool read_only = false;
};

class FakeClock : public Clock {
 public:
  std::chrono::milliseconds now() const override { return time; }
  std::string boot() const override { return name; }
  std::chrono::milliseconds time{1000};
  std::string name = "first";
};

// Files that can be taken away again.
class FakeFiles : public profile::Files {
 public:
  std::expected<std::string, ReadFailure> read(const fs::path& path) const override {
    const auto at = texts.find(path.native());
    if (at == texts.end())
      return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "No such file"});
    return at->second;
  }
  std::expected<std::vector<std::string>, ReadFailure> list(const fs::path& folder) const override {
    if (folder == closed) return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, "no"});
    std::vector<std::string> out;
    for (const auto& [path, text] : texts)
      if (fs::path(path).parent_path() == folder) out.push_back(fs::path(path).filename());
    return out;
  }
  std::map<std::string, std::string> texts;
  fs::path closed;
};

inline std::string profile_text(const std::string& name, const std::string& mode,
                                const std::string& path = "/etc/hostname") {
  return "schema = 1\n[profile]\nname = \"" + name + "\"\nmode = \"" + mode +
         "\"\n[[file]]\npath = [\"" + path + "\"]\naccess = [\"read\"]\n";
}

struct Machine {
  FakeHost host;
  FakeEvidence evidence;
  FakeStorage storage;
  FakeClock clock;
  FakeFiles files;
  std::vector<std::string> told;
  std::vector<fs::path> folders{"/ship", "/own"};
  Say say = [this](Level, const std::string& text) { told.push_back(text); };

  Policies policies() { return {{host, evidence, storage, clock, files, say}, folders}; }
  bool was_told(const std::string& part) const {
    return std::ranges::any_of(
        told, [&](const std::string& one) { return one.find(part) != std::string::npos; });
  }
};

inline void settle(Policies& policies, Why why = Why::asked) {
  policies.scan(why, {"test", 7, 70, "admin"});
  while (policies.busy()) policies.step();
}

}  // namespace glacis::daemon

// SPDX-License-Identifier: Apache-2.0
// The machine as it is: the running kernel, its evidence, and what is kept in /var.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manager/daemon/host.h"
#include "manager/daemon/state.h"
#include "manager/evidence/counts.h"

namespace glacis::daemon {

// The pins are opened for each act: a descriptor kept would show what was
// enforced before they were removed.
class KernelHost : public Host {
 public:
  Status able() override;
  Result<std::vector<kernel::Domain>> domains() override;
  Result<std::set<std::string>> names() override;
  Result<kernel::Domain> find(const std::string& name) override;
  Result<std::vector<kernel::Counter>> counters() override;
  std::vector<std::string> hooks() override;
  Result<kernel::Domain> load(const Policy& policy, gl_mode mode) override;
  Result<Policy> kept(const std::string& name, const image::Digest& digest) override;
  Result<std::vector<kernel::Running>> adopt(const std::string& name) override;
  Status unload(const std::string& name) override;
  Status set_mode(const std::string& name, gl_mode mode) override;
  Status hold(const std::string& name, bool on) override;
  Result<std::size_t> end(const kernel::Domain& domain) override;
};

class KernelEvidence : public Evidence {
 public:
  Result<std::size_t> drain() override;
  bool unwritten() const override { return unwritten_; }
  int ready_fd() const override;
  Status change(const std::string& what, const kernel::Domain& domain, const Asker& asker) override;
  Status alarm(const std::string& what, const std::string& text) override;
  // Recorded, but not signed, or not ended as a segment.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  std::optional<kernel::Enforcer> enforcer_;
  evidence::Told told_;
  std::string trouble_;
  bool unwritten_ = false;
};

class FileStorage : public Storage {
 public:
  explicit FileStorage(std::filesystem::path path = state_path) : path_(std::move(path)) {}
  Result<std::optional<std::string>> read() override;
  Status write(const std::string& text) override;

 private:
  std::filesystem::path path_;
};

class SystemClock : public Clock {
 public:
  SystemClock();
  std::chrono::milliseconds now() const override;
  std::string boot() const override { return boot_; }

 private:
  std::string boot_;
};

}  // namespace glacis::daemon

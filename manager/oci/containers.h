// SPDX-License-Identifier: Apache-2.0
// The containers of this host: a file each, written by the hook when the container
// is made, named by the id of its cgroup, which no other container of this boot
// gets. Records take the names of a container from there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/oci/choice.h"

namespace glacis::oci {

inline constexpr const char* containers_folder = "/run/glacis/containers";

struct Container {
  std::string id;
  std::string bundle;
  std::string profile;
  std::uint64_t cgroup = 0;
  std::string cgroup_path;
  Names names;

  friend bool operator==(const Container&, const Container&) = default;
};

class Containers {
 public:
  explicit Containers(std::filesystem::path folder = containers_folder)
      : folder_(std::move(folder)) {}

  [[nodiscard]] std::optional<Container> find(std::uint64_t cgroup) const;
  [[nodiscard]] std::vector<Container> all() const;  // what can't be read is left out
  [[nodiscard]] Status put(const Container& container) const;
  void remove(std::uint64_t cgroup) const;

 private:
  [[nodiscard]] std::filesystem::path file(std::uint64_t cgroup) const;

  std::filesystem::path folder_;
};

}  // namespace glacis::oci

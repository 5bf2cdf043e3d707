// SPDX-License-Identifier: Apache-2.0
// Policy that nobody but its owner (root) can have written: regular files and
// folders of that owner, not writable by group or others, and no symbolic links.
// The rule holds for profiles, for what they include and for their drop-ins.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "manager/profile/files.h"

namespace glacis::daemon {

namespace fs = std::filesystem;

class TrustedFiles : public profile::Files {
 public:
  explicit TrustedFiles(uid_t owner = 0) : owner_(owner) {}

  std::expected<std::string, ReadFailure> read(const fs::path& path) const override;
  std::expected<std::vector<std::string>, ReadFailure> list(const fs::path& folder) const override;

 private:
  uid_t owner_;
};

inline constexpr const char* shipped_folder = "/usr/share/glacis";
inline constexpr const char* own_folder = "/etc/glacis";

struct Profiles {
  std::map<std::string, fs::path> files;  // by name: "nginx.toml"
  std::vector<std::string> problems;      // folders that can't be used
};

// The profiles below these folders; of one name, that of the last folder.
[[nodiscard]] Profiles find_profiles(const profile::Files& files,
                                     const std::vector<fs::path>& folders);

}  // namespace glacis::daemon

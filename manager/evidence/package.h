// SPDX-License-Identifier: Apache-2.0
// Which Debian package a file is of, by dpkg's lists of files: looked up when a
// record is shown, so it tells of now and of this host.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace glacis::evidence {

inline constexpr const char* dpkg_folder = "/var/lib/dpkg/info";

// "nginx-core"; none where no package has it, or there is no dpkg. A path below /bin,
// /sbin or /lib is the same as below /usr.
[[nodiscard]] std::optional<std::string> package_of(
    const std::string& path, const std::filesystem::path& folder = dpkg_folder);

}  // namespace glacis::evidence

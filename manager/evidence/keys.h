// SPDX-License-Identifier: Apache-2.0
// The secret key that signs this host's evidence log. Every segment of the log
// has a key of its own: a segment's header names it, signed by the key before,
// whose secret is then overwritten and gone. So whoever takes the key today can
// sign from today's segment on, and nothing that came before.
#pragma once

#include <filesystem>
#include <optional>

#include "manager/base/result.h"
#include "manager/evidence/note.h"

namespace glacis::evidence {

inline constexpr const char* keys_folder = "/var/lib/glacis/keys";

class Keys {
 public:
  // Makes the folder (0700) and a key (0600) where there is none. Refuses a key
  // that others own or may read.
  static Result<Keys> open(const std::filesystem::path& folder);
  // The public key alone; none where there is no key yet.
  static Result<std::optional<PublicKey>> look(const std::filesystem::path& folder);

  [[nodiscard]] const SecretKey& current() const { return current_; }

  // The key of the next segment, saved beside the current one.
  Result<PublicKey> prepare();
  // If what was prepared is `named` by the log: makes it current and overwrites
  // the one before. Crashes between the two steps end here as well.
  Status hand_over(const PublicKey& named);

 private:
  Keys(std::filesystem::path folder, SecretKey current)
      : folder_(std::move(folder)), current_(std::move(current)) {}

  std::filesystem::path folder_;
  SecretKey current_;
};

}  // namespace glacis::evidence

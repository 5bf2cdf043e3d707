// SPDX-License-Identifier: Apache-2.0
// Reading a profile with all that belongs to it: what it includes, depth first
// and each file once, then the profile, then its drop-ins.
#pragma once

#include <filesystem>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/profile/document.h"
#include "manager/profile/files.h"

namespace glacis::profile {

class Includer {
 public:
  Includer(const Files& files, std::vector<std::filesystem::path> search,
           diag::Diagnostics& diagnostics, diag::SourceSet& sources);

  // In the order in which rules are numbered. Faults are in the diagnostics.
  [[nodiscard]] std::vector<Document> read(const std::filesystem::path& profile);

 private:
  struct Open {
    std::string key;
    diag::Span from;  // the include that led here
  };

  void read_document(const std::filesystem::path& path, std::string text, Layer layer);
  void include(const Text& name);
  bool report_cycle(const std::string& key, const Text& name);
  void read_drop_ins(const std::filesystem::path& profile);
  void set_folders(const std::filesystem::path& profile);

  const Files& files_;
  std::vector<std::filesystem::path> search_;
  diag::Diagnostics& diagnostics_;
  diag::SourceSet& sources_;
  std::vector<std::filesystem::path> folders_;
  std::vector<Open> open_;
  std::vector<std::string> finished_;
  std::vector<Document> documents_;
};

}  // namespace glacis::profile

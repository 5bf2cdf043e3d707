// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/load.h"

#include <utility>

#include "manager/profile/include.h"
#include "manager/profile/lint.h"
#include "manager/profile/patterns.h"
#include "manager/profile/resolve.h"

namespace glacis::profile {
namespace {

using diag::Code;

// One file in memory, in front of others.
class FrontFile : public Files {
 public:
  FrontFile(const std::filesystem::path& path, std::string text, const Files* others)
      : others_(others) {
    front_.add(path, std::move(text));
  }

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    auto text = front_.read(path);
    const bool missing = !text && text.error().kind == ReadFailure::Kind::missing;
    return missing && others_ != nullptr ? others_->read(path) : text;
  }

  std::expected<std::vector<std::string>, ReadFailure> list(
      const std::filesystem::path& folder) const override {
    return others_ != nullptr ? others_->list(folder) : front_.list(folder);
  }

 private:
  MemoryFiles front_;
  const Files* others_;
};

void lint(const Resolved& resolved, const LoadOptions& options, diag::Diagnostics& diagnostics) {
  Patterns patterns(resolved);
  lint_dead(resolved, patterns, diagnostics);
  if (!options.lint) return;
  lint_paths(patterns, diagnostics);
  lint_nets(resolved, diagnostics);
  lint_processes(resolved, diagnostics);
  lint_syscalls(resolved, diagnostics);
  lint_transitions(resolved, diagnostics);
  if (options.root) lint_symlinks(resolved, *options.root, diagnostics);
  if (resolved.attach_oci.line == 0) return;
  diagnostics.add(Code::GL401, "attach.oci does not take effect yet")
      .at(resolved.attach_oci)
      .suggest("start the program with `glacis run --profile`, or adopt it with `glacis adopt`");
}

}  // namespace

std::optional<ResolvedProfile> load_profile(const std::filesystem::path& path,
                                            const LoadOptions& options,
                                            diag::Diagnostics& diagnostics,
                                            diag::SourceSet& sources) {
  const std::size_t errors_before = diagnostics.errors();
  const std::size_t sources_before = sources.size();
  const auto failed = [&] { return diagnostics.errors() != errors_before; };
  const DiskFiles disk;
  const Files& files = options.files != nullptr ? *options.files : disk;
  const std::vector<Document> documents =
      Includer(files, options.search, diagnostics, sources).read(path);
  // A file that could not be read as TOML leaves gaps that would be reported as
  // unknown variables; what can be read is still checked on its own.
  std::optional<Resolved> resolved;
  if (documents.size() == sources.size() - sources_before && !documents.empty()) {
    resolved = resolve(documents, sources, diagnostics);
    // Rules at fault are missing from `resolved`: opinions on the rest wait.
    if (!failed()) lint(*resolved, options, diagnostics);
  }
  diagnostics.sort();
  if (failed() || !resolved) return std::nullopt;
  return std::move(resolved->profile);
}

std::optional<ResolvedProfile> load_profile_text(std::string text,
                                                 const std::filesystem::path& path,
                                                 const LoadOptions& options,
                                                 diag::Diagnostics& diagnostics,
                                                 diag::SourceSet& sources) {
  const FrontFile files(path, std::move(text), options.files);
  LoadOptions in_memory = options;
  in_memory.files = &files;
  return load_profile(path, in_memory, diagnostics, sources);
}

}  // namespace glacis::profile

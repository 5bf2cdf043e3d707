// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/include.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "manager/base/escape.h"
#include "manager/profile/parse.h"
#include "manager/profile/validate.h"

namespace glacis::profile {
namespace {

using diag::Code;
using Path = std::filesystem::path;

// Abstractions that include abstractions that ...: keeps recursion bounded.
constexpr std::size_t deepest = 64;

std::string file_key(const Path& path) { return path.lexically_normal().native(); }

Untrusted shown(const Path& path) { return Untrusted(path.native()); }

Code code_of(ReadFailure::Kind kind) {
  switch (kind) {
    case ReadFailure::Kind::not_regular:
      return Code::GL104;
    case ReadFailure::Kind::too_large:
      return Code::GL105;
    case ReadFailure::Kind::missing:
    case ReadFailure::Kind::unreadable:
      break;
  }
  return Code::GL103;
}

std::string read_message(const Path& path, const ReadFailure& failure) {
  const bool fact = failure.what.starts_with("is ");
  return fact ? fmt::format("{} {}", shown(path), failure.what)
              : fmt::format("cannot read {}: {}", shown(path), failure.what);
}

std::string read_help(ReadFailure::Kind kind) {
  switch (kind) {
    case ReadFailure::Kind::missing:
      return "check the name; profiles are installed in /etc/glacis/profiles and "
             "/usr/share/glacis/profiles";
    case ReadFailure::Kind::not_regular:
      return "name the profile's file itself";
    case ReadFailure::Kind::too_large:
      return "use patterns and abstractions, or divide it";
    case ReadFailure::Kind::unreadable:
      break;
  }
  return "check the permissions of the file and of the folders above it";
}

}  // namespace

Includer::Includer(const Files& files, std::vector<Path> search, diag::Diagnostics& diagnostics,
                   diag::SourceSet& sources)
    : files_(files), search_(std::move(search)), diagnostics_(diagnostics), sources_(sources) {}

// The profile's own folder, the folders searched, then `profiles` in every
// folder above: as the path was written, and beyond its start as an absolute one.
void Includer::set_folders(const Path& profile) {
  const Path own = profile.parent_path().empty() ? Path(".") : profile.parent_path();
  folders_.push_back(own);
  folders_.insert(folders_.end(), search_.begin(), search_.end());
  Path above = profile.parent_path();
  while (!above.empty() && above != above.root_path()) {
    folders_.push_back(above / "profiles");
    above = above.parent_path();
  }
  if (profile.is_absolute()) return;
  folders_.emplace_back("profiles");
  std::error_code error;
  above = std::filesystem::current_path(error).parent_path();
  while (!error && !above.empty() && above != above.root_path()) {
    folders_.push_back(above / "profiles");
    above = above.parent_path();
  }
}

std::vector<Document> Includer::read(const Path& profile) {
  set_folders(profile);
  auto text = files_.read(profile);
  if (!text) {
    const std::uint32_t file = sources_.add(profile.native(), "");
    diagnostics_.add(code_of(text.error().kind), read_message(profile, text.error()))
        .at({file, 0, 0, 0})
        .suggest(read_help(text.error().kind));
    return {};
  }
  open_.push_back({file_key(profile), {}});
  read_document(profile, std::move(*text), Layer::profile);
  read_drop_ins(profile);
  return std::move(documents_);
}

void Includer::read_document(const Path& path, std::string text, Layer layer) {
  const std::uint32_t file = sources_.add(path.native(), std::move(text));
  const auto tree = parse(sources_, file, diagnostics_);
  if (!tree) return;
  Document document = validate(*tree, layer, file, diagnostics_);
  for (const Text& name : document.includes) include(name);
  documents_.push_back(std::move(document));
}

bool Includer::report_cycle(const std::string& key, const Text& name) {
  const auto start =
      std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.key == key; });
  if (start == open_.end()) return false;
  auto& diagnostic =
      diagnostics_.add(Code::GL112, fmt::format("`{}` includes itself", Untrusted(name.value)));
  diagnostic.at(name.span, "this include closes the circle");
  for (auto it = start + 1; it != open_.end(); ++it) diagnostic.also(it->from, "by way of this");
  diagnostic.suggest("move what both need into a third file");
  return true;
}

void Includer::include(const Text& name) {
  const std::string file = name.value.ends_with(".toml") ? name.value : name.value + ".toml";
  std::vector<Path> tried;
  for (const Path& folder : folders_) {
    const Path path = (folder / file).lexically_normal();
    if (std::find(tried.begin(), tried.end(), path) != tried.end()) continue;
    tried.push_back(path);
    const std::string key = file_key(path);
    if (std::find(finished_.begin(), finished_.end(), key) != finished_.end()) return;
    if (report_cycle(key, name)) return;
    auto text = files_.read(path);
    if (!text && text.error().kind == ReadFailure::Kind::missing) continue;
    if (!text) {
      diagnostics_.add(code_of(text.error().kind), read_message(path, text.error())).at(name.span);
      return;
    }
    if (open_.size() >= deepest) {
      diagnostics_.add(Code::GL112, fmt::format("includes nest deeper than {}", deepest))
          .at(name.span);
      return;
    }
    open_.push_back({key, name.span});
    read_document(path, std::move(*text), Layer::abstraction);
    open_.pop_back();
    finished_.push_back(key);
    return;
  }
  auto& missing =
      diagnostics_.add(Code::GL111, fmt::format("cannot find `{}`", Untrusted(name.value)));
  missing.at(name.span);
  for (const Path& path : tried) missing.note(fmt::format("looked for {}", shown(path)));
  missing.suggest("check the spelling, or install the package that has the abstraction");
}

void Includer::read_drop_ins(const Path& profile) {
  const Path folder = profile.native() + ".d";
  const auto names = files_.list(folder);
  if (!names) {
    const std::uint32_t file = sources_.add(folder.native(), "");
    diagnostics_
        .add(Code::GL103, fmt::format("cannot list {}: {}", shown(folder), names.error().what))
        .at({file, 0, 0, 0})
        .suggest("drop-ins belong to the profile, so it is not loaded without them");
    return;
  }
  for (const std::string& name : *names) {
    if (!name.ends_with(".toml") || name.starts_with('.')) continue;
    const Path path = folder / name;
    auto text = files_.read(path);
    if (!text) {
      const std::uint32_t file = sources_.add(path.native(), "");
      diagnostics_.add(code_of(text.error().kind), read_message(path, text.error()))
          .at({file, 0, 0, 0});
      continue;
    }
    read_document(path, std::move(*text), Layer::drop_in);
  }
}

}  // namespace glacis::profile

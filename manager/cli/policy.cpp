// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/policy.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "manager/base/file.h"
#include "manager/diag/render.h"
#include "manager/image/reader.h"

namespace glacis::cli {
namespace {

constexpr std::size_t largest_map = std::size_t{64} << 20;

std::string place_text(const profile::ResolvedProfile& profile, const profile::Rule& rule) {
  if (rule.span.line == 0 || rule.span.file >= profile.files.size()) return {};
  return fmt::format("{}:{}:{}:", profile.files[rule.span.file], rule.span.line, rule.span.column);
}

// The builder names places in its sentence; here they become marks.
void add_build_error(const Error& error, const profile::ResolvedProfile& profile,
                     diag::Diagnostics& diagnostics) {
  constexpr std::size_t most_marks = 4;
  std::vector<diag::Span> marks;
  std::string message = error.what;
  for (const profile::Rule& rule : profile.rules) {
    const std::string place = place_text(profile, rule);
    if (place.empty() || error.what.find(place) == std::string::npos) continue;
    if (message.starts_with(place)) message.erase(0, place.size() + 1);
    if (std::ranges::find(marks, rule.span) == marks.end()) marks.push_back(rule.span);
    if (marks.size() == most_marks) break;
  }
  if (const auto cut = message.find("; most of it for "); cut != std::string::npos)
    message.erase(cut);
  auto& diagnostic = diagnostics.add(diag::Code::GL218, message);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (i == 0) {
      diagnostic.at(marks[i]);
    } else {
      diagnostic.also(marks[i], "and here");
    }
  }
  if (!error.next.empty()) diagnostic.suggest(error.next);
}

Error invalid(const fs::path& path, const Attempt& tried) {
  const std::string file = shown(path.native());
  Error error;
  error.exit = Exit::usage;
  error.what = fmt::format("{} is not a valid profile: {}", file,
                           counted(tried.diagnostics.errors(), "error"));
  for (const diag::Diagnostic& one : tried.diagnostics.all()) {
    if (one.severity != diag::Severity::error) continue;
    const diag::Label* label = one.primary();
    const std::string place = label == nullptr ? file : tried.sources.place(label->span);
    error.what += fmt::format(", first {} at {}: {}", diag::describe(one.code).name, place,
                              shown(one.message));
    break;
  }
  error.next = fmt::format("glacis check {}", file);
  return error;
}

Result<Policy> open_image(const fs::path& path) {
  const auto bytes = read_file(path, std::size_t{GL_IMAGE_SIZE_MAX} + 1);
  if (!bytes) return std::unexpected(bytes.error());
  auto view = image::read(std::as_bytes(std::span(*bytes)));
  if (!view) {
    Error error = view.error();
    error.what = fmt::format("{}: {}", shown(path.native()), error.what);
    if (error.next.empty()) error.next = "compile the profile again";
    return std::unexpected(std::move(error));
  }
  Policy policy{std::move(*view), std::nullopt, {}, std::nullopt};
  const fs::path beside = map_path(path);
  std::error_code ignored;
  if (!fs::exists(beside, ignored)) return policy;
  const auto text = read_file(beside, largest_map);
  if (!text) return std::unexpected(text.error());
  auto map = image::parse_source_map(*text);
  if (!map) {
    Error error = map.error();
    error.what = fmt::format("{}: {}", shown(beside.native()), error.what);
    return std::unexpected(std::move(error));
  }
  if (map->image != policy.view.digest()) {
    return fail(Exit::usage,
                fmt::format("{} belongs to another image than {}", shown(beside.native()),
                            shown(path.native())),
                "compile the profile again, or move the map away");
  }
  policy.name = map->profile;
  policy.map = std::move(*map);
  return policy;
}

}  // namespace

Attempt attempt(const fs::path& path, const profile::LoadOptions& options) {
  Attempt out;
  out.profile = profile::load_profile(path, options, out.diagnostics, out.sources);
  if (!out.profile) return out;
  auto image = image::build(*out.profile);
  if (image) {
    out.image = std::move(*image);
  } else {
    add_build_error(image.error(), *out.profile, out.diagnostics);
    out.diagnostics.sort();
  }
  return out;
}

Result<Compiled> compile(const Output& out, const fs::path& path,
                         const profile::LoadOptions& options) {
  Attempt tried = attempt(path, options);
  if (!tried.image) {
    const auto colour = out.coloured(STDERR_FILENO) ? diag::Colour::on : diag::Colour::off;
    if (!out.json && !out.quiet)
      out.tell(diag::render_text(tried.diagnostics, tried.sources, colour));
    Error error = invalid(path, tried);
    if (!out.json && !out.quiet) {
      // All of them were shown just now.
      error.what = error.what.substr(0, error.what.find(", first "));
      error.next.clear();
    }
    return std::unexpected(std::move(error));
  }
  if (tried.diagnostics.warnings() != 0 && !out.json) {
    out.say("warning: {}; shown by `glacis check {}`\n",
            diag::summary(tried.diagnostics, path.native()), shown(path.native()));
  }
  return Compiled{std::move(*tried.profile), std::move(*tried.image), tried.diagnostics.warnings()};
}

bool is_image(const fs::path& path) {
  if (path.extension() == ".image") return true;
  std::error_code ignored;
  // A named pipe would be waited for.
  if (!fs::is_regular_file(path, ignored)) return false;
  std::ifstream in(path, std::ios::binary);
  std::uint32_t magic = 0;
  return in.read(reinterpret_cast<char*>(&magic), sizeof magic) && magic == GL_IMAGE_MAGIC;
}

Result<Policy> open_policy(const Output& out, const fs::path& path,
                           const profile::LoadOptions& options) {
  if (is_image(path)) return open_image(path);
  auto compiled = compile(out, path, options);
  if (!compiled) return std::unexpected(compiled.error());
  // Read back, so that what is shown or loaded is what was checked.
  auto view = image::read(compiled->image.bytes);
  if (!view) return std::unexpected(view.error());
  return Policy{std::move(*view), std::move(compiled->image.source_map), compiled->profile.name,
                compiled->profile.mode, compiled->profile.backend};
}

fs::path map_path(fs::path image) { return image.replace_extension(".map.json"); }

std::string digest_text(const image::Digest& digest) { return "blake2b:" + image::hex(digest); }

std::string short_digest(const image::Digest& digest) { return image::hex(digest).substr(0, 12); }

}  // namespace glacis::cli

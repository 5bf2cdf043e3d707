// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/learned.h"

#include <unistd.h>

#include <algorithm>

#include "manager/base/file.h"
#include "manager/cli/watch.h"
#include "manager/diag/render.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/matcher.h"
#include "manager/learn/readiness.h"
#include "manager/sim/event.h"

namespace glacis::cli {
namespace {

constexpr std::string_view kAbstractions[] = {"abstractions/base", "abstractions/nameservice",
                                              "abstractions/tls"};

// The disk, with one file replaced or left out.
class WithOne : public profile::Files {
 public:
  WithOne(fs::path path, const std::string* text) : path_(std::move(path)), text_(text) {}

  std::expected<std::string, ReadFailure> read(const fs::path& path) const override {
    if (!is_it(path)) return disk_.read(path);
    if (text_ != nullptr) return *text_;
    return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "No such file or directory"});
  }

  std::expected<std::vector<std::string>, ReadFailure> list(const fs::path& folder) const override {
    auto names = disk_.list(folder);
    if (!names || folder.lexically_normal() != path_.parent_path().lexically_normal()) return names;
    const std::string name = path_.filename().native();
    std::erase(*names, name);
    if (text_ != nullptr) names->insert(std::ranges::lower_bound(*names, name), name);
    return names;
  }

 private:
  [[nodiscard]] bool is_it(const fs::path& path) const {
    return path.lexically_normal() == path_.lexically_normal();
  }

  profile::DiskFiles disk_;
  fs::path path_;
  const std::string* text_;
};

}  // namespace

fs::path Learned::drop_in() const { return fs::path(profile_.native() + ".d") / name_; }

Result<profile::ResolvedProfile> Learned::load(const Output& out, const std::string* text) const {
  const WithOne files(drop_in(), text);
  profile::LoadOptions options = options_;
  options.files = &files;
  options.lint = false;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  auto loaded = profile::load_profile(profile_, options, diagnostics, sources);
  if (loaded) return std::move(*loaded);
  if (!out.json && !out.quiet)
    out.tell(diag::render_text(diagnostics, sources,
                               out.coloured(STDERR_FILENO) ? diag::Colour::on : diag::Colour::off));
  return fail(Exit::usage, fmt::format("{} is not a valid profile", shown(profile_.native())),
              fmt::format("glacis check {}", shown(profile_.native())), "nothing was written");
}

Result<learn::Given> Learned::given(const Output& out, profile::ResolvedProfile& into) const {
  auto own = load(out, nullptr);
  if (!own) return std::unexpected(own.error());
  into = std::move(*own);
  learn::Given given;
  given.profile = &into;
  const profile::DiskFiles disk;
  for (const std::string_view name : kAbstractions) {
    profile::LoadOptions options = options_;
    options.files = &disk;
    options.lint = false;
    diag::Diagnostics diagnostics;
    diag::SourceSet sources;
    auto one = profile::load_profile_text(
        fmt::format("schema = 1\ninclude = [\"{}\"]\n[profile]\nname = \"{}\"\n", name, into.name),
        profile_.parent_path() / ".abstraction", options, diagnostics, sources);
    if (one) {
      given.abstractions.push_back({std::string(name), std::move(*one)});
      continue;
    }
    // One that this host does not have is none; one that is there and broken is said.
    for (const diag::Diagnostic& why : diagnostics.all())
      if (why.severity == diag::Severity::error && why.code != diag::Code::GL111)
        out.say("warning: {} is not used: {}\n", name, shown(why.message));
  }
  return given;
}

Status Learned::check(const Output& out, const std::string& text, const learn::Recording& recording,
                      const std::vector<learn::Item>& items) const {
  const auto whole = load(out, &text);
  if (!whole) return std::unexpected(whole.error());
  const auto matcher = learn::Matcher::of(*whole);
  if (!matcher) return std::unexpected(matcher.error());
  for (const learn::Item& item : items)
    for (const std::size_t i : item.from)
      if (const sim::Request& request = recording.behaviours[i].request; !matcher->allows(request))
        return fail(Exit::bug,
                    fmt::format("the rules would not grant what they were made from: {}",
                                escape(sim::to_text(request))),
                    "please report this with the exported recording", "nothing was written");
  return {};
}

Status Learned::write(const std::string& text) const {
  std::error_code error;
  fs::create_directories(drop_in().parent_path(), error);
  if (error)
    return fail(Exit::usage,
                fmt::format("cannot create {}: {}", shown(drop_in().parent_path().native()),
                            error.message()),
                {}, "nothing was written");
  return write_file(drop_in(), text);
}

Result<std::size_t> count_suspicious(const Output& out, const learn::Recording& recording) {
  const fs::path path = profile_path(recording.name);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return learn::count_suspicious(recording, nullptr);
  const auto own = Learned(path, profile::LoadOptions{}).load(out, nullptr);
  return learn::count_suspicious(recording, own ? &*own : nullptr);
}

}  // namespace glacis::cli

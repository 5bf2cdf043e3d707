// SPDX-License-Identifier: Apache-2.0
// glacis review --except: one refusal is said to be harmless, for a time.
#include "manager/cli/review_except.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "manager/base/file.h"
#include "manager/cli/evidence_log.h"
#include "manager/cli/learned.h"
#include "manager/evidence/list.h"
#include "manager/learn/exception.h"

namespace glacis::cli {
namespace {

constexpr std::size_t kLargestDropIn = std::size_t{1} << 20;

// Who is accountable: whoever stands behind sudo, too.
std::string who_asks() {
  const char* name = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  if (name != nullptr && *name != '\0') return name;
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : fmt::format("uid {}", ::geteuid());
}

// The drop-in as it is, or its first lines.
Result<std::string> text_before(const fs::path& path) {
  auto text = read_whole(path, kLargestDropIn);
  if (text) return std::move(*text);
  if (text.error().kind == ReadFailure::Kind::missing)
    return std::string(
        "# Refusals that somebody looked at, added by `glacis review --except`.\nschema = 1\n");
  return fail(Exit::usage,
              fmt::format("cannot read {}: {}", shown(path.native()), text.error().what), {},
              "nothing was written");
}

}  // namespace

Result<int> add_exception(const Output& out, const std::string& name, const fs::path& profile,
                          const profile::LoadOptions& options, const Exception& wanted) {
  const auto entry = evidence::find_record(log_of(wanted.log), wanted.record, nullptr);
  if (!entry) return std::unexpected(entry.error());
  const auto added = learn::exception_text(
      entry->record, name,
      {wanted.owner.empty() ? who_asks() : wanted.owner, wanted.reason, wanted.until});
  if (!added) return std::unexpected(added.error());
  const Learned drop_in(profile, options, learn::exceptions_name);
  const auto before = text_before(drop_in.drop_in());
  if (!before) return std::unexpected(before.error());
  const std::string text = *before + *added;
  if (auto good = drop_in.check(out, text, {}, {}); !good) return std::unexpected(good.error());
  if (auto done = drop_in.write(text); !done) return std::unexpected(done.error());
  if (out.json)
    out.write_json({{"schema", "glacis.exception/1"},
                    {"profile", shown(name)},
                    {"record", wanted.record},
                    {"until", wanted.until},
                    {"written", shown(drop_in.drop_in().native())}});
  else
    out.print("{}: record {} is benign until {}; it stays refused\n",
              shown(drop_in.drop_in().native()), wanted.record, wanted.until);
  return static_cast<int>(Exit::ok);
}

}  // namespace glacis::cli

// SPDX-License-Identifier: Apache-2.0
#include "manager/hook/prepare.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "manager/backend/seccomp/oci.h"
#include "manager/hook/tell.h"
#include "manager/image/reader.h"
#include "manager/kernel/enforcer.h"
#include "manager/kernel/probe_host.h"
#include "manager/oci/choice.h"
#include "manager/oci/config.h"
#include "manager/oci/edit.h"
#include "manager/oci/state.h"
#include "manager/oci/store.h"

namespace glacis::hook {
namespace {

// Who is root of a user namespace only (rootless podman) sees no pins, and would be told
// that nothing is loaded.
Status need_host() {
  const auto own = kernel::check_privileges();
  if (own.outcome == kernel::Outcome::ok) return {};
  return fail(
      Exit::not_permitted,
      fmt::format("only root of the host can confine a container, and this is {}", own.evidence),
      "start it as root, or without a profile");
}

// The filter of the image that is in force.
Status put_filter(oci::Json& config, const std::string& profile) {
  auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (!*enforcer) return fail(Exit::usage, "no profile is loaded on this host", "glacis load FILE");
  const auto bytes = (*enforcer)->image(profile);
  if (!bytes) return std::unexpected(bytes.error());
  const auto image = image::read(*bytes);
  if (!image) return std::unexpected(image.error());
  const seccomp::Policy policy = seccomp::policy_of(*image);
  const auto text = seccomp::oci_json(policy, seccomp::this_machine(), nullptr);
  if (!text) return std::unexpected(text.error());
  const auto filter = oci::parse_object(*text, "the filter");
  if (!filter) return std::unexpected(filter.error());
  return oci::add_seccomp(config, *filter,
                          policy.list ? oci::Filter::refuses_others : oci::Filter::refuses_some);
}

Result<std::string> prepare_or_refuse(const std::string& text, const std::string& hook) {
  const auto settings = oci::read_settings();
  auto edited = settings ? prepare(text, "", *settings, hook) : std::unexpected(settings.error());
  if (edited) return edited;
  auto config = oci::parse_object(text, "config.json");
  if (!config) return std::unexpected(config.error());
  const auto done = oci::add_refusal(*config, hook, line_of(edited.error()));
  return done ? Result<std::string>(config->dump()) : std::unexpected(done.error());
}

Status write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(STDOUT_FILENO, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      return fail(Exit::usage, fmt::format("cannot write config.json: {}", std::strerror(errno)));
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace

Result<std::string> prepare(const std::string& text, const std::string& bundle,
                            const oci::Settings& settings, const std::string& hook) {
  auto parsed = oci::parse_config(text, bundle);
  if (!parsed) return std::unexpected(parsed.error());
  oci::add_names_of_store(parsed->annotations, parsed->root);
  const auto choice = oci::choose(parsed->annotations, settings);
  if (!choice) return std::unexpected(choice.error());
  if (choice->profile.empty()) return text;
  if (auto able = need_host(); !able) return std::unexpected(able.error());
  auto config = oci::parse_object(text, "config.json");
  if (!config) return std::unexpected(config.error());
  if (auto done = oci::add_hooks(*config, hook); !done) return std::unexpected(done.error());
  if (auto done = put_filter(*config, choice->profile); !done) return std::unexpected(done.error());
  return config->dump();
}

Status precreate() {
  const auto hook = own_path();
  if (!hook) return std::unexpected(hook.error());
  const auto text = oci::read_to_end(STDIN_FILENO, oci::config_max, "config.json");
  if (!text) return std::unexpected(text.error());
  const auto edited = prepare_or_refuse(*text, *hook);
  if (!edited) return std::unexpected(edited.error());
  return write_all(*edited);
}

Result<std::filesystem::path> own_path() {
  std::error_code error;
  auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(Exit::bug, "cannot tell which program this is");
  return own;
}

}  // namespace glacis::hook

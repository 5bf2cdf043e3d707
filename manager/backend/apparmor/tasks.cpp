// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/apparmor/tasks.h"

#include <fmt/format.h>
#include <sys/apparmor.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "manager/backend/apparmor/policy.h"

namespace glacis::apparmor {
namespace {

namespace fs = std::filesystem;

struct Free {
  void operator()(char* text) const { std::free(text); }
};

// The label in /proc/TASK/attr, "current" or "exec".
std::optional<std::string> label_of(pid_t task, const char* attribute) {
  char *label = nullptr, *mode = nullptr;  // the mode points into the label
  if (::aa_getprocattr(task, attribute, &label, &mode) < 0) return std::nullopt;
  const std::unique_ptr<char, Free> owned(label);
  return std::string(label);
}

template <typename Each>
void each_number(const fs::path& folder, Each each) {
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string name = at->path().filename().native();
    pid_t number = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (bad == std::errc{} && end == name.data() + name.size()) each(number);
  }
}

}  // namespace

Status enter_at_exec(const std::string& domain) {
  const std::string name = std::string(prefix) + domain;
  if (::aa_change_onexec(name.c_str()) != 0)
    return fail(
        Exit::kernel,
        fmt::format("AppArmor does not let this enter `{}`: {}", domain, std::strerror(errno)),
        "glacis status", "nothing was started");
  const auto label = label_of(::gettid(), "exec");
  if (label && *label == name) return {};
  return fail(Exit::kernel,
              fmt::format("the kernel does not confirm that `{}` is entered at the exec", domain),
              "glacis doctor", "nothing was started");
}

std::vector<std::string> domains_of(std::string_view label) {
  std::vector<std::string> out;
  while (!label.empty()) {
    const auto stacked = label.find("//&");
    const std::string_view one = label.substr(0, stacked);
    label.remove_prefix(stacked == std::string_view::npos ? label.size() : stacked + 3);
    if (!one.starts_with(prefix)) continue;
    std::string domain(one.substr(prefix.size(), one.find("//") - prefix.size()));
    if (std::ranges::find(out, domain) == out.end()) out.push_back(std::move(domain));
  }
  return out;
}

std::map<std::string, std::vector<pid_t>> confined() {
  std::map<std::string, std::vector<pid_t>> out;
  each_number("/proc", [&](pid_t process) {
    each_number(fmt::format("/proc/{}/task", process), [&](pid_t thread) {
      const auto label = label_of(thread, "current");
      if (!label) return;
      for (const std::string& domain : domains_of(*label)) {
        auto& pids = out[domain];
        if (pids.empty() || pids.back() != process) pids.push_back(process);
      }
    });
  });
  return out;
}

}  // namespace glacis::apparmor

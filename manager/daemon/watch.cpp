// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace glacis::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds quiet{500};
constexpr std::chrono::seconds longest{10};  // who writes without pause is not waited for longer

constexpr std::uint32_t what = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO |
                               IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_ONLYDIR |
                               IN_DONT_FOLLOW;

}  // namespace

Status Watch::open() {
  fd_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd_)
    return fail(Exit::usage,
                "cannot watch the folders of profiles: " + std::generic_category().message(errno),
                "raise fs.inotify.max_user_instances", "`glacis reload` and SIGHUP still work");
  refresh();
  return {};
}

// Adding a folder that is watched already changes nothing.
void Watch::refresh() {
  for (const fs::path& folder : folders_) {
    ::inotify_add_watch(fd_.get(), folder.c_str(), what);
    std::error_code error;
    fs::recursive_directory_iterator it(folder, error), end;
    for (; !error && it != end; it.increment(error)) {
      if (it->is_directory(error) && !it->is_symlink(error))
        ::inotify_add_watch(fd_.get(), it->path().c_str(), what);
      if (it.depth() >= 2) it.disable_recursion_pending();
    }
  }
}

void Watch::read(Time now) {
  alignas(inotify_event) char buffer[4096];
  bool any = false;
  while (::read(fd_.get(), buffer, sizeof buffer) > 0) any = true;
  if (!any) return;
  if (!first_) first_ = now;
  last_ = now;
}

std::optional<Watch::Time> Watch::next() const {
  if (!first_) return std::nullopt;
  return std::min(*last_ + quiet, *first_ + longest);
}

bool Watch::due(Time now) {
  const auto at = next();
  if (!at || now < *at) return false;
  first_ = last_ = std::nullopt;
  refresh();
  return true;
}

}  // namespace glacis::daemon

// SPDX-License-Identifier: Apache-2.0
// The programs: loaded once, pinned, and attached hook by hook. A pinned program
// that is attached nowhere costs nothing, so programs stay when the last domain
// goes; loading them again would mean verifying them again.
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdarg>
#include <filesystem>
#include <memory>
#include <string_view>

#include "lsm/abi/label.h"  // a type of the skeleton's
// clang-format off: the skeleton needs the line above
#include "glacis.skel.h"
// clang-format on
#include "lsm/abi/hooks.h"
#include "manager/kernel/layout.h"
#include "manager/kernel/owned.h"
#include "manager/kernel/probe_host.h"
#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

constexpr long bpffs_magic = 0xcafe4a11;
constexpr const char* run_folder = "/run/glacis";

struct Hook {
  gl_hook id;
  const char* name;
};

constexpr Hook hooks[] = {
#define GL_X_TABLE(n, v, w, s) {GL_HOOK_##n, w},
    GL_HOOKS(GL_X_TABLE)};

using Skeleton = std::unique_ptr<glacis_bpf, Releases<glacis_bpf__destroy>>;

std::string& libbpf_log() {
  static std::string log;
  return log;
}

// libbpf's messages are kept for the error that follows, not printed.
int keep_message(libbpf_print_level level, const char* format, va_list args) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[1024];
  std::vsnprintf(line, sizeof line, format, args);
  auto& log = libbpf_log();
  if (log.size() < 4096) log += line;
  return 0;
}

std::string last_message() {
  std::string_view log = libbpf_log();
  while (log.ends_with('\n')) log.remove_suffix(1);
  const auto line = log.rfind('\n');
  return std::string(line == std::string_view::npos ? log : log.substr(line + 1));
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// Which build of the programs this binary carries (FNV-1a of the object).
std::uint64_t programs_tag() {
  std::size_t size = 0;
  const auto* bytes = static_cast<const unsigned char*>(glacis_bpf__elf_bytes(&size));
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

Status check_bpffs() {
  struct statfs fs{};
  if (::statfs("/sys/fs/bpf", &fs) != 0 || fs.f_type != bpffs_magic)
    return fail(Exit::kernel, "no bpf file system is mounted at /sys/fs/bpf",
                "mount -t bpf bpf /sys/fs/bpf, then run `glacis doctor`", "nothing was changed");
  return {};
}

Status make_folders() {
  for (const auto& path : {std::string(pin_folder), pin("programs"), pin("links")})
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return fail(Exit::kernel, "cannot create " + path + ": " + errno_text(errno),
                  "run `glacis doctor`");
  return {};
}

// Programs whose hook this kernel lacks are left out.
void choose_programs(const Skeleton& skeleton) {
  const Btf kernel(btf__load_vmlinux_btf());
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    const std::string_view section = bpf_program__section_name(program);
    if (!section.starts_with("lsm/")) continue;
    const std::string hook = "bpf_lsm_" + std::string(section.substr(4));
    const bool known =
        kernel && btf__find_by_name_kind(kernel.get(), hook.c_str(), BTF_KIND_FUNC) > 0;
    bpf_program__set_autoload(program, known);
  }
}

Status write_settings(const Skeleton& skeleton) {
  bpf_map_info info{};
  __u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(bpf_map__fd(skeleton->maps.labels), &info, &size) != 0)
    return fail(Exit::kernel, "cannot identify the map of labels: " + errno_text(errno));
  gl_settings settings{};
  const std::uint32_t zero = 0;
  const int fd = bpf_map__fd(skeleton->maps.settings);
  if (bpf_map_lookup_elem(fd, &zero, &settings) != 0)
    return fail(Exit::kernel, "cannot read settings: " + errno_text(errno));
  settings.abi = GL_ABI;
  settings.labels_map_id = info.id;
  settings.programs = programs_tag();
  if (settings.boot == 0 &&
      ::getrandom(&settings.boot, sizeof settings.boot, 0) != sizeof settings.boot)
    return fail(Exit::kernel, "cannot get random bytes: " + errno_text(errno));
  if (bpf_map_update_elem(fd, &zero, &settings, BPF_ANY) != 0)
    return fail(Exit::kernel, "cannot write settings: " + errno_text(errno));
  return {};
}

Status pin_programs(const Skeleton& skeleton) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    if (bpf_program__fd(program) < 0) continue;
    const auto path = program_pin(bpf_program__name(program));
    ::unlink(path.c_str());
    if (const int error = bpf_program__pin(program, path.c_str()); error != 0)
      return fail(Exit::kernel, "cannot pin " + path + ": " + errno_text(error));
  }
  return {};
}

Status load_programs() {
  if (const Check shown = check_addresses(); shown.outcome != Outcome::ok)
    return fail(Exit::kernel, shown.evidence, shown.remedy, "nothing was changed");
  LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = pin_folder);
  libbpf_log().clear();
  libbpf_set_print(keep_message);
  const Skeleton skeleton(glacis_bpf__open_opts(&options));
  if (!skeleton) return fail(Exit::bug, "cannot open the programs: " + errno_text(errno));
  if (const char* off = ::getenv("GLACIS_NO_CACHE"); off != nullptr && *off == '1')
    skeleton->rodata->gl_no_cache = 1;
  const auto backing = measure_backing_mode();
  if (!backing) return std::unexpected(backing.error());
  skeleton->rodata->gl_fmode_backing = *backing;
  choose_programs(skeleton);
  if (bpf_map__set_pin_path(skeleton->maps.data_shared, pin("shared").c_str()) != 0)
    return fail(Exit::bug, "cannot name the pin of the shared counts");
  if (const int error = glacis_bpf__load(skeleton.get()); error != 0)
    return fail(error == -EPERM ? Exit::not_permitted : Exit::kernel,
                "the kernel did not take the programs: " + errno_text(error) +
                    (last_message().empty() ? "" : " (" + last_message() + ")"),
                "run `glacis doctor`", "nothing was changed");
  if (auto done = write_settings(skeleton); !done) return done;
  return pin_programs(skeleton);
}

// Maps that another ABI left may have another shape. Nothing is attached, so they bind nobody.
void forget_maps() {
  std::error_code error;
  for (std::filesystem::directory_iterator at(pin_folder, error), last; !error && at != last;
       at.increment(error))
    if (std::error_code ignored; !at->is_directory(ignored)) ::unlink(at->path().c_str());
}

// Pinned programs of another build: replaced only while nothing is attached.
Result<bool> programs_current() {
  if (!exists(pin("settings"))) return false;
  auto settings = open_pinned(pin("settings"));
  if (!settings) return std::unexpected(settings.error());
  auto value = lookup<gl_settings>(*settings, 0, "settings");
  if (!value) return std::unexpected(value.error());
  if (value->programs == programs_tag()) return exists(program_pin("glacis_file_open"));
  if (!pinned_links().empty())
    return fail(Exit::partial, "another version of Glacis enforces on this host",
                "unload its profiles with `glacis unload`, then load them with this version",
                "what it enforces stays in force");
  if (value->abi != GL_ABI) forget_maps();
  return false;
}

constexpr long cgroup2_magic = 0x63677270;

// The root of cgroup2, alone or beside the older ones; no value where it is not mounted.
Fd open_cgroups() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs fs{};
    if (::statfs(path, &fs) == 0 && fs.f_type == cgroup2_magic)
      return Fd(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  return {};
}

// A link of this program that somebody still holds though its pin is gone: the kernel
// takes no second one.
Fd find_link(const Fd& program) {
  bpf_prog_info about{};
  __u32 size = sizeof about;
  if (bpf_obj_get_info_by_fd(program.get(), &about, &size) != 0) return {};
  for (__u32 id = 0; bpf_link_get_next_id(id, &id) == 0;) {
    Fd link(bpf_link_get_fd_by_id(id));
    bpf_link_info info{};
    size = sizeof info;
    if (link && bpf_obj_get_info_by_fd(link.get(), &info, &size) == 0 && info.prog_id == about.id)
      return link;
  }
  return {};
}

// Where a link is on its way out, it is waited for: the kernel ends it a moment after
// the last who held it.
Fd attach_or_find(const Fd& program, int target, bpf_attach_type type) {
  constexpr int tries = 50;
  constexpr unsigned between = 20'000;  // microseconds
  for (int i = 0; i < tries; ++i) {
    Fd link(bpf_link_create(program.get(), target, type, nullptr));
    if (link || errno != EBUSY) return link;
    link = find_link(program);
    if (link) return link;
    ::usleep(between);
  }
  errno = EBUSY;
  return {};
}

Result<Fd> make_link(const Hook& hook, const Fd& program) {
  const bool sysctl = hook.id == GL_HOOK_CGROUP_SYSCTL;
  const Fd root = sysctl ? open_cgroups() : Fd();
  if (sysctl && !root) return Fd();
  Fd link =
      attach_or_find(program, sysctl ? root.get() : 0, sysctl ? BPF_CGROUP_SYSCTL : BPF_LSM_MAC);
  // Somebody's program there may suffer no other; that is no reason to enforce nothing.
  if (!link && sysctl) return Fd();
  if (!link)
    return fail(Exit::kernel,
                std::string("cannot attach to ") + hook.name + ": " + errno_text(errno),
                "run `glacis doctor`");
  return link;
}

Status attach_hook(const Hook& hook) {
  if (exists(link_pin(hook.name))) return {};
  const auto path = program_pin("glacis_" + std::string(hook.name));
  if (!exists(path)) return {};  // this kernel has no such hook
  auto program = open_pinned(path);
  if (!program) return std::unexpected(program.error());
  const auto link = make_link(hook, *program);
  if (!link) return std::unexpected(link.error());
  if (!*link) return {};  // there is no place for it; the guard tells
  if (bpf_obj_pin(link->get(), link_pin(hook.name).c_str()) != 0)
    return fail(Exit::kernel,
                std::string("cannot pin the link of ") + hook.name + ": " + errno_text(errno));
  return {};
}

}  // namespace

Result<Fd> open_pinned(const std::string& path) {
  Fd fd(bpf_obj_get(path.c_str()));
  if (!fd)
    return fail(errno == EPERM ? Exit::not_permitted : Exit::kernel,
                "cannot open " + path + ": " + errno_text(errno), "run `glacis doctor`");
  return fd;
}

Fd open_read_only(const std::string& path) {
  LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);
  return Fd(bpf_obj_get_opts(path.c_str(), &options));
}

std::string_view hook_name(unsigned id) {
  for (const Hook& hook : hooks)
    if (hook.id == id) return hook.name;
  return "?";
}

Result<Lock> Lock::take() {
  ::mkdir(run_folder, 0700);
  const auto path = std::string(run_folder) + "/lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd || ::flock(fd.get(), LOCK_EX) != 0)
    return fail(Exit::not_permitted, "cannot lock " + path + ": " + errno_text(errno));
  return Lock(std::move(fd));
}

Status ensure_programs() {
  if (auto mounted = check_bpffs(); !mounted) return mounted;
  if (auto made = make_folders(); !made) return made;
  auto current = programs_current();
  if (!current) return std::unexpected(current.error());
  return *current ? Status{} : load_programs();
}

Status attach_hooks(const HookSet& needed) {
  for (const auto& hook : hooks)
    if (needed.has(hook.id))
      if (auto done = attach_hook(hook); !done) return done;
  return {};
}

void detach_hooks(const HookSet& unneeded) {
  for (const auto& hook : hooks)
    if (unneeded.has(hook.id)) ::unlink(link_pin(hook.name).c_str());
}

HookSet pinned_hooks() {
  HookSet out;
  for (const auto& hook : hooks)
    if (exists(link_pin(hook.name))) out.add(hook.id);
  return out;
}

std::vector<std::string> pinned_links() {
  std::vector<std::string> names;
  for (const auto& hook : hooks)
    if (exists(link_pin(hook.name))) names.emplace_back(hook.name);
  return names;
}

}  // namespace glacis::kernel

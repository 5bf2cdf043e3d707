// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/layout.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdio>
#include <memory>

#include "layout.skel.h"
#include "manager/base/fd.h"
#include "manager/kernel/owned.h"
#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

struct LayoutFile {  // as in layout.bpf.c
  std::uint32_t number;
  std::uint32_t mode;
  std::uint64_t mount;
};

// Types that can't be read say nothing: to take them for "none" would be to guess.
Result<bool> has_backing_files() {
  const Btf kernel(btf__load_vmlinux_btf());
  if (!kernel)
    return fail(Exit::kernel, "the kernel's types can't be read: " + errno_text(errno),
                "run `glacis doctor`", "nothing was changed");
  return btf__find_by_name_kind(kernel.get(), "backing_file", BTF_KIND_STRUCT) > 0;
}

struct LayoutContent {  // as in layout.bpf.c
  std::uint32_t number;
  std::uint32_t zero;
  gl_file_key key;
  gl_file_state state;
};

using LayoutPrograms = std::unique_ptr<layout_bpf, Releases<layout_bpf__destroy>>;

// Has one of the programs look at the file whose number is in `asked`, and write there.
template <typename Asked>
Result<Asked> look_at(const bpf_program* program, Asked asked) {
  LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &asked, .ctx_size_in = sizeof asked);
  if (bpf_prog_test_run_opts(bpf_program__fd(program), &run) != 0 || run.retval != 0)
    return fail(Exit::kernel, "open files can't be looked at: " + errno_text(errno),
                "run `glacis doctor`", "nothing was changed");
  return asked;
}

Result<LayoutPrograms> load_layout_programs() {
  LayoutPrograms programs(layout_bpf__open_and_load());
  if (!programs)
    return fail(
        errno == EPERM ? Exit::not_permitted : Exit::kernel,
        "the kernel did not take the program that looks at open files: " + errno_text(errno),
        "run `glacis doctor`", "nothing was changed");
  return programs;
}

Result<LayoutFile> look_at(int file) {
  const auto programs = load_layout_programs();
  if (!programs) return std::unexpected(programs.error());
  return look_at((*programs)->progs.glacis_layout_file,
                 LayoutFile{static_cast<std::uint32_t>(file), 0, 0});
}

}  // namespace

Result<std::uint64_t> mount_of(int file) {
  const auto seen = look_at(file);
  if (!seen) return std::unexpected(seen.error());
  return seen->mount;
}

Result<FileStates> FileStates::open() {
  auto programs = load_layout_programs();
  if (!programs) return std::unexpected(programs.error());
  return FileStates(std::move(*programs));
}

Result<std::pair<gl_file_key, gl_file_state>> FileStates::of(int file) const {
  const auto seen = look_at(programs_->progs.glacis_layout_content,
                            LayoutContent{static_cast<std::uint32_t>(file), 0, {}, {}});
  if (!seen) return std::unexpected(seen.error());
  return std::pair(seen->key, seen->state);
}

Result<std::uint32_t> backing_mode(std::uint32_t name_mode, unsigned major, unsigned minor) {
  constexpr std::uint32_t bit24 = 1U << 24, bit25 = 1U << 25;
  if ((name_mode & bit25) != 0) return bit24;
  if (major < 6 || (major == 6 && minor < 14)) return bit25;
  return fail(
      Exit::kernel,
      fmt::format(
          "this kernel ({}.{}) lays out the modes of files in a way that this version of Glacis "
          "does not know (a bare name has {:#x})",
          major, minor, name_mode),
      "a newer version of Glacis, or an older kernel", "nothing was changed");
}

Result<std::uint32_t> measure_backing_mode() {
  const auto has = has_backing_files();
  if (!has) return std::unexpected(has.error());
  if (!*has) return 0U;
  const Fd name(::open("/", O_PATH | O_CLOEXEC));
  if (!name) return fail(Exit::kernel, "cannot open /: " + errno_text(errno));
  const auto seen = look_at(name.get());
  if (!seen) return std::unexpected(seen.error());
  utsname kernel{};
  unsigned major = 0, minor = 0;
  if (::uname(&kernel) != 0 || std::sscanf(kernel.release, "%u.%u", &major, &minor) != 2)
    return fail(Exit::kernel, "the kernel's version can't be told", "run `glacis doctor`");
  return backing_mode(seen->mode, major, minor);
}

}  // namespace glacis::kernel

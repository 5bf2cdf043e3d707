// SPDX-License-Identifier: Apache-2.0
// What must be tried: whether an LSM program is taken, attached, and decides.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

#include "lsm/probe/trial.h"
#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/kernel/enforcer.h"
#include "manager/kernel/owned.h"
#include "manager/kernel/probe_host.h"

namespace glacis::kernel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTrial = "lsm-program";
constexpr std::size_t kMostListed = 8;

Check unknown(const char* name) {
  return {name, Outcome::unknown, "not tried: this needs root", "run it with sudo",
          Exit::not_permitted};
}

Check refused(std::string_view step, int error) {
  std::string remedy = "see the checks above";
  if (error == EPERM || error == EACCES)
    remedy =
        "the kernel, its lockdown mode or a sandbox around this shell refuses it to root: "
        "try it on the host itself, or use another kernel";
  return {kTrial, Outcome::fail, fmt::format("{}: {}", step, std::strerror(error)), remedy,
          Exit::kernel};
}

// Asks the attached program, and after that the kernel without it.
Check ask(std::uint32_t number, Fd link) {
  const auto call = [&] {
    errno = 0;
    return ::prctl(GL_TRIAL_OPTION, static_cast<unsigned long>(number), 0ul, 0ul, 0ul) == 0 ? 0
                                                                                            : errno;
  };
  const int with = call();
  link.reset();
  if (with == ECANCELED)
    return {
        kTrial, Outcome::ok, "loaded, attached, refused a call, and detached again", {}, Exit::ok};
  return {kTrial, Outcome::fail, "loaded and attached, but it was not asked",
          "sysctl kernel.ftrace_enabled=1; if it is 1, another security module decides first",
          Exit::kernel};
}

// Programs of links that are pinned in our folder.
std::set<std::uint32_t> own_programs() {
  std::set<std::uint32_t> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(pin_folder) / "links", error)) {
    const Fd fd(bpf_obj_get(entry.path().c_str()));
    bpf_link_info info{};
    __u32 size = sizeof info;
    if (fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0) out.insert(info.prog_id);
  }
  return out;
}

// "name on hook" of an LSM program; nothing for others.
std::string describe_lsm(std::uint32_t program_id, const btf* types) {
  const Fd fd(bpf_prog_get_fd_by_id(program_id));
  bpf_prog_info info{};
  __u32 size = sizeof info;
  if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0 || info.type != BPF_PROG_TYPE_LSM)
    return {};
  const btf_type* type = types ? btf__type_by_id(types, info.attach_btf_id) : nullptr;
  const char* hook = type ? btf__name_by_offset(types, type->name_off) : nullptr;
  std::string_view word = hook ? hook : "";
  if (word.starts_with("bpf_lsm_")) word.remove_prefix(8);
  return fmt::format("{} on {}", Untrusted(info.name), word.empty() ? "?" : escape(word));
}

}  // namespace

Check try_program() {
  if (!privileged()) return unknown(kTrial);
  const int hook = libbpf_find_vmlinux_btf_id(GL_TRIAL_HOOK, BPF_LSM_MAC);
  if (hook <= 0) return refused("no hook " GL_TRIAL_HOOK " in the kernel's BTF", -hook);
  std::uint32_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) return refused("getrandom", errno);
  number &= 0x7fffffff;
  bpf_insn program[GL_TRIAL_LENGTH] = GL_TRIAL_PROGRAM;
  program[GL_TRIAL_NUMBER_AT].imm = static_cast<__s32>(number);
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_LSM_MAC,
              .attach_btf_id = static_cast<__u32>(hook));
  const Fd loaded(bpf_prog_load(BPF_PROG_TYPE_LSM, "glacis_trial", "Dual BSD/GPL", program,
                                GL_TRIAL_LENGTH, &options));
  if (!loaded) return refused("the kernel does not take an LSM program", errno);
  Fd link(bpf_link_create(loaded.get(), 0, BPF_LSM_MAC, nullptr));
  if (!link) return refused("an LSM program loads but cannot be attached", errno);
  return ask(number, std::move(link));
}

Check try_map(const char* name, int type, const char* use) {
  if (!privileged()) return unknown(name);
  const int found = libbpf_probe_bpf_map_type(static_cast<bpf_map_type>(type), nullptr);
  if (found == 1) return {name, Outcome::ok, fmt::format("created one ({})", use), {}, Exit::ok};
  return {name, Outcome::fail,
          found == 0 ? "the kernel does not create one" : std::strerror(-found),
          "boot 6.1.55 or later", Exit::kernel};
}

Check find_others() {
  const char* name = "other-programs";
  if (!privileged()) return unknown(name);
  const Btf types(btf__load_vmlinux_btf());
  const std::set<std::uint32_t> own = own_programs();
  std::string list;
  std::size_t found = 0;
  for (__u32 id = 0; bpf_link_get_next_id(id, &id) == 0;) {
    const Fd fd(bpf_link_get_fd_by_id(id));
    bpf_link_info info{};
    __u32 size = sizeof info;
    if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0 || own.contains(info.prog_id))
      continue;
    const std::string text = describe_lsm(info.prog_id, types.get());
    if (text.empty()) continue;
    if (++found <= kMostListed) list += (list.empty() ? "" : ", ") + text;
  }
  if (found == 0) return {name, Outcome::ok, "none on LSM hooks", {}, Exit::ok};
  if (found > kMostListed) list += fmt::format(" and {} more", found - kMostListed);
  return {name, Outcome::warn, list,
          "another agent decides on the same hooks: of several programs a refusal ends the chain, "
          "and a call that it refuses may leave no evidence here",
          Exit::ok};
}

}  // namespace glacis::kernel

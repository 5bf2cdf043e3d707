// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/seccomp/filter.h"

#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "manager/backend/seccomp/arguments.h"
#include "manager/base/fd.h"

namespace glacis::seccomp {
namespace {

std::unexpected<Error> failed(std::string_view step, int error) {
  return fail(Exit::bug, fmt::format("cannot make the filter of system calls: {}: {}", step,
                                     std::strerror(-error)));
}

struct Release {
  void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

// socketcall(2) and ipc(2) of i386, whose arguments lie in memory.
bool multiplexed(std::uint32_t machine, int number) {
  return machine == SCMP_ARCH_X86 &&
         ((number <= -101 && number >= -120) || (number <= -201 && number >= -224));
}
constexpr int first_ipc = -200;

// One filter for one architecture.
class Half {
 public:
  Half(std::uint32_t machine, std::uint32_t fallback, std::uint32_t foreign)
      : machine_(machine), fallback_(fallback), context_(::seccomp_init(fallback)) {
    if (!context_) {
      note(-ENOMEM);
      return;
    }
    if (machine != ::seccomp_arch_native()) {
      note(::seccomp_arch_add(context_.get(), machine));
      note(::seccomp_arch_remove(context_.get(), ::seccomp_arch_native()));
    }
    note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, foreign));
    note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_NNP, 0));
    note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  }

  // The call's number on this machine: negative where it has none of its own.
  [[nodiscard]] int number(const std::string& name) const {
    return ::seccomp_syscall_resolve_name_arch(machine_, name.c_str());
  }
  [[nodiscard]] bool has(const std::string& name) const {
    const int here = number(name);
    // Their parts are spoken of one by one.
    if (machine_ == SCMP_ARCH_X86 && (name == "socketcall" || name == "ipc")) return false;
    return here >= 0 || multiplexed(machine_, here);
  }
  [[nodiscard]] bool unseen(const std::string& name) const {
    return multiplexed(machine_, number(name));
  }

  void add(const std::string& name, std::uint32_t action) {
    if (!has(name) || action == fallback_ || error_ != 0) return;
    note(::seccomp_rule_add(context_.get(), action, ::seccomp_syscall_resolve_name(name.c_str()),
                            0));
    // ipc(2) takes the lower half of its first argument for the call.
    if (const int here = number(name); unseen(name) && here < first_ipc)
      note(::seccomp_rule_add(
          context_.get(), action, ::seccomp_syscall_resolve_name("ipc"), 1,
          SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffff, static_cast<scmp_datum_t>(first_ipc - here))));
  }

  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] Context take() { return std::move(context_); }

 private:
  void note(int result) {
    if (result < 0 && error_ == 0) error_ = result;
  }

  std::uint32_t machine_;
  std::uint32_t fallback_;
  Context context_;
  int error_ = 0;
};

Answers answers_of(Posture posture) {
  if (posture == Posture::log) return {SCMP_ACT_LOG, SCMP_ACT_LOG, SCMP_ACT_LOG};
  return {SCMP_ACT_ERRNO(EPERM), SCMP_ACT_KILL_PROCESS, SCMP_ACT_ERRNO(ENOSYS)};
}

Status check_length(const std::vector<sock_filter>& code) {
  if (code.size() <= BPF_MAXINSNS) return {};
  return fail(Exit::usage,
              fmt::format("the filter of system calls has {} instructions, and the kernel takes "
                          "at most {}",
                          code.size(), BPF_MAXINSNS),
              "use fewer conditions in [[syscalls.rule]]");
}

Result<std::vector<sock_filter>> exported(const Context& context) {
  const Fd file(::memfd_create("glacis-filter", MFD_CLOEXEC));
  if (!file) return failed("memfd_create", -errno);
  if (const int done = ::seccomp_export_bpf(context.get(), file.get()); done < 0)
    return failed("export", done);
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  std::vector<sock_filter> code(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (::pread(file.get(), code.data(), static_cast<std::size_t>(size), 0) != size)
    return failed("read", -EIO);
  return code;
}

bool is_narrow(std::uint32_t machine) {
  return machine == SCMP_ARCH_X86 || machine == SCMP_ARCH_ARM;
}

class Builder {
 public:
  Builder(const Policy& policy, const Machine& machine, Posture posture)
      : policy_(policy), answers_(answers_of(posture)) {
    machines_.push_back(machine.native);
    if (policy.compat && machine.compat) machines_.push_back(*machine.compat);
  }

  Result<std::vector<Program>> run() const {
    std::vector<Program> out;
    if (auto code = arguments(); !code.empty()) out.push_back({"arguments", std::move(code)});
    auto code = numbers();
    if (!code) return std::unexpected(code.error());
    out.push_back({"numbers", std::move(*code)});
    for (const Program& program : out)
      if (auto good = check_length(program.code); !good) return std::unexpected(good.error());
    return out;
  }

 private:
  [[nodiscard]] std::vector<sock_filter> arguments() const {
    std::vector<Abi> abis;
    for (const std::uint32_t machine : machines_)
      abis.push_back({machine, is_narrow(machine), [machine](const std::string& name) {
                        return ::seccomp_syscall_resolve_name_arch(machine, name.c_str());
                      }});
    return arguments_program(policy_, abis, answers_);
  }

  [[nodiscard]] Result<std::vector<sock_filter>> numbers() const {
    Context whole;
    for (const std::uint32_t machine : machines_) {
      Half half(machine, policy_.list ? answers_.unknown : SCMP_ACT_ALLOW, answers_.refuse);
      for (const Call& call : policy_.calls) number(half, call);
      if (half.error() != 0) return failed("rules", half.error());
      if (!whole) {
        whole = half.take();
        continue;
      }
      Context other = half.take();
      if (const int done = ::seccomp_merge(whole.get(), other.get()); done < 0)
        return failed("merge", done);
      (void)other.release();  // it belongs to the first now
    }
    return exported(whole);
  }

  // A call whose arguments can't be seen is refused where they would decide.
  void number(Half& half, const Call& call) const {
    if (call.otherwise == SyscallAction::kill) {
      half.add(call.name, answers_.kill);
    } else if (half.unseen(call.name)
                   ? call.plain() && call.otherwise == SyscallAction::allow
                   : !call.grants.empty() || call.otherwise == SyscallAction::allow) {
      half.add(call.name, SCMP_ACT_ALLOW);
    } else {
      half.add(call.name, answers_.refuse);
    }
  }

  const Policy& policy_;
  Answers answers_;
  std::vector<std::uint32_t> machines_;
};

}  // namespace

Machine machine_of(std::uint32_t native) {
  switch (native) {
    case SCMP_ARCH_X86_64:
      return {native, SCMP_ARCH_X86};
    case SCMP_ARCH_AARCH64:
      return {native, SCMP_ARCH_ARM};
    default:
      return {native, std::nullopt};
  }
}

Machine this_machine() { return machine_of(::seccomp_arch_native()); }

Result<std::vector<Program>> build_filters(const Policy& policy, const Machine& machine,
                                           Posture posture) {
  return Builder(policy, machine, posture).run();
}

}  // namespace glacis::seccomp

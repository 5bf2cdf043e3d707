// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/suspicion.h"

#include <bit>
#include <string>
#include <utility>
#include <variant>

namespace glacis::learn {
namespace {

using profile::RuleBody;

constexpr std::uint32_t kWrites = GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_CREATE | GL_FILE_RENAME |
                                  GL_FILE_LINK | GL_FILE_SYMLINK | GL_FILE_TRUNCATE |
                                  GL_FILE_CHMOD | GL_FILE_CHOWN | GL_FILE_MKDIR | GL_FILE_MKNOD |
                                  GL_FILE_UNLINK;
constexpr std::uint32_t kExec = GL_FILE_EXECUTE | GL_FILE_INTERPRET;
constexpr std::uint32_t kRuns = kExec | GL_FILE_MAP_EXEC;

struct PathRow {
  std::string_view glob;
  std::uint32_t access;
  Pattern pattern;
};
constexpr PathRow kPaths[] = {
    {"/{usr/,}{local/,}bin/{sh,bash,dash,ash,zsh,ksh*,mksh,csh,tcsh,fish,busybox}",
     kExec,
     {"T1059.004", "starts a shell"}},
    {"/{usr/,}{local/,}bin/{python*,perl*,ruby*,lua*,node,nodejs,php*,awk,gawk,mawk,tclsh*,expect}",
     kExec,
     {"T1059", "starts an interpreter"}},
    {"/{usr/,}{local/,}bin/{curl,wget,nc,nc.*,ncat,netcat,socat,ssh,scp,sftp,tftp,ftp,rsync}",
     kExec,
     {"T1105", "starts a program that moves data over the network"}},
    {"/{usr/,}{local/,}{s,}bin/{apt,apt-get,dpkg,rpm,dnf,yum,apk,pip*,npm,gem,gcc*,cc,make,ld}",
     kExec,
     {"T1105", "starts a package manager or a compiler"}},
    {"/{usr/,}{local/,}{s,}bin/{sudo,su,pkexec,doas,newgrp,mount,umount,nsenter,unshare,insmod,"
     "modprobe,crontab,at}",
     kExec,
     {"T1548.001", "starts a program that raises rights"}},
    {"/{tmp,var/tmp,dev/shm,run/user}/**",
     kRuns,
     {"T1036", "runs or maps code from where anybody may write"}},
    {"/etc/{shadow,gshadow}{,-}", ~0u, {"T1003.008", "opens the password hashes"}},
    {"/etc/{sudoers,sudoers.d/**,master.passwd,krb5.keytab,ssh/ssh_host_*_key}",
     ~0u,
     {"T1552.004", "opens secrets of the host"}},
    {"/{root,home/*}/{.ssh,.aws,.kube,.gnupg,.docker,.azure,.config/gcloud}/**",
     ~0u,
     {"T1552.001", "opens a user's keys or credentials"}},
    {"/{root,home/*}/.{bash_history,netrc,git-credentials,pgpass,my.cnf}",
     ~0u,
     {"T1552.003", "opens a user's history or passwords"}},
    {"/{run,var/run}/secrets/**", GL_FILE_READ, {"T1552.007", "reads a service account's token"}},
    {"/proc/[0-9]*/mem", ~0u, {"T1055", "opens the memory of a process"}},
    {"/proc/{kcore,kallsyms,sysrq-trigger,sys/kernel/core_pattern,sys/kernel/modprobe}",
     ~0u,
     {"T1611", "opens a door to the kernel"}},
    {"/dev/{mem,kmem,port,sd*,nvme*,vd*,dm-*,mapper/*}",
     ~0u,
     {"T1006", "opens memory or a disk as a whole"}},
    {"/sys/fs/cgroup/**{release_agent,devices.allow}",
     kWrites,
     {"T1611", "changes what a control group runs"}},
    {"/etc/{cron*,cron*/**,anacrontab,at.allow}", kWrites, {"T1053.003", "changes what cron runs"}},
    {"/var/spool/{cron,at}/**", kWrites, {"T1053.003", "changes what cron runs"}},
    {"/{etc,usr/lib,lib,run}/systemd/**", kWrites, {"T1543.002", "changes a unit"}},
    {"/etc/{ld.so.preload,ld.so.conf,ld.so.conf.d/**,ld.so.cache}",
     kWrites,
     {"T1574.006", "changes which libraries are loaded"}},
    {"/etc/{passwd,group,pam.d/**,nsswitch.conf,profile,profile.d/**,bash.bashrc,rc.local,"
     "init.d/**,udev/**,modules*,modprobe.d/**}",
     kWrites,
     {"T1098", "changes who may log in, or what runs at log-in or start"}},
    {"/{usr/,}{local/,}{bin,sbin,lib,lib64,libexec}/**",
     kWrites,
     {"T1554", "changes programs or libraries"}},
    {"/var/log/{auth.log,wtmp,btmp,lastlog,secure,audit/**,journal/**}",
     kWrites,
     {"T1685.006", "changes the logs of others"}},
    {"/run/{docker,containerd/containerd,crio/crio,podman/podman}.sock",
     GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND,
     {"T1610", "talks to a container runtime"}},
    {"/**", GL_FILE_SET_ID, {"T1548.001", "runs a set-user-ID program"}},
    {"/**",
     GL_FILE_MOUNT | GL_FILE_UMOUNT | GL_FILE_PIVOT_ROOT | GL_FILE_CHROOT,
     {"T1611", "changes mounts or roots"}},
};

constexpr Pattern kAnonymousCode = {"T1620", "runs code that has no name in the file system"};
constexpr Pattern kMemory = {"T1055", "makes memory executable that it wrote"};
constexpr Pattern kKernel = {"T1014", "loads code into the kernel, or watches it"};
constexpr Pattern kTrace = {"T1055.008", "traces another process"};
constexpr Pattern kRaw = {"T1040", "opens a raw or packet socket"};
constexpr Pattern kMetadata = {"T1552.005", "asks a cloud's metadata service"};
constexpr Pattern kCapability = {"T1548", "uses a capability that amounts to the whole host"};

constexpr gl_capability kCapabilities[] = {
    GL_CAP_SYS_ADMIN, GL_CAP_SYS_MODULE,   GL_CAP_SYS_PTRACE, GL_CAP_SYS_RAWIO, GL_CAP_SYS_BOOT,
    GL_CAP_MAC_ADMIN, GL_CAP_MAC_OVERRIDE, GL_CAP_BPF,        GL_CAP_PERFMON};

profile::Cidr metadata_address() {
  profile::Cidr out;
  out.address = {169, 254, 169, 254};
  out.prefix = 32;
  return out;
}

// Each bit is asked for by itself: see of().
std::vector<std::pair<RuleBody, const Pattern*>> rules() {
  std::vector<std::pair<RuleBody, const Pattern*>> out;
  for (const PathRow& row : kPaths)
    out.emplace_back(
        profile::PathRule{std::string(row.glob), row.access & GL_FILE_ALL & ~GL_FILE_TRANSITION},
        &row.pattern);
  out.emplace_back(profile::EndingRule{{GL_ENDING_ANONYMOUS, GL_ENDING_UNLINKED, GL_ENDING_DETACHED,
                                        GL_ENDING_FOREIGN_ROOT},
                                       kRuns},
                   &kAnonymousCode);
  out.emplace_back(profile::MemoryRule{GL_MEMORY_ALL}, &kMemory);
  out.emplace_back(profile::KernelRule{GL_KERNEL_BPF | GL_KERNEL_MODULE | GL_KERNEL_KEXEC |
                                       GL_KERNEL_PERF_EVENT},
                   &kKernel);
  out.emplace_back(profile::ProcessRule{"any", GL_TASK_TRACE, 0}, &kTrace);
  out.emplace_back(profile::SocketRule{{GL_SOCKET_RAW, GL_SOCKET_PACKET}}, &kRaw);
  out.emplace_back(
      profile::NetRule{
          {GL_NET_CONNECT, GL_NET_SEND}, {GL_SOCKET_TCP, GL_SOCKET_UDP}, {metadata_address()}, {}},
      &kMetadata);
  for (const gl_capability capability : kCapabilities)
    out.emplace_back(profile::CapabilityRule{capability}, &kCapability);
  return out;
}

// One request for each bit: a grant of one of them is enough to be suspicious.
template <typename Request>
std::vector<sim::Request> bits_of(const Request& request) {
  std::vector<sim::Request> out;
  for (std::uint32_t rest = request.access; rest != 0; rest &= rest - 1) {
    Request one = request;
    one.access = rest & -rest;
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<sim::Request> single(const sim::Request& request) {
  if (const auto* file = std::get_if<sim::FileRequest>(&request)) return bits_of(*file);
  if (const auto* memory = std::get_if<sim::MemoryRequest>(&request)) return bits_of(*memory);
  if (const auto* kernel = std::get_if<sim::KernelRequest>(&request)) return bits_of(*kernel);
  return {request};
}

}  // namespace

Result<Suspicions> Suspicions::make() {
  profile::ResolvedProfile profile;
  profile.name = "suspicions";
  std::vector<const Pattern*> by_rule = {nullptr};
  for (auto& [body, pattern] : rules()) {
    profile.rules.push_back({static_cast<profile::RuleId>(by_rule.size()), {}, std::move(body)});
    by_rule.push_back(pattern);
  }
  auto matcher = Matcher::of(profile);
  if (!matcher) return std::unexpected(matcher.error());
  return Suspicions(std::move(*matcher), std::move(by_rule));
}

const Pattern* Suspicions::of(const Behaviour& behaviour) const {
  for (const sim::Request& request : single(behaviour.request)) {
    const gl_verdict verdict = matcher_.decide(request);
    if (verdict.decision != GL_ALLOW || verdict.rule >= by_rule_.size()) continue;
    const Pattern* pattern = by_rule_[verdict.rule];
    // Rules about addresses and paths grant their sockets too, which says nothing by itself.
    if (std::holds_alternative<sim::SocketRequest>(request) && pattern != &kRaw) continue;
    if (pattern != nullptr) return pattern;
  }
  return nullptr;
}

}  // namespace glacis::learn

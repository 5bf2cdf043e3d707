// SPDX-License-Identifier: Apache-2.0
#include "manager/diag/codes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string>

namespace glacis::diag {
namespace {

consteval std::string_view explain(Code code) {
  switch (code) {
    case Code::GL101:
      return "The text is not TOML 1.0, so nothing in it was read. The caret stands where the "
             "reader gave up; the fault is often just before it: a quote or bracket that was "
             "not closed, a backslash in a basic string, a value that is missing.";
    case Code::GL102:
      return "A key or table was defined twice. TOML has no order between the two, so neither "
             "can win. Merge them, or write the table as an array of tables ([[file]], [[net]]) "
             "where several are meant.";
    case Code::GL103:
      return "The file does not exist or the system refused to open it. Nothing was loaded or "
             "changed.";
    case Code::GL104:
      return "A profile is a regular file. Directories, pipes, sockets and devices are refused "
             "before anything is read from them.";
    case Code::GL105:
      return "A profile, abstraction or drop-in has at most 1 MiB. Larger ones are refused "
             "unread; thousands of rules fit in far less, and patterns make fewer of them.";
    case Code::GL106:
      return "No key of this name has a meaning here. Unknown keys are errors and never "
             "skipped: a rule that was misspelt must not look as if it were in force.";
    case Code::GL107:
      return "The key is known but its value has another type than the one wanted, for example "
             "a number where a list of strings is meant.";
    case Code::GL108:
      return "Something that every file of this kind must have is missing: schema = 1, and in a "
             "profile the table [profile] with its name.";
    case Code::GL109:
      return "`schema` names the version of the language that the file is written in. This "
             "version of Glacis reads schema 1. A later schema may give words another meaning, "
             "so it is refused and not guessed at.";
    case Code::GL110:
      return "Abstractions are included by many profiles, so they hold rules and variables "
             "only: [profile] and [attach] belong into the profile. A drop-in adjusts a profile "
             "but does not rename it.";
    case Code::GL111:
      return "An include names a file below one of the folders that are searched: the profile's "
             "own folder, the folders given on the command line or /etc/glacis and "
             "/usr/share/glacis, and `profiles` in each folder above the profile. The ending "
             ".toml is added.";
    case Code::GL112:
      return "The files include each other in a circle. Each file is read once, in the order of "
             "its first mention, so a circle has no order. Move what both need into a third.";
    case Code::GL113:
      return "An include is a name relative to the folders searched, such as "
             "\"abstractions/base\". Absolute paths and `..` are refused: which file is meant "
             "must not depend on where the profile lies.";
    case Code::GL114:
      return "The language has this word, but this version of Glacis cannot enforce it yet. It "
             "is refused and not skipped, because a profile that loads must mean what it says.";
    case Code::GL115:
      return "The value has the right type but not the right form, for example a profile name "
             "with a slash in it, or an empty list.";
    case Code::GL201:
      return "The word is none of those that the key takes: accesses, capabilities, socket "
             "kinds, operations, signals, system calls. The message suggests the nearest word, or "
             "lists all of them.";
    case Code::GL202:
      return "A path in a profile starts with '/'. A relative one would depend on a working "
             "directory, which the kernel's decision does not know.";
    case Code::GL203:
      return "Paths are compared as the kernel builds them, from name to name: it never builds "
             "one with `//`, `/./`, `/../` or a slash at its end, so such a pattern can never "
             "match. A directory is matched by its name alone, what lies below by `/**`.";
    case Code::GL204:
      return "An explicit deny wins over every grant. This grant lies wholly below a deny of "
             "the same file or of a broader layer, so it can never take effect: one of the two "
             "is a mistake. A profile may narrow an abstraction, and a drop-in a profile; that "
             "is not reported.";
    case Code::GL205:
      return "The same pattern or peer with the same accesses is written twice. It does no harm, "
             "but a "
             "person who removes one of them will think that the grant is gone.";
    case Code::GL206:
      return "The pattern cannot be read. `*` is any run without '/', `**` any run, `?` one "
             "byte but '/', `[a-z]` and `[^a-z]` one byte of or not of a set, `{a,b}` "
             "alternatives; a backslash quotes the next byte.";
    case Code::GL207:
      return "The kernel knows no path longer than 4096 bytes and no name longer than 255, so "
             "the pattern can never match, or has been mangled.";
    case Code::GL208:
      return "Alternatives multiply: {a,b}{c,d} are four. A pattern may stand for at most 1024, "
             "with variables that have several values counted, and braces nest at most 16 deep. "
             "The bound keeps compiling fast and images small.";
    case Code::GL209:
      return "The variable is defined neither in [vars] of this profile nor in one of its "
             "abstractions or drop-ins. Names are case-sensitive.";
    case Code::GL210:
      return "The variable's value leads back to itself, so that it has no value.";
    case Code::GL211:
      return "A variable is written ${name}; its name has letters, digits, '_' and '-' and "
             "starts with a letter or '_'. A dollar sign that is meant is written \\$.";
    case Code::GL212:
      return "An address is an IPv4 or IPv6 address, alone or with a prefix length "
             "(10.0.0.0/8), or one of the words any, loopback, private. Bits of the address "
             "below the prefix must be zero: 10.1.2.3/8 may mean one host or sixteen million.";
    case Code::GL213:
      return "A port is a number from 1 to 65535, a range is written \"8000-8100\", and \"any\" "
             "means all. Port 0 asks the kernel to choose a port and makes sense for bind only.";
    case Code::GL214:
      return "The block lacks what would make it a rule: a [[file]] needs path, object or deny, "
             "and access unless it denies; a [[net]] needs an operation and a protocol, a Unix "
             "address or a socket kind; a [[process]] needs peer, and access unless it denies.";
    case Code::GL215:
      return "The keys contradict each other in one block. One block says one thing: it grants "
             "or it denies, and it speaks of paths or of objects without a path.";
    case Code::GL216:
      return "The protocol cannot do this, or what the rule promises could not be kept. TCP "
             "has no datagrams to send. MPTCP opens further subflows inside the kernel, past "
             "every hook, so addresses cannot bind it.";
    case Code::GL217:
      return "A rule's id has 16 bits: a resolved profile, with all that it includes, has at "
             "most 65535 rules. Patterns with `*`, `**` and braces cover many paths in one. Of "
             "rules about other tasks, one for each peer of a [[process]], there are at most 64.";
    case Code::GL218:
      return "Every rule is in order by itself, but the policy image cannot hold them together. "
             "The path patterns of a profile become one automaton that reads paths from their "
             "end; a few patterns with several `**`, or with many `?` and brackets in front of "
             "one, can make it grow without bound, so it has one: 200,000 states before it is "
             "minimised (some 1,000 ordinary rules need 30,000), which take about 100 MB while "
             "it is built. The rules that are marked need most of it.";
    case Code::GL219:
      return "A condition sees the whole register, 64 bits, and the kernel often uses the lower 32 "
             "of them: whoever sets upper bits would pass by a refusal that asks for less than a "
             "number, or by a grant that asks for more than one, or for another one. So a grant "
             "takes eq, lt, le and masked_eq, and a deny or kill eq, ne, gt, ge and masked_eq; an "
             "eq of theirs with a value below 2^32 looks at the lower 32 bits.";
    case Code::GL220:
      return "A [[benign]] entry says until which day its owner answers for it. That day has "
             "passed: look again whether the refusal is harmless, and give it a new day, or "
             "remove the entry. Images that were compiled before go on, but refusals that the "
             "entry names are not graded benign any more.";
    case Code::GL221:
      return "[[exec.digest]] names what a file must hold to be run or mapped as code: a SHA-256, "
             "64 hexadecimal digits in lower case. The file is hashed when the profile is loaded.";
    case Code::GL301:
      return "Programs with more rights than the confined one read these files and act on them: "
             "cron, systemd, the dynamic loader, login shells, sudo, ssh. Who can write them "
             "can leave the profile through them.";
    case Code::GL302:
      return "A file that the program may write may also be executed or mapped as code. Code "
             "that an attacker brings along then runs, with this profile's rights.";
    case Code::GL303:
      return "The pattern covers nearly every file of the host. That is hardly a least "
             "privilege, and hides what the program really needs.";
    case Code::GL304:
      return "The dynamic loader runs any program that it may map, so a right to execute it "
             "passes the list in [exec] by. Programs need it mapped (map_exec), which "
             "abstractions/base grants, and never executed.";
    case Code::GL305:
      return "The policy image keeps one table of addresses and ports for UDP and UDP-Lite "
             "together, and one for SCTP, DCCP, raw, ping and MPTCP. Grants to two protocols of "
             "one table with different addresses or ports add up to both for each.";
    case Code::GL306:
      return "A peer in [[process]] is self, unconfined, any, or the name of a profile. A name "
             "that is no such word is taken for a profile's, which need not be loaded; this one "
             "looks like one of the words.";
    case Code::GL307:
      return "Who may trace a task may change its memory and registers, and so act with its "
             "rights. With a task that no profile confines, those are rights that this profile "
             "does not grant.";
    case Code::GL308:
      return "With unsafe = true the program enters the other domain also while another process "
             "traces it or shares its root and working directory, or under no_new_privs. Whoever "
             "does so acts with what the other profile grants.";
    case Code::GL310:
      return "This part of the profile was read and checked, but this version does not enforce "
             "it. Nothing that it refuses is refused by it.";
    case Code::GL311:
      return "Rules match the file that is reached, by the path that the kernel builds for it. "
             "A symlink in the pattern is never part of such a path, so the rule does not match "
             "what lies behind it on this host. Write the path that it leads to.";
    case Code::GL320:
      return "The rule grants something that is had by a system call alone, and [syscalls] refuses "
             "every call that would do: the grant has no effect. Grant one of the calls, or remove "
             "the rule.";
    case Code::GL321:
      return "[syscalls] grants the call by name, and the profile grants nothing that the call "
             "could "
             "do: it always fails. A narrower list of calls keeps more of the kernel out of reach.";
    case Code::GL322:
      return "A file is granted for append and not for write. The flag RWF_NOAPPEND, of Linux 6.9, "
             "writes anywhere in such a file, and no hook sees it. The filter that `glacis run` "
             "installs refuses it in system calls; an io_uring takes it too, past every filter.";
    case Code::GL401:
      return "attach.oci is read and kept in the image, but this version puts containers into no "
             "domain by itself: only programs, units and users.";
    case Code::GL402:
      return "One of the backends has no means to express the rule. The bpf backend, which is "
             "authoritative, enforces it.";
    case Code::GL403:
      return "A bind to port 0 lets the kernel choose an unused port. The grant speaks of the "
             "0 that the program asks for, not of the port that it is given.";
    case Code::GL404:
      return "A check that compares rules with each other stopped at its bound, so that "
             "checking stays fast. What it would have found is missing from the output; the "
             "rules themselves are not affected.";
    case Code::GL405:
      return "A transition leads to a profile by its name. None of the files that were checked "
             "together has it. Until that profile is loaded, the exec is refused.";
    case Code::GL501:
      return "The text is not in the language that was named for it, so nothing of this file was "
             "imported. The caret stands where the reader gave up.";
    case Code::GL502:
      return "Files, includes, blocks, patterns and variables are read up to a bound each, so that "
             "no text keeps an import from ending. This one is beyond it.";
    case Code::GL503:
      return "The profile that was made of the import is refused by the compiler, so none is "
             "written. Mostly it has more rules or patterns than fit into an image.";
    case Code::GL511:
      return "Looser. AppArmor tells files from directories by a slash at the end of the pattern; "
             "Glacis has one pattern for both, so that directories by these names may be listed, "
             "renamed or given another mode too. A path whose last name is written out is taken "
             "for what the rule says that it is.";
    case Code::GL512:
      return "Looser. In Glacis a domain is entered by a grant of execution in the profile that is "
             "entered, which AppArmor does not need. The program may start itself again. One that "
             "would leave the profile by `ux` stays in it, and its file may be mapped for "
             "execution "
             "as well.";
    case Code::GL513:
      return "Looser. AppArmor asks both sides of a signal or a trace. Glacis asks the one that "
             "acts: here tasks without a profile, this profile itself or another one that is "
             "imported with it may do what `signal receive` or `ptrace readby` rules do not let "
             "it.";
    case Code::GL514:
      return "Looser. Messages on a D-Bus are told apart by the bus and not by the kernel. Who may "
             "connect to the bus's socket may send what the bus lets pass.";
    case Code::GL515:
      return "Looser. The rule holds under a condition that Glacis does not ask about, such as the "
             "source, type and options of a mount. It is granted without it.";
    case Code::GL516:
      return "Looser. Resource limits are not set by a profile. Set them where the program is "
             "started, for example in its unit.";
    case Code::GL517:
      return "Looser. Sockets are told apart by kind: both internet families make one, and the "
             "types of some families too. The addresses of the family that was not granted stay "
             "refused. Asked are bind, connect and send, each with the address it is given: whom "
             "is received from, and what else is done with a socket, is not.";
    case Code::GL518:
      return "Looser. A Unix socket is told apart by its name alone, not by type, peer or owner.";
    case Code::GL519:
      return "Looser. AppArmor grants a link to one target alone, or refuses something that Glacis "
             "has no word to refuse, such as to receive from an address. A link needs `link` at "
             "both names here, and gives nothing that the first name does not.";
    case Code::GL521:
      return "Tighter. The execution is refused, or the program stays in the profile that starts "
             "it. Nothing leads out of confinement, and which profile is for a program is decided "
             "when it is imported.";
    case Code::GL522:
      return "Tighter. A task changes its profile by an exec alone, and not by change_profile, "
             "change_hat or pivot_root. Hats become profiles that nothing enters.";
    case Code::GL523:
      return "Tighter. Peers are named one by one. A pattern stands for the profiles that were "
             "imported together with this one, and not for others.";
    case Code::GL524:
      return "Tighter. Glacis has no word for the socket, or can't limit it as the rule does. It "
             "stays refused.";
    case Code::GL525:
      return "Tighter. The flag changes how AppArmor names objects that have no path in the "
             "program's own tree. Such objects are refused here.";
    case Code::GL526:
      return "Tighter. Without `abi` a parser leaves alone what its default does not know, often "
             "sockets and mounts. Here all of it is taken for mediated, and refused where no rule "
             "grants it.";
    case Code::GL527:
      return "What is decided is the same. Glacis records what is refused, and not what is "
             "granted.";
    case Code::GL528:
      return "Tighter. A refusal that AppArmor limits by a condition holds without it, since "
             "Glacis does not ask about the condition.";
    case Code::GL529:
      return "Tighter. A part of the rule can't be granted without granting more than it says, so "
             "that part is left out.";
    case Code::GL530:
      return "Looser. The setting confines in a way that Glacis has no word for, such as a private "
             "/tmp or a quota. Keep it where it is set now, beside the profile.";
    case Code::GL531:
      return "Tighter. What the setting leaves open can't be told from what it refuses here, so "
             "more "
             "is refused.";
    case Code::GL532:
      return "What is refused is the same. What the program sees of it differs: another error "
             "number, or an error where it would be killed.";
    case Code::GL533:
      return "Labels and selectors name whom a policy is for. A profile of Glacis names programs, "
             "units or users in [attach], or is named by a container's annotation: add which.";
    case Code::GL601:
      return "The profile has something that the target's language can't write down, so nothing "
             "was "
             "written.";
    case Code::GL611:
      return "Looser. The target has fewer words for accesses than Glacis. The one that is written "
             "grants what the rule says, and more.";
    case Code::GL612:
      return "Looser. What the profile refuses, by a rule or by default, the target does not "
             "decide "
             "at all. It passes there.";
    case Code::GL613:
      return "Looser. The rule holds under a condition, such as an address or an owner, that the "
             "target can't ask about. It is granted there without it.";
    case Code::GL614:
      return "Looser. The target can't refuse this without refusing what the profile grants, so "
             "the "
             "refusal is left out.";
    case Code::GL621:
      return "Tighter. The target has no word for this grant, or only one that grants far more. It "
             "is left out, and refused there.";
    case Code::GL622:
      return "Tighter. The target refuses more than the rule says, since its words are broader.";
    case Code::GL623:
      return "What is granted and refused is the same. The setting, such as an owner to be told, "
             "has "
             "no counterpart in the target.";
  }
  return {};
}

constexpr std::array codes = {
#define GLACIS_X(number, severity, title) \
  CodeInfo{Code::GL##number, Severity::severity, "GL" #number, title, explain(Code::GL##number)},
    GLACIS_DIAGNOSTIC_CODES(GLACIS_X)
#undef GLACIS_X
};

}  // namespace

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "note";
}

const CodeInfo& describe(Code code) {
  const auto found = std::find_if(codes.begin(), codes.end(),
                                  [&](const CodeInfo& info) { return info.code == code; });
  // Code has no other values than those of the table.
  if (found == codes.end()) std::abort();
  return *found;
}

std::span<const CodeInfo> all_codes() { return codes; }

const CodeInfo* find_code(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto found = std::find_if(codes.begin(), codes.end(),
                                  [&](const CodeInfo& info) { return info.name == upper; });
  return found == codes.end() ? nullptr : &*found;
}

}  // namespace glacis::diag

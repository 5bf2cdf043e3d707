// SPDX-License-Identifier: Apache-2.0
// The way in, and the settings that are about the service as a whole.
#include "manager/import/systemd/import.h"

#include <algorithm>
#include <array>
#include <set>

#include "lsm/abi/access.h"
#include "manager/import/everything.h"
#include "manager/import/systemd/translate.h"
#include "manager/profile/glob.h"
#include "manager/profile/words.h"

namespace glacis::import::systemd {
namespace {

namespace fs = std::filesystem;
using diag::Code;

// They confine, and no profile of ours does the same.
constexpr std::array<std::string_view, 44> lost_settings = {"PrivateTmp",
                                                            "PrivateUsers",
                                                            "PrivateIPC",
                                                            "PrivateMounts",
                                                            "PrivatePIDs",
                                                            "ProtectProc",
                                                            "ProcSubset",
                                                            "RestrictSUIDSGID",
                                                            "DeviceAllow",
                                                            "DevicePolicy",
                                                            "RootDirectory",
                                                            "RootImage",
                                                            "RestrictFileSystems",
                                                            "RestrictNetworkInterfaces",
                                                            "KeyringMode",
                                                            "AppArmorProfile",
                                                            "SELinuxContext",
                                                            "SmackProcessLabel",
                                                            "SecureBits",
                                                            "MountImages",
                                                            "RootDirectoryStartOnly",
                                                            "RootEphemeral",
                                                            "RootVerity",
                                                            "ExtensionImages",
                                                            "ExtensionDirectories",
                                                            "MountFlags",
                                                            "MountAPIVFS",
                                                            "PrivateBPF",
                                                            "NetworkNamespacePath",
                                                            "IPCNamespacePath",
                                                            "UserNamespacePath",
                                                            "IPIngressFilterPath",
                                                            "IPEgressFilterPath",
                                                            "BPFProgram",
                                                            "NFTSet",
                                                            "DelegateNamespaces",
                                                            "BindLogSockets",
                                                            "RemoveIPC",
                                                            "UMask",
                                                            "TasksMax",
                                                            "MemoryMax",
                                                            "CPUQuota",
                                                            "IOReadBandwidthMax",
                                                            "IOWriteBandwidthMax"};

// Each line adds to them; of other settings the last one counts.
constexpr std::array<std::string_view, 30> lists = {
    "ExecStart",
    "CapabilityBoundingSet",
    "AmbientCapabilities",
    "ReadWritePaths",
    "ReadOnlyPaths",
    "InaccessiblePaths",
    "ReadWriteDirectories",
    "ReadOnlyDirectories",
    "InaccessibleDirectories",
    "ExecPaths",
    "NoExecPaths",
    "TemporaryFileSystem",
    "BindPaths",
    "BindReadOnlyPaths",
    "StateDirectory",
    "RuntimeDirectory",
    "CacheDirectory",
    "LogsDirectory",
    "ConfigurationDirectory",
    "RestrictAddressFamilies",
    "IPAddressAllow",
    "IPAddressDeny",
    "SocketBindAllow",
    "SocketBindDeny",
    "SystemCallFilter",
    "SystemCallArchitectures",
    "RestrictNamespaces",
    "DeviceAllow",
    "RestrictFileSystems",
    "RestrictNetworkInterfaces",
};

void keep_last(std::vector<Setting>& settings) {
  std::set<std::string> seen;
  std::vector<Setting> out;
  for (auto it = settings.rbegin(); it != settings.rend(); ++it) {
    const bool list = std::ranges::find(lists, it->key) != lists.end();
    if (list || seen.insert(it->section + "/" + it->key).second) out.push_back(std::move(*it));
  }
  std::ranges::reverse(out);
  settings = std::move(out);
}

bool is_no(const std::string& value) {
  return value.empty() || value == "no" || value == "false" || value == "off" || value == "0" ||
         value == "default" || value == "auto" || value == "inherit" || value == "shared" ||
         value == "all";
}

}  // namespace

Translator::Translator(std::string unit, const ImportOptions& options,
                       const diag::SourceSet& sources, Findings& findings)
    : unit_(std::move(unit)), options_(options), statements_(sources, findings) {}

const std::map<std::string_view, Translator::Handler>& Translator::handlers() {
  using T = Translator;
  static const std::map<std::string_view, Handler> all = {
      {"ExecStart", &T::exec_start},
      {"User", &T::user},
      {"DynamicUser", &T::dynamic_user},
      {"CapabilityBoundingSet", &T::bounding_set},
      {"AmbientCapabilities", &T::ambient_set},
      {"NoNewPrivileges", &T::no_new_privileges},
      {"MemoryDenyWriteExecute", &T::write_execute},
      {"ProtectSystem", &T::protect_system},
      {"ProtectHome", &T::protect_home},
      {"ReadWritePaths", &T::writable},
      {"ReadOnlyPaths", &T::read_only},
      {"InaccessiblePaths", &T::hidden},
      {"ReadWriteDirectories", &T::writable},
      {"ReadOnlyDirectories", &T::read_only},
      {"InaccessibleDirectories", &T::hidden},
      {"ExecPaths", &T::exec_paths},
      {"NoExecPaths", &T::no_exec_paths},
      {"TemporaryFileSystem", &T::temporary},
      {"BindPaths", &T::bind_paths},
      {"BindReadOnlyPaths", &T::bind_read_only},
      {"StateDirectory", &T::state_directory},
      {"RuntimeDirectory", &T::runtime_directory},
      {"CacheDirectory", &T::cache_directory},
      {"LogsDirectory", &T::logs_directory},
      {"ConfigurationDirectory", &T::configuration_directory},
      {"PrivateDevices", &T::private_devices},
      {"ProtectKernelTunables", &T::kernel_tunables},
      {"ProtectControlGroups", &T::control_groups},
      {"ProtectKernelModules", &T::kernel_modules},
      {"ProtectKernelLogs", &T::kernel_logs},
      {"ProtectClock", &T::clock},
      {"RestrictAddressFamilies", &T::families},
      {"IPAddressAllow", &T::allow_addresses},
      {"IPAddressDeny", &T::deny_addresses},
      {"SocketBindAllow", &T::bind_allow},
      {"SocketBindDeny", &T::bind_deny},
      {"PrivateNetwork", &T::private_network},
      {"SystemCallFilter", &T::filter},
      {"SystemCallErrorNumber", &T::error_number},
      {"SystemCallArchitectures", &T::architectures},
      {"RestrictNamespaces", &T::namespaces},
      {"LockPersonality", &T::lock_personality},
      {"RestrictRealtime", &T::realtime},
      {"ProtectHostname", &T::hostname}};
  return all;
}

void Translator::add(const Setting& setting) {
  if (setting.section != "Service") return;
  key_ = setting.key;
  const auto found = handlers().find(setting.key);
  const bool known_loss = std::ranges::find(lost_settings, setting.key) != lost_settings.end();
  if (found != handlers().end()) {
    statements_.next(setting.span);
    origins_[key_] = statements_.origin();
    (this->*found->second)(setting.value);
  } else if (known_loss) {
    statements_.next(setting.span);
    lost(setting.value);
  } else if (setting.key.starts_with("Limit")) {
    statements_.next(setting.span);
    limit(setting.value);
  }
}

std::string Translator::origin_of(std::initializer_list<const char*> keys) const {
  for (const char* key : keys) {
    if (const auto found = origins_.find(key); found != origins_.end()) return found->second;
  }
  return {};
}

bool Translator::yes(const std::string& value) {
  return value == "yes" || value == "true" || value == "on" || value == "1" || value == "y" ||
         value == "t";
}

void Translator::lost(const std::string& value) {
  if (!is_no(value))
    statements_.lost(Code::GL530,
                     fmt::format("`{}` has no counterpart: keep it in the unit", key_));
}

void Translator::limit(const std::string& value) {
  (void)value;
  statements_.lost(Code::GL516, "resource limits are not set: keep them in the unit");
}

void Translator::choose(Choice& to, const std::string& value) {
  const bool inverted = value.starts_with('~');
  const Words names = words_of(std::string_view(value).substr(inverted ? 1 : 0));
  // Without a name it is none, or all; the first line says which sort it is.
  if (!to.set || names.empty()) {
    to = {true, inverted, {}};
    to.names.insert(names.begin(), names.end());
    return;
  }
  // A line of the same sort adds to the list, one of the other takes from it.
  for (const std::string& name : names) {
    if (inverted == to.inverted) {
      to.names.insert(name);
    } else {
      to.names.erase(name);
    }
  }
}

bool Translator::chosen(const Choice& choice, const std::string& name) {
  return choice.names.contains(name) != choice.inverted;
}

void Translator::exec_start(const std::string& value) {
  const std::size_t begin = value.find_first_not_of("@-:+!");
  if (begin == std::string::npos) return;
  has_program_ = true;
  if (value.substr(0, begin).find_first_of("+!") != std::string::npos)
    statements_.tighter(Code::GL531, "a command with `+` or `!` is confined as the others are");
}

void Translator::user(const std::string& value) {
  other_user_ = !value.empty() && value != "root" && value != "0";
}
void Translator::no_new_privileges(const std::string& value) {
  no_new_privileges_ = yes(value);
  if (no_new_privileges_)
    statements_.tighter(Code::GL531,
                        "a program that gives rights is refused, and not run without them");
}

// It brings these with it.
void Translator::dynamic_user(const std::string& value) {
  if (!yes(value)) return;
  other_user_ = true;
  no_new_privileges(value);
  protect_system("strict");
  protect_home("read-only");
  for (const char* folder : {"/tmp", "/var/tmp"}) put(folder, Tree::writable);
}

void Translator::capabilities(Draft& draft) const {
  // Who is not root and can't gain anything has what it is given.
  const bool given = other_user_ && no_new_privileges_;
  const std::string from = given ? origin_of({"AmbientCapabilities", "CapabilityBoundingSet"})
                                 : origin_of({"CapabilityBoundingSet"});
  for (const auto& word : profile::capability_words()) {
    std::string name = "CAP_";
    for (const char c : word.word)
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (bounding_.set && !chosen(bounding_, name)) continue;
    if (given && !(ambient_.set && chosen(ambient_, name))) continue;
    if (!dropped_.contains(std::string(word.word)))
      draft.capabilities.push_back({std::string(word.word), from});
  }
}

std::optional<std::string> Translator::path(std::string text, bool refuses) {
  while (text.starts_with('-') || text.starts_with('+')) text.erase(0, 1);
  const std::size_t dot = unit_.rfind('.');
  const std::string stem = unit_.substr(0, dot);
  const std::size_t at_sign = stem.find('@');
  const std::map<char, std::string> known = {{'%', "%"},
                                             {'t', "/run"},
                                             {'S', "/var/lib"},
                                             {'C', "/var/cache"},
                                             {'L', "/var/log"},
                                             {'E', "/etc"},
                                             {'T', "/tmp"},
                                             {'V', "/var/tmp"},
                                             {'n', unit_},
                                             {'N', stem},
                                             {'p', stem.substr(0, at_sign)}};
  std::string out;
  bool good = text.starts_with('/') || text.starts_with('%');
  for (std::size_t i = 0; i < text.size() && good; ++i) {
    if (text[i] != '%') {
      // What is special in a pattern is none here.
      if (std::string_view("*?[]{}\\,$").find(text[i]) != std::string_view::npos) out += '\\';
      out += text[i];
      continue;
    }
    const auto found = i + 1 < text.size() ? known.find(text[++i]) : known.end();
    good = found != known.end();
    if (good) out += found->second;
  }
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  good = good && out.starts_with('/') && out.find("//") == std::string::npos &&
         out.size() <= profile::longest_path;
  if (good) return out;
  const std::string message =
      text.size() > profile::longest_path
          ? std::string("a path is too long")
          : fmt::format("`{}` is not known before the unit starts", Untrusted(text));
  if (refuses) {
    statements_.looser(Code::GL519, message);
  } else {
    statements_.tighter(Code::GL529, message);
  }
  return std::nullopt;
}

Draft Translator::finish(diag::Span top) {
  Draft draft;
  draft.name = profile_name(unit_.substr(0, unit_.rfind('.')));
  draft.head = fmt::format("Imported from systemd: {}.\nBehind each rule is where it was.", unit_);
  draft.description = fmt::format("imported from the unit {}", escape(unit_));
  statements_.about(top);
  const bool instance = unit_.find('@') != std::string::npos;
  if (!instance && unit_.ends_with(".service")) {
    draft.attach_unit = {unit_};
  } else {
    statements_.note(Code::GL533, "the instances of the unit are not known: name them in [attach]");
  }
  files(draft);
  sockets(draft);
  grant_tasks(draft);
  capabilities(draft);
  if (write_execute_) grant_memory(draft);
  grant_kernel(draft);
  std::erase_if(draft.kernel, [&](const Item& item) { return closed_.contains(item.text); });
  calls(draft);
  return draft;
}

std::optional<Imported> import_file(const fs::path& path, const ImportOptions& options,
                                    diag::Diagnostics& diagnostics, diag::SourceSet& sources) {
  const profile::DiskFiles disk;
  const profile::Files& files = options.files != nullptr ? *options.files : disk;
  std::vector<fs::path> paths = {path};
  const fs::path folder = path.native() + ".d";
  if (const auto names = files.list(folder)) {
    for (const std::string& name : *names) {
      if (name.ends_with(".conf")) paths.push_back(folder / name);
    }
  }
  std::vector<Setting> settings;
  diag::Span top{static_cast<std::uint32_t>(sources.size()), 1, 1, 2};
  for (const fs::path& each : paths) {
    auto text = files.read(each);
    const std::uint32_t file = sources.add(each.native(), text ? *text : std::string());
    if (!text) {
      diagnostics
          .add(Code::GL103, fmt::format("{}: {}", Untrusted(each.native()), text.error().what))
          .at({file, 0, 0, 0});
      return std::nullopt;
    }
    if (!read_unit(sources[file].text(), file, settings, diagnostics)) return std::nullopt;
  }
  keep_last(settings);
  Findings findings;
  const std::string unit = path.filename().string();
  Translator translator(unit, options, sources, findings);
  for (const Setting& setting : settings) translator.add(setting);
  if (!translator.has_program()) {
    diagnostics.add(Code::GL501, "this unit starts no program: ExecStart= is wanted").at(top);
    return std::nullopt;
  }
  Draft draft = translator.finish(top);
  Imported out = finish(draft, translator.tally(), top, diagnostics);
  out.source = path.native();
  out.was = unit;
  findings.write_to(diagnostics);
  diagnostics.sort();
  return out;
}

}  // namespace glacis::import::systemd

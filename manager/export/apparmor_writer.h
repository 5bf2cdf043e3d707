// SPDX-License-Identifier: Apache-2.0
// Behind apparmor(): the rules of one profile as lines.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "lsm/abi/access.h"
#include "manager/export/export.h"

namespace glacis::exports {

// What all rules of one path and owner add up to.
struct PathGrant {
  std::string glob;
  profile::Owner owner = profile::Owner::any;
  bool deny = false;
  std::uint32_t access = 0;
  diag::Span span;
};

class AppArmorWriter {
 public:
  AppArmorWriter(const profile::ResolvedProfile& profile, Findings& findings,
                 const AppArmorUse& use)
      : profile_(profile), findings_(findings), use_(use) {}

  std::string run();

 private:
  [[nodiscard]] const char* denies() const { return use_.backend ? "audit deny " : "deny "; }
  void line(const std::string& text) { out_ += "  " + text + ",\n"; }
  void say(diag::Code code, std::string message, diag::Span span) {
    findings_.add(code, std::move(message), span);
  }

  void header();
  void capabilities();
  void processes();
  void listeners(const profile::ProcessRule& rule, diag::Span span);
  void unasked();
  [[nodiscard]] diag::Span whole() const;

  // apparmor_files.cpp
  void files();
  void grant(const PathGrant& grant);
  void refusal(const PathGrant& grant);
  void transition(const profile::PathRule& rule, diag::Span span);
  void mounts(const PathGrant& grant);
  void look_for_mounts();
  void write(const std::string& verb, const PathGrant& grant, const std::string& tail,
             const std::string& letters);
  [[nodiscard]] bool writes(const std::string& glob) const;

  // apparmor_net.cpp
  void sockets();
  void internet();
  void unix_names(const PathGrant& grant);
  void refused_addresses(const profile::NetRule& rule, diag::Span span);

  // apparmor_addresses.cpp
  void addressed(bool v6, std::string_view type, std::span<const gl_socket> kinds);
  std::vector<std::string> ends(const profile::NetRule& rule, bool v6, std::string_view type,
                                diag::Span span);

  const profile::ResolvedProfile& profile_;
  Findings& findings_;
  const AppArmorUse& use_;
  std::string out_;
  void put(const std::string& glob, const profile::PathRule& rule, diag::Span span);

  std::vector<PathGrant> grants_;  // by path and owner, in order of writing
  std::map<std::tuple<bool, profile::Owner, std::string>, std::size_t> index_;  // into them
  // A parser refuses more (3.0.8: "too many specified profile transitions").
  static constexpr std::size_t kMostTargets = 12;
  std::set<std::string> refusals_;          // of addresses, as lines
  std::set<std::string> targets_;           // profiles that transitions name
  std::set<std::string> entered_;           // by which paths, as in grants_
  bool mounts_ = false, remounts_ = false;  // are granted
};

// Accesses in words: "write, unlink".
[[nodiscard]] std::string words_of(std::uint32_t access);

}  // namespace glacis::exports

// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/names.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <cstring>
#include <ctime>

#include "manager/profile/mode.h"

namespace glacis::evidence {
namespace {

using image::Word;

#define GLACIS_WORD(name, value, word) Word{value, word},
constexpr Word kReasons[] = {GL_REASONS(GLACIS_WORD)};
constexpr Word kClasses[] = {GL_CLASSES(GLACIS_WORD)};
constexpr Word kFamilies[] = {{AF_UNIX, "unix"},
                              {AF_INET, "inet"},
                              {AF_INET6, "inet6"},
                              {AF_NETLINK, "netlink"},
                              {AF_PACKET, "packet"},
                              {AF_ALG, "alg"},
                              {AF_BLUETOOTH, "bluetooth"},
                              {AF_CAN, "can"},
                              {AF_TIPC, "tipc"},
                              {AF_RDS, "rds"},
                              {AF_KCM, "kcm"},
                              {AF_VSOCK, "vsock"},
                              {AF_SMC, "smc"},
                              {AF_XDP, "xdp"}};
constexpr Word kTypes[] = {
    {SOCK_STREAM, "stream"},       {SOCK_DGRAM, "dgram"}, {SOCK_RAW, "raw"},      {SOCK_RDM, "rdm"},
    {SOCK_SEQPACKET, "seqpacket"}, {SOCK_DCCP, "dccp"},   {SOCK_PACKET, "packet"}};

std::span<const Word> access_words(std::uint32_t klass) {
  switch (klass) {
    case GL_CLASS_FILE:
      return image::file_words();
    case GL_CLASS_MEMORY:
      return image::memory_words();
    case GL_CLASS_KERNEL:
      return image::kernel_words();
    case GL_CLASS_TASK:
      return image::task_words();
    case GL_CLASS_GUARD:
      return image::guard_words();
    default:
      return {};
  }
}

}  // namespace

std::string word(std::span<const Word> words, std::uint32_t value) {
  for (const Word& entry : words)
    if (entry.value == value) return std::string(entry.text);
  return fmt::format("{}", value);
}

std::string mode_name(std::uint32_t mode) {
  if (mode < GL_MODE_OBSERVE || mode > GL_MODE_ENFORCE) return fmt::format("{}", mode);
  return std::string(profile::mode_text(static_cast<gl_mode>(mode)));
}
std::string reason_name(std::uint32_t reason) { return word(kReasons, reason); }
std::string family_name(std::uint32_t family) { return word(kFamilies, family); }
std::string type_name(std::uint32_t type) { return word(kTypes, type); }

// What the hook returned tells more than a mode that has no word.
std::string verdict_name(const Event& event) {
  if (event.error != 0 || event.mode == GL_MODE_ENFORCE) return "denied";
  return event.mode == GL_MODE_AUDIT ? "would_deny" : "observed";
}

std::string errno_name(int error) {
  const char* name = error < 0 && error > -4096 ? ::strerrorname_np(-error) : nullptr;
  return name ? name : fmt::format("{}", error);
}

std::vector<std::string> bit_names(std::span<const Word> words, std::uint64_t bits) {
  std::vector<std::string> out;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (!(bits >> bit & 1)) continue;
    const std::string_view known =
        bit < 32 ? image::text_of(words, 1u << bit) : std::string_view("?");
    out.push_back(known == "?" ? fmt::format("bit{}", bit) : std::string(known));
  }
  return out;
}

std::vector<std::string> capability_names(std::uint64_t set) {
  std::vector<std::string> out;
  for (std::uint32_t number = 0; number < 64; ++number)
    if (set >> number & 1) out.push_back(word(image::capability_words(), number));
  return out;
}

std::vector<std::string> blockers(const Event& event) {
  const std::string klass = word(kClasses, event.klass);
  if (event.klass == GL_CLASS_NET)
    return {fmt::format("{}.{}", klass, word(image::net_op_words(), event.object.op))};
  if (event.klass == GL_CLASS_CAPABILITY)
    return {fmt::format("{}.{}", klass, word(image::capability_words(), event.object.capability))};
  const std::uint32_t bits = event.verdict.blocker ? event.verdict.blocker : event.access;
  std::vector<std::string> out = bit_names(access_words(event.klass), bits);
  if (out.empty()) return {klass};
  for (std::string& entry : out) entry = fmt::format("{}.{}", klass, entry);
  return out;
}

std::string address_text(const Object& object) {
  char out[INET6_ADDRSTRLEN] = {};
  std::uint32_t words[4];
  for (int i = 0; i < 4; ++i) words[i] = htonl(object.address[static_cast<std::size_t>(i)]);
  const char* text = ::inet_ntop(object.v6 ? AF_INET6 : AF_INET, words, out, sizeof out);
  return text ? text : "";
}

// The kernel's own numbers: 12 bits and 20, unlike dev_t of the C library.
std::string device_text(std::uint32_t dev) {
  return fmt::format("{}:{}", dev >> 20, dev & 0xfffffu);
}

std::string time_text(std::int64_t nanoseconds) {
  std::int64_t seconds = nanoseconds / 1'000'000'000;
  std::int64_t rest = nanoseconds % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --seconds;
  }
  std::tm parts{};
  const std::time_t clock = seconds;
  ::gmtime_r(&clock, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     rest / 1000);
}

}  // namespace glacis::evidence

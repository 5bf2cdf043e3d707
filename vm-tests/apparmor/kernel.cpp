// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/apparmor/kernel.h"

#include <fcntl.h>
#include <sys/fsuid.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>

#include "vm-tests/apparmor/capabilities.h"

namespace glacis::oracle {

namespace {

constexpr uid_t kOther = 65534;               // not the owner of what root owns
constexpr std::uint32_t kUnknown = 1U << 31;  // in a file of answers: no such profile

// An answer of another question, as when a file went meanwhile, is none.
struct Answer {
  std::uint32_t of = 0, value = kUnknown;
};

std::uint32_t hash(std::string_view query) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(query));
}

}  // namespace

Result<Kernel::File> Kernel::file(const std::string& name, const char* mode) {
  File out(std::fopen(name.c_str(), mode));
  if (!out) return fail(Exit::usage, name + ": " + std::strerror(errno));
  return out;
}

Result<Kernel> Kernel::open(std::string space) {
  Kernel out;
  out.space_ = std::move(space);
  out.fd_.reset(::open("/sys/kernel/security/apparmor/.access", O_RDWR | O_CLOEXEC));
  if (!out.fd_)
    return fail(Exit::usage, std::string("AppArmor's .access: ") + std::strerror(errno));
  return out;
}

Result<Kernel> Kernel::recorder(std::string space, const std::string& name) {
  auto questions = file(name, "wb");
  if (!questions) return std::unexpected(questions.error());
  Kernel out;
  out.space_ = std::move(space);
  out.questions_ = std::move(*questions);
  return out;
}

Result<Kernel> Kernel::replay(std::string space, const std::string& name) {
  auto answers = file(name, "rb");
  if (!answers) return std::unexpected(answers.error());
  Kernel out;
  out.space_ = std::move(space);
  out.answers_ = std::move(*answers);
  return out;
}

std::optional<std::uint32_t> Kernel::put(std::string_view query, bool owner) const {
  constexpr std::size_t begin = sizeof "label";
  const std::size_t end = query.find('\0', begin);
  if (end + 2 < query.size() && query[end + 1] == kAttempt)
    return attempt(std::string(query.substr(begin, end - begin)), query[end + 2]);
  if (!owner) setfsuid(kOther);
  // At the start each time: an answer that was read moves the place, and that is refused.
  const auto written = ::pwrite(fd_.get(), query.data(), query.size(), 0);
  if (!owner) setfsuid(0);
  if (written != static_cast<ssize_t>(query.size())) return std::nullopt;
  std::array<char, 256> answer{};
  if (::pread(fd_.get(), answer.data(), answer.size() - 1, 0) <= 0) return std::nullopt;
  std::uint32_t allow = 0, deny = 0;
  if (std::sscanf(answer.data(), "allow 0x%x deny 0x%x", &allow, &deny) != 2) return std::nullopt;
  return allow & ~deny & ~kUnknown;
}

std::optional<std::uint32_t> Kernel::ask(std::string_view profile, char kind, std::string_view what,
                                         bool owner) const {
  std::string query("label\0", 6);
  query.append(":").append(space_).append(":").append(profile);
  query += '\0';
  query += kind;
  query += what;
  if (answers_) {
    Answer answer;
    const bool there = std::fread(&answer, sizeof answer, 1, answers_.get()) == 1;
    if (!there || answer.of != hash(query) || answer.value == kUnknown) return std::nullopt;
    return answer.value;
  }
  if (!questions_) return put(query, owner);
  const auto size = static_cast<std::uint16_t>(query.size());
  std::fwrite(&size, sizeof size, 1, questions_.get());
  std::fputc(owner ? 1 : 0, questions_.get());
  std::fwrite(query.data(), 1, query.size(), questions_.get());
  return 0;
}

Status Kernel::answer(const std::string& questions, const std::string& answers) const {
  const auto from = file(questions, "rb");
  const auto to = file(answers, "wb");
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  std::uint16_t size = 0;
  std::string query;
  while (std::fread(&size, sizeof size, 1, from->get()) == 1) {
    const bool owner = std::fgetc(from->get()) == 1;
    query.resize(size);
    if (std::fread(query.data(), 1, size, from->get()) != size)
      return fail(Exit::usage, questions + " is cut off");
    const Answer answer{hash(query), put(query, owner).value_or(kUnknown)};
    std::fwrite(&answer, sizeof answer, 1, to->get());
  }
  return {};
}

}  // namespace glacis::oracle

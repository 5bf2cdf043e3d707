// SPDX-License-Identifier: Apache-2.0
#include "manager/init/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/import/draft.h"

namespace glacis::init {
namespace {

namespace fs = std::filesystem;

// What the kernel reads of a file to know what to do with it (BINPRM_BUF_SIZE).
constexpr std::size_t head_size = 256;

std::string shown(const fs::path& path) { return escape(path.string(), Backslash::keep); }

Result<std::string> head_of(const fs::path& path) {
  const auto refuse = [&](std::string_view why) {
    return fail(Exit::usage, fmt::format("{}: {}", shown(path), why));
  };
  // A pipe or a device must not hold us.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return refuse(std::generic_category().message(errno));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return refuse("this is no file");
  if ((status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
    return refuse("nobody may execute this");
  std::array<char, head_size> bytes{};
  const ssize_t got = ::read(fd.get(), bytes.data(), bytes.size());
  if (got < 0) return refuse(std::generic_category().message(errno));
  return std::string(bytes.data(), static_cast<std::size_t>(got));
}

// As fs/binfmt_script.c takes a first line apart.
std::string interpreter_of(std::string_view head) {
  if (!head.starts_with("#!")) return {};
  head = head.substr(2, head.find('\n') == head.npos ? head.npos : head.find('\n') - 2);
  const std::size_t begin = head.find_first_not_of(" \t");
  if (begin == head.npos) return {};
  const std::size_t end = head.find_first_of(std::string_view(" \t\0", 3), begin);
  return std::string(head.substr(begin, end == head.npos ? head.npos : end - begin));
}

}  // namespace

Result<Workload> workload_of_program(const fs::path& path) {
  std::error_code failed;
  const fs::path file = fs::canonical(path, failed);
  if (failed) return fail(Exit::usage, fmt::format("{}: {}", shown(path), failed.message()));
  const auto head = head_of(file);
  if (!head) return std::unexpected(head.error());
  Workload out;
  out.name = import::profile_name(file.filename().string());
  out.head = fmt::format("Of {}, before it ever ran.", file.string());
  out.attach = literal(file.string());
  out.programs = {out.attach};
  if (const std::string interpreter = interpreter_of(*head); !interpreter.empty()) {
    const fs::path found = fs::canonical(interpreter, failed);
    if (failed)
      return fail(Exit::usage, fmt::format("{}: its interpreter {}: {}", shown(file),
                                           shown(interpreter), failed.message()));
    out.programs.push_back(literal(found.string()));
  }
  return out;
}

}  // namespace glacis::init

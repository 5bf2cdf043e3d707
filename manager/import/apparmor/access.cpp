// SPDX-License-Identifier: Apache-2.0
#include "manager/import/apparmor/access.h"

#include <cctype>

#include "lsm/abi/access.h"

namespace glacis::import::apparmor {
namespace {

using Malformed = std::unexpected<std::string>;

// What stands in front of an x: "", "i", "p", "P", "pi", "PU" and so on.
bool exec_mode(std::string_view modes, bool deny, FileAccess& out) {
  Exec exec = Exec::none;
  Fallback fallback = Fallback::none;
  for (std::size_t i = 0; i < modes.size(); ++i) {
    const char mode = static_cast<char>(std::tolower(static_cast<unsigned char>(modes[i])));
    if (i == 0) {
      exec = mode == 'i'   ? Exec::inherit
             : mode == 'p' ? Exec::profile
             : mode == 'c' ? Exec::child
                           : Exec::unconfined;
      out.scrub = modes[i] != mode;
      if (mode == 'i' && modes[i] != 'i') return false;
    } else {
      if (i > 1 || (exec != Exec::profile && exec != Exec::child)) return false;
      if (mode != 'i' && mode != 'u') return false;
      fallback = mode == 'i' ? Fallback::inherit : Fallback::unconfined;
    }
  }
  if (modes.empty()) exec = Exec::refused;
  if (deny != modes.empty()) return false;
  if (out.exec != Exec::none && (out.exec != exec || out.fallback != fallback)) return false;
  out.exec = exec;
  out.fallback = fallback;
  return true;
}

}  // namespace

std::expected<FileAccess, std::string> parse_access(std::string_view text, bool deny) {
  FileAccess out;
  std::size_t modes = std::string_view::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == 'x') {
      const std::size_t begin = modes == std::string_view::npos ? i : modes;
      if (!exec_mode(text.substr(begin, i - begin), deny, out)) {
        return Malformed(deny ? "a refusal of execution is a bare `x`"
                              : "how it is executed is said by one of ix, px, Px, cx, Cx, ux, Ux, "
                                "pix, Pix, cix, Cix, pux, PUx, cux, CUx");
      }
      modes = std::string_view::npos;
      continue;
    }
    if (std::string_view("ipPcCuU").find(c) != std::string_view::npos) {
      if (modes == std::string_view::npos) modes = i;
      continue;
    }
    if (modes != std::string_view::npos) break;
    out.read = out.read || c == 'r';
    out.write = out.write || c == 'w';
    out.append = out.append || c == 'a';
    out.link = out.link || c == 'l';
    out.lock = out.lock || c == 'k';
    out.map = out.map || c == 'm';
  }
  if (modes != std::string_view::npos) return Malformed("a mode of execution ends with `x`");
  if (out.write && out.append && !deny) return Malformed("`w` and `a` exclude each other");
  return out;
}

std::uint32_t file_bits(const FileAccess& access, bool deny) {
  std::uint32_t out = 0;
  // What must not be read is not renamed either, to where it could be.
  if (access.read) out |= deny ? GL_FILE_READ | GL_FILE_RENAME : GL_FILE_READ;
  if (access.write) {
    out |= GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_TRUNCATE | GL_FILE_CREATE | GL_FILE_UNLINK |
           GL_FILE_SYMLINK | GL_FILE_MKNOD | GL_FILE_CHMOD | GL_FILE_CHOWN;
    if (deny || access.read) out |= GL_FILE_RENAME;
  }
  if (access.append) out |= GL_FILE_APPEND;
  if (access.link) out |= GL_FILE_LINK;
  if (access.lock) out |= GL_FILE_LOCK;
  if (access.map) out |= GL_FILE_MAP_EXEC;
  // To inherit holds the mapping that the start of a program makes.
  if (access.exec == Exec::inherit) out |= GL_FILE_EXECUTE | GL_FILE_MAP_EXEC;
  if (access.exec == Exec::refused) out |= GL_FILE_EXECUTE;
  return out;
}

std::uint32_t directory_bits(const FileAccess& access, bool deny) {
  std::uint32_t out = 0;
  // What must not be read is not renamed either, to where it could be.
  if (access.read) out |= deny ? GL_FILE_READ | GL_FILE_RENAME : GL_FILE_READ;
  if (access.write) {
    out |= GL_FILE_MKDIR | GL_FILE_RMDIR | GL_FILE_CHMOD | GL_FILE_CHOWN;
    if (deny || access.read) out |= GL_FILE_RENAME;
  }
  if (access.lock) out |= GL_FILE_LOCK;
  return out;
}

}  // namespace glacis::import::apparmor

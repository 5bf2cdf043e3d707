// SPDX-License-Identifier: Apache-2.0
// Events as the kernel writes them, and a folder for a log.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "manager/evidence/record.h"

namespace glacis::evidence {

inline std::span<const std::byte> bytes_of(const gl_event& event) {
  return std::as_bytes(std::span(&event, 1));
}

inline void put(gl_text_info& info, char* room, std::uint32_t end, std::string_view text) {
  info.start = end - static_cast<std::uint32_t>(text.size());
  info.complete = 1;
  std::memcpy(room + info.start, text.data(), text.size());
}

inline void set_path(gl_event& event, std::string_view text) {
  put(event.object.path, event.path, GL_PATH_TEXT, text);
}

template <std::size_t N>
void set_name(char (&to)[N], std::string_view text) {
  std::memset(to, 0, N);
  std::memcpy(to, text.data(), std::min(N, text.size()));
}

// redis-server wants to run /usr/bin/dash.
inline std::unique_ptr<gl_event> file_event(std::uint64_t seq = 1) {
  auto out = std::make_unique<gl_event>();
  out->abi = GL_ABI;
  out->size = sizeof(gl_event);
  out->seq = seq;
  out->time = 5'000'000'000 + seq * 1000;
  out->domain = 0x10001;
  out->generation = 1;
  std::memset(out->digest, 0xab, sizeof out->digest);
  out->hook = GL_HOOK_BPRM_CHECK;
  out->mode = GL_MODE_ENFORCE;
  out->class_ = GL_CLASS_FILE;
  out->access = GL_FILE_EXECUTE;
  out->verdict = {GL_DENY, GL_REASON_DEFAULT, 0, GL_FILE_EXECUTE};
  out->error = -13;
  out->subject = {.pid = 4122,
                  .tgid = 4121,
                  .start = 918'221'134'567,
                  .uid = 110,
                  .fsuid = 110,
                  .gid = 111,
                  .ancestors = 2,
                  .effective = 1ull << 10 | 1ull << 50,
                  .cgroup = 77};
  set_name(out->subject.comm, "redis-server");
  out->subject.ancestry[0].tgid = 300;
  set_name(out->subject.ancestry[0].comm, "supervisor-1234");
  out->subject.ancestry[1].tgid = 1;
  set_name(out->subject.ancestry[1].comm, "systemd");
  put(out->subject.exe, out->exe, GL_EXE_TEXT, "/usr/bin/redis-server");
  out->object.ending = GL_ENDING_ROOTED;
  out->object.dev = 8u << 20 | 1u;
  out->object.inode = 8388743;
  out->object.mode = 0100755;
  set_path(*out, "/usr/bin/dash");
  return out;
}

inline std::unique_ptr<gl_event> net_event(std::uint64_t seq = 1) {
  auto out = file_event(seq);
  out->hook = GL_HOOK_SOCKET_CONNECT;
  out->class_ = GL_CLASS_NET;
  out->access = 1u << GL_NET_CONNECT;
  out->verdict.blocker = 0;
  out->object = {.op = GL_NET_CONNECT,
                 .kind = GL_SOCKET_TCP,
                 .family = 2,
                 .type = 1,
                 .protocol = 6,
                 .port = 4444,
                 .address = {0xc0000201}};
  out->object.path.start = GL_PATH_TEXT;
  return out;
}

// redis-server sends SIGTERM to a shell.
inline std::unique_ptr<gl_event> task_event(std::uint64_t seq = 1) {
  auto out = file_event(seq);
  out->hook = GL_HOOK_TASK_KILL;
  out->class_ = GL_CLASS_TASK;
  out->access = GL_TASK_SIGNAL;
  out->verdict.blocker = GL_TASK_SIGNAL;
  out->error = -1;
  out->object = {.peer_tgid = 812, .signal = 15};
  out->object.path.start = GL_PATH_TEXT;
  set_name(out->object.peer_comm, "sh");
  return out;
}

inline Context context() {
  Context out;
  out.origin = {"0f3c5a3e-1111-2222-3333-444455556666", 7};
  out.host = "web1";
  out.clock_offset = 1'795'450'000'000'000'000;
  out.now = 1'795'450'010'000'000'000;
  out.domains = {{0x10001, "redis"}};
  return out;
}

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/glacis-evidence-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> out;
  std::istringstream lines(contents(path));
  for (std::string line; std::getline(lines, line);) out.push_back(line);
  return out;
}

inline void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

}  // namespace glacis::evidence

// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/boundary/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <string_view>

namespace glacis::boundary {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolders[] = {"", "/a", "/b", "/b/c", "/c", "/c/d"};
const std::string kNames[] = {"a",  "b",    "c",        "d",     "x",
                              "xx", "y",    "y y",      "z",     ".h",
                              "*",  "n\nl", "\xff\xfe", "\\\"'", std::string(200, 'z')};
constexpr std::string_view kGlobs[] = {
    "/**",     "/*",          "/a/**",         "/b/*",    "/a/x*",    "/*/x",   "/**/y*",
    "/b/c/?*", "/**/{.h,z*}", "/{a,b}/[x-z]*", "/c/d/**", "/a{,/**}", "/*/*/z", "/c/[^x]*",
};
constexpr std::string_view kWords[] = {"read",   "write", "append",  "create",  "unlink",
                                       "rename", "link",  "symlink", "mkdir",   "rmdir",
                                       "mknod",  "chmod", "chown",   "truncate"};
constexpr std::string_view kOperations = "rwabcctumdsfgglnxhop";

template <typename T, std::size_t N>
const T& pick(Random& random, const T (&from)[N]) {
  return from[random() % N];
}

std::string words(Random& random) {
  std::vector<std::string> out;
  for (const std::string_view word : kWords)
    if (random() % 2 == 0) out.push_back(fmt::format("\"{}\"", word));
  if (out.empty()) out.push_back("\"read\"");
  return fmt::format("{}", fmt::join(out, ", "));
}

std::string file_rule(Random& random, const fs::path& tree) {
  const bool deny = random() % 5 == 0;
  std::string out =
      fmt::format("[[file]]\n{} = [\"{}{}\"]\naccess = [{}]\n", deny ? "deny" : "path",
                  tree.native(), pick(random, kGlobs), words(random));
  if (!deny && random() % 4 == 0)
    out += fmt::format("owner = \"{}\"\n", random() % 2 == 0 ? "self" : "root");
  return out;
}

std::string path(Random& random, const fs::path& tree) {
  return tree.native() + std::string(pick(random, kFolders)) + "/" + pick(random, kNames);
}

sim::FileRequest file(const std::string& path, std::uint32_t access) {
  // The tree is root's, and so is the task.
  return {path, access, GL_OWNER_SELF | GL_OWNER_ROOT, GL_ENDING_ROOTED};
}

std::vector<sim::Request> connecting(const std::string& port) {
  sim::NetRequest to;
  to.op = GL_NET_CONNECT;
  to.kind = GL_SOCKET_UDP;
  to.address[0] = 0x7f000001;
  to.port = static_cast<std::uint16_t>(std::stoul(port));
  return {sim::SocketRequest{GL_SOCKET_UDP}, to};
}

std::uint32_t access_of(char what) {
  switch (what) {
    case 'r':
      return GL_FILE_READ;
    case 'w':
      return GL_FILE_WRITE;
    case 'a':
      return GL_FILE_APPEND;
    case 'b':
      return GL_FILE_READ | GL_FILE_WRITE;
    case 't':
      return GL_FILE_TRUNCATE;
    case 'u':
      return GL_FILE_UNLINK;
    case 'm':
      return GL_FILE_MKDIR;
    case 'd':
      return GL_FILE_RMDIR;
    case 's':
      return GL_FILE_SYMLINK;
    case 'f':
      return GL_FILE_MKNOD;
    case 'g':
      return GL_FILE_CREATE;
    case 'l':
      return GL_FILE_LINK;
    case 'n':
    case 'x':
      return GL_FILE_RENAME;
    case 'h':
      return GL_FILE_CHMOD;
    case 'o':
      return GL_FILE_CHOWN;
    default:
      return 0;
  }
}

}  // namespace

Plan make_plan(Random& random, const std::string& name, const fs::path& act, const fs::path& tree,
               unsigned operations) {
  Plan plan;
  plan.profile = fmt::format(
      "schema = 1\n[profile]\nname = \"{}\"\nmode = \"enforce\"\n[exec]\nallow = [\"{}\"]\n"
      "inherit = [\"stdio\"]\n",
      name, act.native());
  const unsigned rules = 3 + random() % 8;
  for (unsigned i = 0; i < rules; ++i) plan.profile += file_rule(random, tree);
  if (random() % 3 != 0)
    plan.profile +=
        fmt::format("[[net]]\nop = [\"connect\"]\nudp = [\"{}-{}\"]\nto = \"127.0.0.0/{}\"\n",
                    1000 + random() % 8, 1008 + random() % 8, 8 + random() % 24);
  for (unsigned i = 0; i < operations; ++i) {
    Operation one;
    one.what = kOperations[random() % kOperations.size()];
    one.first = one.what == 'p' ? std::to_string(1000 + random() % 16) : path(random, tree);
    if (access_of(one.what) & (GL_FILE_LINK | GL_FILE_RENAME)) one.second = path(random, tree);
    plan.operations.push_back(std::move(one));
  }
  return plan;
}

std::vector<std::pair<sim::Request, sim::Request>> content_requests(const Operation& operation) {
  std::vector<std::pair<sim::Request, sim::Request>> out;
  for (std::uint32_t bit = 1; bit != 0 && bit <= GL_FILE_CONTENT; bit <<= 1)
    if (bit & GL_FILE_CONTENT)
      out.push_back({file(operation.first, bit), file(operation.second, bit)});
  return out;
}

std::vector<sim::Request> requests_of(const Operation& operation) {
  if (operation.what == 'p') return connecting(operation.first);
  if (operation.what == 'c')
    return {file(operation.first, GL_FILE_CREATE), file(operation.first, GL_FILE_WRITE)};
  std::vector<sim::Request> out{file(operation.first, access_of(operation.what))};
  if (!operation.second.empty()) out.push_back(file(operation.second, access_of(operation.what)));
  return out;
}

void make_tree(const fs::path& tree) {
  std::error_code ignored;
  fs::remove_all(tree, ignored);
  for (const std::string_view folder : kFolders) {
    const std::string at = tree.native() + std::string(folder);
    fs::create_directories(at);
    for (std::size_t i = 4; i < std::size(kNames); i += 2) std::ofstream(at + "/" + kNames[i]) << i;
  }
}

}  // namespace glacis::boundary

// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/apparmor/paths.h"

#include <array>
#include <filesystem>
#include <string_view>

namespace glacis::oracle {
namespace {

namespace fs = std::filesystem;

unsigned below(unsigned count, Random& random) { return static_cast<unsigned>(random() % count); }

constexpr std::string_view kLetters = "abcxyz019_-.ABC";

std::string some_name(Random& random, unsigned least) {
  std::string out;
  const unsigned length = least + below(4, random);
  for (unsigned i = 0; i < length; ++i)
    out += kLetters[below(static_cast<unsigned>(kLetters.size()), random)];
  return out;
}

// A printable one where there is one.
char member(const std::bitset<256>& set, Random& random) {
  std::string shown, all;
  for (unsigned c = 1; c < 256; ++c) {
    if (c == '/' || !set[c]) continue;
    all += static_cast<char>(c);
    if (c > ' ' && c < 127) shown += static_cast<char>(c);
  }
  const std::string& from = shown.empty() || below(20, random) == 0 ? all : shown;
  return from.empty() ? 'a' : from[below(static_cast<unsigned>(from.size()), random)];
}

}  // namespace

bool possible(const std::string& path) {
  if (path.empty() || path[0] != '/' || path.size() > 1000) return false;
  if (path == "/") return true;
  std::size_t begin = 1;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = std::string_view(path).substr(begin, end - begin);
    if (name.empty() || name == "." || name == ".." || name.size() > 255) return false;
    begin = end + 1;
  }
  return true;
}

std::string instance(const profile::GlobTokens& tokens, Random& random) {
  std::string out;
  for (const profile::GlobToken& token : tokens) {
    switch (token.kind) {
      case profile::GlobToken::Kind::byte:
        out += static_cast<char>(token.byte);
        break;
      case profile::GlobToken::Kind::set:
        out += member(token.set, random);
        break;
      case profile::GlobToken::Kind::star:
        out += some_name(random, 0);
        break;
      case profile::GlobToken::Kind::double_star:
        out += some_name(random, 0);
        for (unsigned more = below(3, random); more > 0; --more) out += "/" + some_name(random, 1);
        break;
    }
  }
  return out;
}

std::string near(std::string path, Random& random) {
  switch (below(6, random)) {
    case 0:
      path.pop_back();
      return path;
    case 1:
      return path + kLetters[below(static_cast<unsigned>(kLetters.size()), random)];
    case 2:
      return path + "/" + some_name(random, 1);
    case 3:
      return path.substr(0, path.rfind('/'));
    case 4:
      return path.substr(0, path.rfind('/') + 1) + some_name(random, 1);
    default:
      path.erase(below(static_cast<unsigned>(path.size()), random), 1);
      return path;
  }
}

std::vector<Path> file_system(std::size_t most) {
  std::vector<Path> out;
  constexpr std::array roots = {"/etc", "/dev", "/var/lib", "/usr/lib", "/usr/share"};
  for (const char* root : roots) {
    std::error_code failed;
    std::size_t left = most / roots.size();
    auto it = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied,
                                               failed);
    for (; !failed && it != fs::recursive_directory_iterator() && left > 0;
         it.increment(failed), --left) {
      std::error_code unknown;
      out.push_back({it->path().native(), fs::is_directory(it->symlink_status(unknown))});
    }
  }
  return out;
}

}  // namespace glacis::oracle

// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/base/file.h"
#include "manager/evidence/folder.h"
#include "manager/image/view.h"

namespace glacis::evidence {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStart = "glacis.key/1 ";
constexpr std::size_t kKeyBytes = kStart.size() + 2 * SecretKey::seed_bytes + 1;

fs::path current_file(const fs::path& folder) { return folder / "evidence.key"; }
fs::path next_file(const fs::path& folder) { return folder / "evidence.key.next"; }

std::unexpected<Error> no_key(const char* what, const fs::path& path, const std::string& why) {
  return fail(Exit::not_permitted,
              fmt::format("cannot {} the key {}: {}", what, escape(path.native()), why),
              "records are chained without being signed until this is mended");
}

std::unexpected<Error> no_key(const char* what, const fs::path& path, int error) {
  return no_key(what, path, std::generic_category().message(error));
}

Result<std::optional<SecretKey>> read_key(const fs::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::optional<SecretKey>();
  struct stat file{};
  if (!fd || ::fstat(fd.get(), &file) != 0) return no_key("read", path, errno);
  if (!S_ISREG(file.st_mode)) return no_key("use", path, "it is no regular file");
  if (file.st_uid != ::geteuid()) return no_key("use", path, "it belongs to another user");
  if (file.st_mode & 077) return no_key("use", path, "other users may read or write it");
  char text[kKeyBytes + 1] = {};
  const ssize_t got = ::read(fd.get(), text, sizeof text);
  SecretKey::Seed seed{};
  std::size_t length = 0;
  const bool good = got == static_cast<ssize_t>(kKeyBytes) && text[kKeyBytes - 1] == '\n' &&
                    std::string_view(text, kStart.size()) == kStart &&
                    ::sodium_hex2bin(seed.data(), seed.size(), text + kStart.size(),
                                     2 * seed.size(), nullptr, &length, nullptr) == 0 &&
                    length == seed.size();
  ::sodium_memzero(text, sizeof text);
  if (!good) return no_key("use", path, "it is no key");
  std::optional<SecretKey> out(std::in_place, seed);
  ::sodium_memzero(seed.data(), seed.size());
  return out;
}

Result<SecretKey> make_key(const fs::path& path) {
  SecretKey::Seed seed{};
  ::randombytes_buf(seed.data(), seed.size());
  std::string text = fmt::format("{}{}\n", kStart, image::hex(seed));
  SecretKey out(seed);
  auto status = write_file(path, text, 0600);
  if (status) status = sync_folder(path.parent_path());
  ::sodium_memzero(text.data(), text.size());
  ::sodium_memzero(seed.data(), seed.size());
  if (!status) return std::unexpected(status.error());
  return out;
}

// What lies under the file is up to the file system: SECURITY.md says so.
Status overwrite(const fs::path& path) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return {};
  const std::string zeros(kKeyBytes, '0');
  if (!fd || ::write(fd.get(), zeros.data(), zeros.size()) != static_cast<ssize_t>(zeros.size()) ||
      ::fsync(fd.get()) != 0)
    return no_key("erase", path, errno);
  return {};
}

}  // namespace

Result<Keys> Keys::open(const fs::path& folder) {
  if (auto status = make_folder(folder); !status) return std::unexpected(status.error());
  auto key = read_key(current_file(folder));
  if (key && *key) return Keys(folder, std::move(**key));
  // A hand-over was interrupted after the old key had been overwritten.
  if (auto next = read_key(next_file(folder)); next && *next) {
    if (::rename(next_file(folder).c_str(), current_file(folder).c_str()) != 0)
      return no_key("use", current_file(folder), errno);
    return Keys(folder, std::move(**next));
  }
  if (!key) return std::unexpected(key.error());
  auto made = make_key(current_file(folder));
  if (!made) return std::unexpected(made.error());
  return Keys(folder, std::move(*made));
}

Result<std::optional<PublicKey>> Keys::look(const fs::path& folder) {
  const auto key = read_key(current_file(folder));
  if (!key) return std::unexpected(key.error());
  return *key ? std::optional((*key)->public_key()) : std::nullopt;
}

Result<PublicKey> Keys::prepare() {
  auto next = read_key(next_file(folder_));
  if (!next) return std::unexpected(next.error());
  if (*next) return (*next)->public_key();
  const auto made = make_key(next_file(folder_));
  if (!made) return std::unexpected(made.error());
  return made->public_key();
}

Status Keys::hand_over(const PublicKey& named) {
  auto next = read_key(next_file(folder_));
  if (!next) return std::unexpected(next.error());
  if (!*next || (*next)->public_key() != named) return {};
  if (auto status = overwrite(current_file(folder_)); !status) return status;
  if (::rename(next_file(folder_).c_str(), current_file(folder_).c_str()) != 0)
    return no_key("use", next_file(folder_), errno);
  current_ = std::move(**next);
  return sync_folder(folder_);
}

}  // namespace glacis::evidence

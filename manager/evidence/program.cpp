// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/program.h"

#include <elf.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "manager/base/escape.h"
#include "manager/base/fd.h"

namespace glacis::evidence {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBeginning = std::size_t{64} << 10;
constexpr std::size_t kName =
    1024;  // so that a line with sixteen ancestors is no longer than a line may be
constexpr std::size_t kKnown = 256;
constexpr int kProgramReaders = 4;

// Who writes to a file changes its ctime; to one that is being executed nobody can.
using Identity =
    std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;

struct Bytes {
  Json sha256, build_id;
};

// Shared with threads that may outlive whoever asked.
class Known {
 public:
  std::optional<Bytes> find(const Identity& file) {
    const std::lock_guard lock(mutex_);
    const auto at = files_.find(file);
    return at == files_.end() ? std::nullopt : std::optional(at->second);
  }
  void put(const Identity& file, const Bytes& bytes) {
    const std::lock_guard lock(mutex_);
    if (files_.size() >= kKnown) files_.clear();
    files_.insert_or_assign(file, bytes);
  }
  std::atomic<int> readers = 0;

 private:
  std::mutex mutex_;
  std::map<Identity, Bytes> files_;
};

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  std::string out(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
  out.pop_back();
  return out;
}

// Null where not all of it can be read.
std::optional<Bytes> read_all(int fd, std::uint64_t size) {
  Bytes out;
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::vector<std::uint8_t> part(kBeginning);
  std::uint64_t at = 0;
  while (at < size) {
    const ssize_t got = ::pread(fd, part.data(), part.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    const std::span have(part.data(), static_cast<std::size_t>(got));
    if (at == 0)
      if (auto id = build_id(have)) out.build_id = std::move(*id);
    crypto_hash_sha256_update(&state, have.data(), have.size());
    at += have.size();
  }
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  out.sha256 = hexadecimal(digest);
  return out;
}

std::optional<Bytes> read_program(int folder, Known& known) {
  const Fd fd(::openat(folder, "exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat s{};
  if (!fd || ::fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode)) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(s.st_size);
  const Identity file{s.st_dev, s.st_ino, size, s.st_ctim.tv_sec, s.st_ctim.tv_nsec};
  if (auto before = known.find(file)) return before;
  if (size > largest_program) return std::nullopt;
  auto out = read_all(fd.get(), size);
  if (out) known.put(file, *out);
  return out;
}

std::optional<Bytes> bytes_of(int folder, std::chrono::nanoseconds patience) {
  static const auto known = std::make_shared<Known>();
  if (patience <= std::chrono::nanoseconds(0) || known->readers >= kProgramReaders)
    return std::nullopt;
  Fd own(::fcntl(folder, F_DUPFD_CLOEXEC, 0));
  if (!own) return std::nullopt;
  std::packaged_task<std::optional<Bytes>()> task([shared = known, mine = std::move(own)] {
    auto out = read_program(mine.get(), *shared);
    --shared->readers;
    return out;
  });
  auto read = task.get_future();
  ++known->readers;
  try {
    std::thread(std::move(task)).detach();
  } catch (const std::system_error&) {  // no room for a thread
    --known->readers;
    return std::nullopt;
  }
  return read.wait_for(patience) == std::future_status::ready ? read.get() : std::nullopt;
}

// The notes of one segment: each a name and a value, both padded to four bytes.
std::optional<std::string> id_in(std::span<const std::uint8_t> notes) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data(), sizeof(note));
    const std::uint64_t name = sizeof(note),
                        value = name + ((std::uint64_t{note.n_namesz} + 3) & ~3ull);
    const std::uint64_t end = value + ((std::uint64_t{note.n_descsz} + 3) & ~3ull);
    if (value + note.n_descsz > notes.size()) return std::nullopt;
    const bool gnu = note.n_namesz == 4 && std::memcmp(notes.data() + name, "GNU", 4) == 0;
    if (gnu && note.n_type == NT_GNU_BUILD_ID && note.n_descsz != 0 && note.n_descsz <= 64)
      return hexadecimal(notes.subspan(value, note.n_descsz));
    notes = notes.subspan(std::min<std::uint64_t>(end, notes.size()));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> build_id(std::span<const std::uint8_t> beginning) {
  Elf64_Ehdr head;
  if (beginning.size() < sizeof(head)) return std::nullopt;
  std::memcpy(&head, beginning.data(), sizeof(head));
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
      head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_phentsize != sizeof(Elf64_Phdr))
    return std::nullopt;
  for (std::uint64_t i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr segment;
    const std::uint64_t skip = i * sizeof(segment);
    if (head.e_phoff > beginning.size() || beginning.size() - head.e_phoff < skip + sizeof(segment))
      return std::nullopt;
    std::memcpy(&segment, beginning.data() + head.e_phoff + skip, sizeof(segment));
    if (segment.p_type != PT_NOTE || segment.p_offset > beginning.size() ||
        segment.p_filesz > beginning.size() - segment.p_offset)
      continue;
    if (auto id = id_in(beginning.subspan(segment.p_offset, segment.p_filesz))) return id;
  }
  return std::nullopt;
}

Json program_json(int folder, std::chrono::nanoseconds patience) {
  Json out = Json::object();
  std::string name(kName + 1, '\0');
  const ssize_t got = ::readlinkat(folder, "exe", name.data(), name.size());
  out["exe"] = got > 0 && got <= static_cast<ssize_t>(kName)
                   ? Json(escape(std::string_view(name).substr(0, static_cast<std::size_t>(got))))
                   : Json();
  const auto bytes = bytes_of(folder, patience);
  out["sha256"] = bytes ? bytes->sha256 : Json();
  out["build_id"] = bytes ? bytes->build_id : Json();
  return out;
}

}  // namespace glacis::evidence

// SPDX-License-Identifier: Apache-2.0
#include "manager/elf/library.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <unordered_set>

#include "manager/base/escape.h"
#include "manager/base/file.h"

namespace glacis::elf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestConfig = 64 * 1024;
constexpr std::size_t kMostConfigs = 64;
constexpr std::size_t kMostFolders = 256;

constexpr std::string_view kFolders[] = {"/lib/x86_64-linux-gnu",
                                         "/usr/lib/x86_64-linux-gnu",
                                         "/lib64",
                                         "/usr/lib64",
                                         "/lib",
                                         "/usr/lib"};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

template <typename Each>
void split(std::string_view text, char at, const Each& each) {
  while (!text.empty()) {
    const auto end = std::min(text.find(at), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

class Configuration {
 public:
  explicit Configuration(const Root& root) : root_(root) {}

  std::vector<std::string> run() {
    file("/etc/ld.so.conf");
    return std::move(folders_);
  }

 private:
  void file(const std::string& path) {
    if (!seen_.insert(path).second || seen_.size() > kMostConfigs) return;
    const auto bytes = root_.read(path, kLargestConfig);
    if (!bytes) return;
    split({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, '\n',
          [&](std::string_view line) { this->line(trimmed(line.substr(0, line.find('#')))); });
  }

  void line(std::string_view text) {
    if (text.starts_with("include ") || text.starts_with("include\t")) {
      included(std::string(trimmed(text.substr(8))));
    } else if (text.starts_with('/') && folders_.size() < kMostFolders) {
      folders_.emplace_back(text);
    }
  }

  // Only a `*` at the start of the name, as everywhere in use.
  void included(std::string pattern) {
    if (!pattern.starts_with('/')) pattern.insert(0, "/etc/");
    const fs::path path(pattern);
    if (!path.filename().native().starts_with('*')) return file(pattern);
    const std::string folder = path.parent_path();
    for (const std::string& name : root_.list(folder, path.filename().native().substr(1)))
      file(folder + "/" + name);
  }

  const Root& root_;
  std::unordered_set<std::string> seen_;
  std::vector<std::string> folders_;
};

class Loader {
 public:
  explicit Loader(const Root& root) : root_(root), configured_(configured_folders(root)) {}

  Result<Program> run(const std::string& path) {
    auto first = image(path);
    if (!first) return std::unexpected(first.error());
    out_.images.push_back(std::move(*first));
    known_.insert(path);
    for (std::size_t i = 0; i < out_.images.size(); ++i) {
      const std::vector<std::string> needed = out_.images[i].needed;
      for (const std::string& name : needed)
        if (auto done = library(name, i); !done) return std::unexpected(done.error());
    }
    // It is a library like others, and runs first.
    if (const std::string loader = out_.images.front().interpreter; !loader.empty())
      if (auto done = library(loader, 0); !done) return std::unexpected(done.error());
    return std::move(out_);
  }

 private:
  Result<Image> image(const std::string& path) {
    auto bytes = root_.read(path, largest_file);
    if (!bytes) return std::unexpected(bytes.error());
    size_ += bytes->size();
    if (size_ > largest_program)
      return fail(Exit::usage,
                  fmt::format("{} and its libraries are too large", escape(path, Backslash::keep)));
    return Image::parse(std::move(*bytes), path);
  }

  [[nodiscard]] bool is_loaded(const std::string& name) const {
    return std::ranges::any_of(out_.images, [&](const Image& one) {
      return one.soname == name || fs::path(one.path).filename() == fs::path(name).filename();
    });
  }

  // What can't be had is told, and is no end of it; what is hostile is.
  Status library(const std::string& name, std::size_t wanted_by) {
    if (!known_.insert(name).second || is_loaded(name)) return {};
    const auto path = find(name, out_.images[wanted_by]);
    if (!path) {
      out_.missing.push_back(name);
      return {};
    }
    if (out_.images.size() == most_images)
      return fail(Exit::usage,
                  fmt::format("{} needs more than {} libraries",
                              escape(out_.images.front().path, Backslash::keep), most_images));
    auto one = image(*path);
    if (!one) return std::unexpected(one.error());
    out_.images.push_back(std::move(*one));
    return {};
  }

  [[nodiscard]] std::optional<std::string> find(const std::string& name, const Image& from) const {
    if (name.find('/') != std::string::npos)
      return root_.has(name) ? std::optional(name) : std::nullopt;
    std::optional<std::string> out;
    const auto look_in = [&](const std::string& folder) {
      const std::string path = folder + "/" + name;
      if (!out && root_.has(path)) out = path;
    };
    // A RUNPATH takes the place of all RPATHs, and is for its own file alone.
    if (from.runpath.empty())
      for (const Image* one : {&from, &out_.images.front()}) folders_of(one->rpath, *one, look_in);
    folders_of(from.runpath, from, look_in);
    for (const std::string& folder : configured_) look_in(folder);
    for (const std::string_view folder : kFolders) look_in(std::string(folder));
    return out;
  }

  template <typename Each>
  static void folders_of(const std::string& list, const Image& from, const Each& each) {
    const std::string origin = fs::path(from.path).parent_path();
    split(list, ':', [&](std::string_view one) {
      std::string folder(one);
      for (const std::string_view word : {"${ORIGIN}", "$ORIGIN"})
        if (const auto at = folder.find(word); at != std::string::npos)
          folder.replace(at, word.size(), origin);
      if (folder.starts_with('/')) each(folder);
    });
  }

  const Root& root_;
  std::vector<std::string> configured_;
  std::unordered_set<std::string> known_;
  std::size_t size_ = 0;
  Program out_;
};

}  // namespace

Result<Root> Root::open(const fs::path& folder) {
  Fd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd)
    return fail(Exit::usage,
                fmt::format("cannot open {}: {}", escape(folder.native(), Backslash::keep),
                            std::strerror(errno)));
  return Root(std::move(fd));
}

Fd Root::open_at(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT;
  if (path.find('\0') != std::string::npos) return Fd();
  return Fd(
      static_cast<int>(::syscall(SYS_openat2, folder_.get(), path.c_str(), &how, sizeof how)));
}

Result<std::vector<std::uint8_t>> Root::read(const std::string& path, std::size_t limit) const {
  // Not blocked by a pipe, which is refused then.
  const Fd file = open_at(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  const auto text =
      file ? read_descriptor(file.get(), limit)
           : std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, std::strerror(errno)});
  if (!text)
    return fail(Exit::usage, fmt::format("cannot read {}: {}", escape(path, Backslash::keep),
                                         text.error().what));
  return std::vector<std::uint8_t>(text->begin(), text->end());
}

bool Root::has(const std::string& path) const { return static_cast<bool>(open_at(path, O_PATH)); }

std::vector<std::string> Root::list(const std::string& folder, std::string_view ending) const {
  std::vector<std::string> out;
  Fd fd = open_at(folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return out;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(fd.release()), ::closedir);
  while (entries && out.size() < kMostConfigs) {
    const dirent* one = ::readdir(entries.get());
    if (one == nullptr) break;
    if (std::string_view(one->d_name).ends_with(ending) && one->d_name[0] != '.')
      out.emplace_back(one->d_name);
  }
  std::ranges::sort(out);
  return out;
}

Result<Program> load_program(const Root& root, const std::string& path) {
  return Loader(root).run(path);
}

std::vector<std::string> configured_folders(const Root& root) { return Configuration(root).run(); }

}  // namespace glacis::elf

// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/zstd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zstd.h>

#include <cerrno>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/evidence/folder.h"

namespace glacis::evidence {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFrame = 64u << 10;
constexpr int kLevel = 3;       // the log is locked meanwhile
constexpr int kWindowLog = 23;  // more than our level uses; more is not read

std::unexpected<Error> cannot_write(const fs::path& path, int error) {
  return fail(Exit::usage, fmt::format("cannot write {}: {}", escape(path.native()),
                                       std::generic_category().message(error)));
}

Status write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return cannot_write(path, done < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
};

Status write_compressed(int fd, const fs::path& path, const ReadMore& more) {
  const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(::ZSTD_createCCtx());
  ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::vector<char> from(kFrame), to(kFrame);
  for (bool last = false; !last;) {
    const auto got = more(from.data(), from.size());
    if (!got) return std::unexpected(got.error());
    last = *got < from.size();
    ZSTD_inBuffer input{from.data(), *got, 0};
    for (std::size_t left = 1; left != 0 && (last || input.pos < input.size);) {
      ZSTD_outBuffer output{to.data(), to.size(), 0};
      left = ::ZSTD_compressStream2(context.get(), &output, &input,
                                    last ? ZSTD_e_end : ZSTD_e_continue);
      if (::ZSTD_isError(left)) return cannot_write(path, EIO);
      if (auto status = write_all(fd, {to.data(), output.pos}, path); !status) return status;
      if (!last) left = 1;
    }
  }
  return {};
}

}  // namespace

void Decompressor::Free::operator()(void* context) const {
  ::ZSTD_freeDCtx(static_cast<ZSTD_DCtx*>(context));
}

Decompressor::Decompressor(ReadMore more, fs::path path)
    : more_(std::move(more)),
      path_(std::move(path)),
      context_(::ZSTD_createDCtx()),
      input_(kFrame) {
  ::ZSTD_DCtx_setParameter(static_cast<ZSTD_DCtx*>(context_.get()), ZSTD_d_windowLogMax,
                           kWindowLog);
}

std::unexpected<Error> Decompressor::damaged(const char* why) const {
  return fail(Exit::findings,
              fmt::format("the compressed log {} is damaged: {}", escape(path_.native()), why));
}

Result<std::size_t> Decompressor::read(char* to, std::size_t size) {
  ZSTD_outBuffer output{to, size, 0};
  while (output.pos < size) {
    if (used_ == filled_) {
      const auto got = more_(input_.data(), input_.size());
      if (!got) return std::unexpected(got.error());
      filled_ = *got;
      used_ = 0;
      if (filled_ == 0 && !in_frame_) break;
    }
    const std::size_t before = output.pos;
    ZSTD_inBuffer input{input_.data(), filled_, used_};
    const std::size_t left =
        ::ZSTD_decompressStream(static_cast<ZSTD_DCtx*>(context_.get()), &output, &input);
    if (::ZSTD_isError(left)) return damaged(::ZSTD_getErrorName(left));
    if (filled_ == 0 && output.pos == before) return damaged("it was cut off");
    used_ = input.pos;
    in_frame_ = left != 0;
  }
  return output.pos;
}

Status compress_to(const fs::path& path, const ReadMore& more) {
  const std::string temporary = path.native() + ".new";
  ::unlink(temporary.c_str());
  const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return cannot_write(path, errno);
  auto status = write_compressed(fd.get(), path, more);
  if (status && (::fsync(fd.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0))
    status = cannot_write(path, errno);
  if (!status) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_folder(path.parent_path());
}

}  // namespace glacis::evidence

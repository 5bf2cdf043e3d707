// SPDX-License-Identifier: Apache-2.0
// What no type information tells of this kernel: how it lays out f_mode of an open file, and
// where the mount of a descriptor is.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "lsm/abi/digest.h"
#include "manager/base/result.h"

struct layout_bpf;

namespace glacis::kernel {

// The bit of f_mode that marks the inner file of a stacked filesystem (FMODE_BACKING), measured on
// a descriptor of our own; 0 where the kernel has none. Fails on a kernel that is laid out in a way
// that we don't know: to guess would be to read paths from where there are none.
[[nodiscard]] Result<std::uint32_t> measure_backing_mode();

// The address of the struct mount that an open file is on; for programs to compare.
[[nodiscard]] Result<std::uint64_t> mount_of(int file);

// What the kernel goes by to tell that an open file is one whose content is known.
class FileStates {
 public:
  [[nodiscard]] static Result<FileStates> open();
  // The key is of no domain yet.
  [[nodiscard]] Result<std::pair<gl_file_key, gl_file_state>> of(int file) const;

 private:
  explicit FileStates(std::shared_ptr<layout_bpf> programs) : programs_(std::move(programs)) {}
  std::shared_ptr<layout_bpf> programs_;
};

// The rule alone. `name_mode` is f_mode of a file opened with O_PATH, which never is a backing file
// and asks for no notification (FMODE_NONOTIFY) wherever FMODE_BACKING is below bit 25: both moved
// by one, together, in 6.14 and in stable releases before it. `major` and `minor` are the kernel's.
[[nodiscard]] Result<std::uint32_t> backing_mode(std::uint32_t name_mode, unsigned major,
                                                 unsigned minor);

}  // namespace glacis::kernel

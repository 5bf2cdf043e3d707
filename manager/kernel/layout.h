// SPDX-License-Identifier: Apache-2.0
// What no type information tells of this kernel: how it lays out f_mode of an open file, and
// where the mount of a descriptor is.
#pragma once

#include <cstdint>

#include "manager/base/result.h"

namespace glacis::kernel {

// The bit of f_mode that marks the inner file of a stacked filesystem (FMODE_BACKING), measured on
// a descriptor of our own; 0 where the kernel has none. Fails on a kernel that is laid out in a way
// that we don't know: to guess would be to read paths from where there are none.
[[nodiscard]] Result<std::uint32_t> measure_backing_mode();

// The address of the struct mount that an open file is on; for programs to compare.
[[nodiscard]] Result<std::uint64_t> mount_of(int file);

// The rule alone. `name_mode` is f_mode of a file opened with O_PATH, which never is a backing file
// and asks for no notification (FMODE_NONOTIFY) wherever FMODE_BACKING is below bit 25: both moved
// by one, together, in 6.14 and in stable releases before it. `major` and `minor` are the kernel's.
[[nodiscard]] Result<std::uint32_t> backing_mode(std::uint32_t name_mode, unsigned major,
                                                 unsigned minor);

}  // namespace glacis::kernel

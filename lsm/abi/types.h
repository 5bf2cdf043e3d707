/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fixed-width types and the few macros that every shared header needs. The
 * headers of this folder are included by BPF C, by C++ and by fuzzers, and are
 * the only headers that both sides of the kernel boundary include.
 *
 * Rules of the folder: explicit padding, an assertion on the size of every
 * struct, enums only grow at their end, index 0 is never valid.
 */
#pragma once

#include <linux/types.h>

#ifdef __cplusplus
#define GL_STATIC_ASSERT(cond, text) static_assert(cond, text)
#else
#define GL_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#endif

#define GL_INLINE static inline __attribute__((always_inline))

/* The version of everything in lsm/abi. Written into every image and every
 * event; a reader refuses what it does not know. */
#define GL_ABI 6

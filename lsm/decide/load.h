/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading an image. The core is pure: it gets the image's first byte and the
 * mask of its size class and reads nothing else.
 *
 * `mask` is the class's size minus one and, in BPF, always a constant, which
 * is how the verifier knows that no offset leaves the map's value. A mask
 * instead of a check: an offset out of bounds can only come from a damaged
 * image, which the loader refuses, and a check per load would be paid per byte.
 */
#pragma once

#include "../abi/image.h"
#include "../abi/verdict.h"

/* The one loop: at most `max` rounds (a constant), left by `break`. In BPF it
 * must stay a loop: unrolled, the verifier would walk every copy. */
#if defined(__bpf__)
#define GL_LOOP(i, max)                                                                  \
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < (max); i++)
/* Keeps the compiler from moving a mask past the add that it bounds, and from
 * leaving out one that it can prove and the verifier can't. */
#define GL_KEEP(x) asm volatile("" : "+r"(x))
#else
#define GL_LOOP(i, max) for (__u32 i = 0; i < (max); i++)
#define GL_KEEP(x) ((void)(x))
#endif

typedef __u32 __attribute__((may_alias)) gl_aliased_u32;
typedef __u16 __attribute__((may_alias)) gl_aliased_u16;

GL_INLINE __u32 gl_load32(const __u8 *base, __u32 mask, __u32 offset)
{
	GL_KEEP(offset);
	offset &= mask & ~3u;
	GL_KEEP(offset);
	return *(const gl_aliased_u32 *)(base + offset);
}

GL_INLINE __u32 gl_load16(const __u8 *base, __u32 mask, __u32 offset)
{
	GL_KEEP(offset);
	offset &= mask & ~1u;
	GL_KEEP(offset);
	return *(const gl_aliased_u16 *)(base + offset);
}

GL_INLINE __u64 gl_load64(const __u8 *base, __u32 mask, __u32 offset)
{
	return gl_load32(base, mask, offset) | (__u64)gl_load32(base, mask, offset + 4)
						   << 32;
}

GL_INLINE const struct gl_image *gl_header(const __u8 *base)
{
	return (const struct gl_image *)(const void *)base;
}

GL_INLINE __u32 gl_popcount(__u32 x)
{
	x = x - ((x >> 1) & 0x55555555u);
	x = (x & 0x33333333u) + ((x >> 2) & 0x33333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0fu;
	return (x * 0x01010101u) >> 24;
}

GL_INLINE struct gl_verdict gl_verdict_of(__u32 decision, __u32 reason, __u32 rule,
					  __u32 blocker)
{
	struct gl_verdict v = {decision, reason, rule, blocker};
	return v;
}

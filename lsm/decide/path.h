/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stepping the path automaton (lsm/abi/image.h has its description). */
#pragma once

#include "load.h"

GL_INLINE __u32 gl_path_start(const __u8 *base) { return gl_header(base)->start; }

/* One byte. `comb` is the section's offset, read once by the caller. */
GL_INLINE __u32 gl_path_step(const __u8 *base, __u32 mask, __u32 comb, __u32 state,
			     __u8 byte)
{
	__u32 key = gl_header(base)->classes[byte];
	__u32 cell = gl_load32(base, mask, comb + (state + key) * 4);

	if (GL_COMB_KEY(cell) != key)
		cell = gl_load32(base, mask, comb + state * 4);
	return GL_COMB_VALUE(cell);
}

/* The `len` bytes of a name that ends at `end`, last to first. `room` is the
 * buffer's size, a constant power of two; at most that many bytes are read. */
GL_INLINE __u32 gl_path_feed(const __u8 *base, __u32 mask, __u32 comb, __u32 state,
			     const __u8 *bytes, __u32 room, __u32 end, __u32 len)
{
	GL_LOOP(i, room)
	{
		__u32 at;

		if (i >= len)
			break;
		at = (end - 1 - i) & (room - 1);
		GL_KEEP(at);
		state = gl_path_step(base, mask, comb, state, bytes[at]);
	}
	return state;
}

/* The accept record of a state; record 0, which grants nothing, if none. */
GL_INLINE struct gl_accept gl_path_accept(const __u8 *base, __u32 mask, __u32 state)
{
	const struct gl_image *image = gl_header(base);
	__u32 cell =
	    gl_load32(base, mask, image->comb.offset + (state + GL_KEY_ACCEPT) * 4);
	__u32 index = GL_COMB_KEY(cell) == GL_KEY_ACCEPT ? GL_COMB_VALUE(cell) : 0;
	__u32 at = image->accepts.offset + index * (__u32)sizeof(struct gl_accept);
	struct gl_accept accept = {
	    .allow = gl_load32(base, mask, at),
	    .allow_self = gl_load32(base, mask, at + 4),
	    .allow_root = gl_load32(base, mask, at + 8),
	    .deny = gl_load32(base, mask, at + 12),
	    .refs = gl_load32(base, mask, at + 16),
	    .zero = 0,
	};
	return accept;
}

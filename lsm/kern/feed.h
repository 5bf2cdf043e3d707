/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loaded images as the programs see them, and feeding names to their automaton:
 * one function a size class, verified once a program. */
#pragma once

#include "../decide/path.h"
#include "types.h"

#define GL_NAME_CHUNK 64

/* What is fed of a buffer: the length of the piece, where it begins, and whether
 * it is the first one of its name, which has a slash in front of it. */
#define GL_FEED_AT(at) ((at) << 8)
#define GL_FEED_SLASH 0x80000000u

/* A piece of a name. */
struct gl_name {
	__u8 bytes[GL_NAME_CHUNK];
};

#define GL_X_FEED(n, bits)                                                               \
	struct gl_blob_##n {                                                             \
		struct gl_loaded loaded;                                                 \
		__u8 image[1u << (bits)];                                                \
	};                                                                               \
                                                                                         \
	/* One piece of a name, and perhaps the slash in front of it. Global, so         \
	 * that the verifier looks at the byte loop once. */                             \
	__noinline __u32 gl_feed_##n(const struct gl_blob_##n *blob,                     \
				     const struct gl_name *name, __u32 state,            \
				     __u32 piece)                                        \
	{                                                                                \
		__u32 len = piece & 0xff;                                                \
		__u32 comb;                                                              \
                                                                                         \
		if (!blob || !name)                                                      \
			return 0;                                                        \
		comb = gl_header(blob->image)->comb.offset;                              \
		state = gl_path_feed(blob->image, (1u << (bits)) - 1, comb, state,       \
				     name->bytes, GL_NAME_CHUNK,                         \
				     (piece >> 8 & 0xff) + len, len);                    \
		if (piece & GL_FEED_SLASH)                                               \
			state = gl_path_step(blob->image, (1u << (bits)) - 1, comb,      \
					     state, '/');                                \
		return state;                                                            \
	}
GL_IMAGE_SIZES(GL_X_FEED)

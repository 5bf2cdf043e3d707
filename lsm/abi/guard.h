/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the guard knows: lsm/hooks/guard.h has what it refuses. */
#pragma once

#include "hooks.h"
#include "image.h"

/* bpf(2) with this command must be refused, and counted, while hooks run; without
 * them the kernel knows no such command. */
#define GL_CANARY 0x676c6163u

#define GL_GUARD_MAPS 24

/* One element, written by user space; frozen for user space when it is locked. */
struct gl_guard {
	__u64 mount;  /* struct mount of the file system of the pins; 0: not known */
	__u64 canary; /* how often GL_CANARY was refused */
	__u32 locked;
	__u32 maps; /* used of map_ids */
	__u32 map_ids[GL_GUARD_MAPS];
	struct gl_hook_set attached; /* what commands attached, and nobody detached */
	struct gl_loaded no_image;   /* zero: no image decides what the guard does */
};
GL_STATIC_ASSERT(sizeof(struct gl_guard) == 200, "gl_guard");

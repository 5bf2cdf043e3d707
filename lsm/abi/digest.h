/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files whose content a profile names ([[exec.digest]]). The kernel compares no content:
 * who loads the profile hashes the file, and has the kernel tell, before and after, what
 * of its inode changes with it. That is kept here, and compared when the file becomes
 * code.
 */
#pragma once

#include "types.h"

struct gl_file_key {
	__u64 inode;
	__u32 device; /* s_dev */
	__u32 domain;
};
GL_STATIC_ASSERT(sizeof(struct gl_file_key) == 16, "gl_file_key");

/* Every write of a file sets its change time, and no system call sets that to a value of
 * choice. What fs-verity seals can't be written to at all. */
struct gl_file_state {
	__u64 size;
	__u64 ctime_sec;
	__u32 ctime_nsec;
	__u32 generation; /* of the inode's number */
	__u32 sealed;	  /* 1: by fs-verity; then only `generation` counts */
	__u32 zero;
};
GL_STATIC_ASSERT(sizeof(struct gl_file_state) == 32, "gl_file_state");

#define GL_DIGESTS_MAX 65536u /* of all domains */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk cache in inode storage; lsm/kern/cache.h says why it is sound. */
#pragma once

#include "types.h"

#define GL_CACHE_WAYS 4

/* "From this name, in this state, the walk of this subject ends rooted, where its
 * image grants this." On the inode of a file it is the file's own name; on that of a
 * directory, the directory's, with the state that a name in it led to. */
struct gl_cache_entry {
	__u32 seq; /* odd while written */
	__u32 domain;
	__u32 generation;
	__u32 root;
	__u32 mount_seq;
	__u32 rename_seq;
	__u32 from;  /* the automaton's state before the name */
	__u32 allow; /* as in struct gl_accept: to everybody, */
	__u64 dentry;
	__u64 parent;
	__u64 hash_len;
	__u64 mnt;
	__u64 unsettled; /* CLOCK_BOOTTIME of the first sight, 0 once usable */
	__u64 ctime_sec; /* of files */
	__u32 ctime_nsec;
	__u32 made;	  /* in jiffies */
	__u32 allow_self; /* the owner, */
	__u32 allow_root; /* and where the owner is root */
};
GL_STATIC_ASSERT(sizeof(struct gl_cache_entry) == 96, "gl_cache_entry");

struct gl_cache {
	struct gl_cache_entry ways[GL_CACHE_WAYS];
};

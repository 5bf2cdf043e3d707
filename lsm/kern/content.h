/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What of an inode tells that its file's content is what it was (abi/digest.h). */
#pragma once

#include "../abi/digest.h"
#include "types.h"

#define GL_S_VERITY (1u << 16) /* include/linux/fs.h */

/* 0 if all of it could be read. The key's domain is the caller's. */
GL_INLINE int gl_file_state_read(__u64 address, struct gl_file_key *key,
				 struct gl_file_state *state)
{
	struct inode *inode = (void *)address;
	struct super_block *sb = NULL;
	__u64 nsec = 0;
	__u32 flags = 0;
	int bad;

	bad = bpf_core_read(&sb, sizeof(sb), &inode->i_sb) ||
	      bpf_core_read(&key->device, sizeof(key->device), &sb->s_dev) ||
	      bpf_core_read(&key->inode, sizeof(key->inode), &inode->i_ino) ||
	      bpf_core_read(&state->size, sizeof(state->size), &inode->i_size) ||
	      bpf_core_read(&state->generation, 4, &inode->i_generation) ||
	      bpf_core_read(&flags, sizeof(flags), &inode->i_flags);
	state->sealed = !!(flags & GL_S_VERITY);
	if (bpf_core_field_exists(inode->i_ctime_sec))
		return bad || bpf_core_read(&state->ctime_sec, 8, &inode->i_ctime_sec) ||
		       bpf_core_read(&state->ctime_nsec, 4, &inode->i_ctime_nsec);
	if (bpf_core_field_exists(inode->__i_ctime))
		bad = bad ||
		      bpf_core_read(&state->ctime_sec, 8, &inode->__i_ctime.tv_sec) ||
		      bpf_core_read(&nsec, 8, &inode->__i_ctime.tv_nsec);
	else
		bad = bad ||
		      bpf_core_read(&state->ctime_sec, 8, &inode->i_ctime.tv_sec) ||
		      bpf_core_read(&nsec, 8, &inode->i_ctime.tv_nsec);
	state->ctime_nsec = (__u32)nsec;
	return bad;
}

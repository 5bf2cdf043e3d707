/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the host's paths begin: at the root of process 1. */
#pragma once

#include "types.h"

#include "../abi/label.h"

extern const void init_pid_ns __ksym;

/* Both zero if it can't be read. */
static __noinline int gl_host_root(struct gl_root *root)
{
	struct task_struct *first = NULL;
	__u64 fs = 0;

	root->mnt = root->dentry = 0;
	if (bpf_probe_read_kernel(
		&first, sizeof(first),
		(__u8 *)&init_pid_ns +
		    bpf_core_field_offset(struct pid_namespace, child_reaper)) ||
	    !first || bpf_core_read(&fs, sizeof(fs), &first->fs) || !fs ||
	    bpf_core_read(&root->mnt, 8, &((struct fs_struct *)fs)->root.mnt) ||
	    bpf_core_read(&root->dentry, 8, &((struct fs_struct *)fs)->root.dentry))
		root->mnt = root->dentry = 0;
	return 0;
}

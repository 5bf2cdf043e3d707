/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writing labels, and the roots that they name. */
#pragma once

#include "subject.h"

/* Puts a label on a task. A new one is born with its value: the task may be
 * running. What task storage can't take goes to a small table that is consulted
 * only while something is in it. */
GL_INLINE int gl_label_put(struct task_struct *task, struct gl_label *from)
{
	struct gl_label *label =
	    bpf_task_storage_get(&labels, task, from, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u64 key = (__u64)task;

	if (label) {
		*label = *from;
		return 0;
	}
	if (bpf_map_update_elem(&spilled_labels, &key, from, BPF_ANY))
		return -1;
	__sync_fetch_and_add(&gl_shared.spilled, 1);
	gl_count(GL_COUNTER_LABEL_SPILLED);
	return 0;
}

/* The number of the root directory that the task has now, 0 if none could be
 * given. Numbers are not given back: a root is seldom new. */
GL_INLINE __u32 gl_root_number(struct task_struct *task)
{
	struct gl_root root = {};
	struct mount *mount;
	__u32 *known, number;

	root.mnt = (__u64)BPF_CORE_READ(task, fs, root.mnt);
	root.dentry = (__u64)BPF_CORE_READ(task, fs, root.dentry);
	if (!root.mnt)
		return 0;
	mount = (void *)(root.mnt - bpf_core_field_offset(struct mount, mnt));
	bpf_core_read(&root.mnt_id, sizeof(root.mnt_id), &mount->mnt_id);
	known = bpf_map_lookup_elem(&root_numbers, &root);
	if (known)
		return *known;
	number = __sync_fetch_and_add(&gl_shared.roots, 1) + 1;
	if (number >= GL_ROOTS_MAX ||
	    bpf_map_update_elem(&roots, &number, &root, BPF_ANY) ||
	    bpf_map_update_elem(&root_numbers, &root, &number, BPF_ANY)) {
		gl_count(GL_COUNTER_ROOTS_FULL);
		return 0;
	}
	return number;
}

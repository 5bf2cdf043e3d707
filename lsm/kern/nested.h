/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that the kernel makes for itself in the middle of a confined task's
 * system call, with credentials of its own. Overlayfs looks names up, reads its
 * attributes and copies files up in this way, by the credentials of who mounted
 * it; cachefiles, core dumps and others do alike. The task's operation is decided
 * above; here
 *
 *   a capability is the kernel's own affair if credentials are overridden at
 *       this moment and the task could not have arranged that itself. It can by
 *       access(2), which asks with the real user's credentials (the kernel marks
 *       them: non_rcu), and by io_uring, which runs requests with credentials
 *       registered before, or in workers of its own. A task that has ever used
 *       io_uring is therefore asked like everyone, always
 *   attributes of a file, whose hooks are given no mount: the same
 *   a file is the kernel's own affair if credentials are overridden and it is
 *       on a mount made by the kernel, of a filesystem that users can mount.
 *       Overlayfs alone makes such mounts (its private clones of the layers); no
 *       descriptor and no path of user space leads there, so that a task that
 *       overrides credentials still has nothing to open
 *
 * Each is counted.
 */
#pragma once

#include "conclude.h"

#define GL_PF_IO_WORKER 0x10u /* include/linux/sched.h */

GL_INLINE int gl_credentials_overridden(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->cred != task->real_cred;
}

/* Overridden, and not by the task. */
GL_INLINE int gl_credentials_kernels(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return gl_credentials_overridden() && !task->cred->non_rcu && !task->io_uring &&
	       !(task->flags & GL_PF_IO_WORKER);
}

GL_INLINE int gl_nested_capable(void)
{
	if (!gl_credentials_kernels())
		return 0;
	gl_count(GL_COUNTER_NESTED_CAPABLE);
	return 1;
}

static __noinline int gl_nested(const struct gl_request *r)
{
	struct dentry *dentry = (void *)r->dentry;
	struct super_block *sb = NULL;
	struct mount *mount;
	unsigned long flags = 0, magic = 0;
	__u64 ns = 0;

	if (!gl_credentials_overridden() || !r->mnt)
		return 0;
	mount = (void *)(r->mnt - bpf_core_field_offset(struct mount, mnt));
	if (bpf_core_read(&ns, sizeof(ns), &mount->mnt_ns) || ns != GL_MNT_NS_INTERNAL ||
	    bpf_core_read(&sb, sizeof(sb), &dentry->d_sb) ||
	    bpf_core_read(&flags, sizeof(flags), &sb->s_flags) ||
	    bpf_core_read(&magic, sizeof(magic), &sb->s_magic) || flags & GL_SB_NOUSER ||
	    magic == GL_MAGIC_MQUEUE)
		return 0;
	gl_count(GL_COUNTER_NESTED);
	return 1;
}

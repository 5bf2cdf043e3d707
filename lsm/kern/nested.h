/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that overlayfs makes on behalf of an operation decided above it.
 *
 * Copying a file up opens the lower and the upper file on mounts that only the
 * kernel can name, and asks for capabilities, all with the confined task as
 * `current` and the mounter's credentials. Those calls are let pass if
 *
 *   - the task's label says that its last file operation was permitted on an
 *     overlay (each decided operation writes that word, so that it can't
 *     outlive the operation that follows),
 *   - credentials are overridden at this moment, and
 *   - for a file: the walk ended on a mount made by the kernel, of a filesystem
 *     that can be mounted by users. Overlayfs alone makes such mounts (its
 *     private clones of the layers); no descriptor and no path of user space
 *     leads there, so that a task that could forge the first two conditions
 *     still has nothing to open.
 *
 * Each is counted.
 */
#pragma once

#include "conclude.h"

#define GL_MAGIC_OVERLAYFS 0x794c7630u

GL_INLINE int gl_credentials_overridden(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->cred != task->real_cred;
}

GL_INLINE int gl_inside_overlay(const struct gl_subject *s)
{
	return s->label && s->label->inside && gl_credentials_overridden();
}

/* Remember whether the operation just permitted was on an overlay. */
GL_INLINE void gl_nested_mark(const struct gl_subject *s, const struct gl_request *r)
{
	struct dentry *dentry = (void *)r->dentry;
	struct super_block *sb = NULL;
	unsigned long magic = 0;
	__u64 inside = 0;

	if (!s->label || gl_credentials_overridden())
		return;
	bpf_core_read(&sb, sizeof(sb), &dentry->d_sb);
	bpf_core_read(&magic, sizeof(magic), &sb->s_magic);
	if (magic == GL_MAGIC_OVERLAYFS)
		inside = (__u64)sb;
	if (s->label->inside != inside)
		s->label->inside = inside;
}

GL_INLINE int gl_nested(const struct gl_subject *s, const struct gl_request *r)
{
	if (r->ending != GL_ENDING_INTERNAL || !gl_inside_overlay(s))
		return 0;
	gl_count(GL_COUNTER_NESTED);
	return 1;
}

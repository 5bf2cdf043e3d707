/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What [attach] goes by: the host's root, the name of a file, the cgroups of the
 * task. All of it is read here and now, so that nobody need be awake for it.
 */
#pragma once

#include "host.h"
#include "request.h"
#include "subject.h"

#define GL_ATTACH_MOUNTS 8 /* mounts over one another at one place */
#define GL_ATTACH_PIECES 5 /* of GL_ATTACH_NAME, in the longest name */

GL_INLINE __u32 gl_attaches(void)
{
	struct gl_settings *set = gl_settings_get();

	return set ? set->attach : 0;
}

/* Whether paths of the task begin where those of process 1 do: not in a chroot, a
 * container or a mount namespace of its own. */
static __noinline int gl_in_host_root(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_root host = {};

	gl_host_root(&host);
	return host.mnt && host.mnt == (__u64)BPF_CORE_READ(task, fs, root.mnt) &&
	       host.dentry == (__u64)BPF_CORE_READ(task, fs, root.dentry);
}

/* The domain that asks for this key. */
GL_INLINE __u32 gl_attach_find(const struct gl_attach_key *key)
{
	struct gl_attachment *found = bpf_map_lookup_elem(&attachments, key);

	return found ? found->domain : 0;
}

/* Puts a name in a zeroed key; whether it is there in full. */
GL_INLINE int gl_attach_name(struct gl_attach_key *key, __u64 text)
{
	long got = bpf_probe_read_kernel_str(key->name, sizeof(key->name), (void *)text);

	return got > 1 && got < (long)sizeof(key->name);
}

/* The address of the last name of a path, 0 if it has none. What is mounted over
 * a name has that name. */
GL_INLINE __u64 gl_attach_leaf(const struct gl_request *r)
{
	__u64 at = r->dentry, top = r->mnt, root = 0, text = 0;

	GL_LOOP(i, GL_ATTACH_MOUNTS)
	{
		struct vfsmount *mnt = (void *)top;
		struct mount *m, *above = NULL;

		if (bpf_core_read(&root, 8, &mnt->mnt_root))
			return 0;
		if (at != root)
			break;
		m = (void *)(top - bpf_core_field_offset(struct mount, mnt));
		if (bpf_core_read(&above, 8, &m->mnt_parent) || above == m ||
		    bpf_core_read(&at, 8, &m->mnt_mountpoint))
			return 0;
		top = (__u64)above + bpf_core_field_offset(struct mount, mnt);
	}
	bpf_core_read(&text, 8, &((struct dentry *)at)->d_name.name);
	return text;
}

/* Profile number `number` of those that attach a program of this name. */
static __noinline __u32 gl_attach_program(const struct gl_request *r, __u32 number)
{
	struct gl_attach_key key = {.kind = GL_ATTACH_EXEC, .number = number};
	__u64 text = gl_attach_leaf(r);

	return text && gl_attach_name(&key, text) ? gl_attach_find(&key) : 0;
}

static __noinline __u32 gl_attach_user(void)
{
	struct gl_attach_key key = {.kind = GL_ATTACH_USER};

	key.number = bpf_get_current_task_btf()->real_cred->uid.val;
	return gl_attach_find(&key);
}

/* Whether a name ends as those of slices do. */
static __noinline int gl_is_slice(__u64 text)
{
	char piece[GL_ATTACH_NAME];
	__u64 tail = 0;
	long got = 0;

	GL_LOOP(i, GL_ATTACH_PIECES)
	{
		got = bpf_probe_read_kernel_str(piece, sizeof(piece), (void *)text);
		if (got < 0)
			return 0;
		text += got - 1;
		if (got < (long)sizeof(piece))
			break;
	}
	/* The text's end, the NUL included: 7 bytes of it. */
	if (bpf_probe_read_kernel(&tail, 7, (void *)(text - 6)))
		return 0;
	return tail == 0x6563696c732eull; /* ".slice" */
}

/* The domain that asks for the cgroup of this name. */
static __noinline __u32 gl_attach_cgroup(__u64 text)
{
	struct gl_attach_key key = {.kind = GL_ATTACH_UNIT};

	return gl_attach_name(&key, text) ? gl_attach_find(&key) : 0;
}

/* Goes down from the root of the hierarchy. Names of cgroups never change. */
static __noinline int gl_attach_units_find(struct gl_attach_units *units)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	int level = BPF_CORE_READ(cgroup, level);

	GL_LOOP(i, GL_ATTACH_SLICES_MAX)
	{
		struct cgroup *up = NULL;
		__u64 text;

		if ((int)i >= level ||
		    bpf_probe_read_kernel(
			&up, sizeof(up),
			(__u8 *)cgroup + bpf_core_field_offset(struct cgroup, ancestors) +
			    8 * (i + 1)))
			break;
		text = (__u64)BPF_CORE_READ(up, kn, name);
		if (!text ||
		    !gl_attach_level(units, gl_is_slice(text), gl_attach_cgroup(text)))
			break;
	}
	return 0;
}

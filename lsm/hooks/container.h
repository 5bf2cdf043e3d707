/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Containers: their tasks come from a runtime that is not confined. The first
 * task is labelled by the OCI hook, while its root is still the host's: its label
 * enters at the first exec in another root, and what it forks until then is
 * labelled alike. A session (runc exec) is never a child of that task: it is told
 * by its cgroup, when it executes in another root than the host's. The runtime's
 * own steps up to there execute in the host's.
 *
 * The host's root is that of its process 1. One that can't be read is taken for
 * another: then the runtime is confined too early, and the container fails.
 *
 * For a time, sessions may get another domain than the container's. The kernel's
 * clock ends that, so that it needs nobody to be alive: who was a session then
 * leaves for the container's domain at its next exec.
 */
#pragma once

#include "../kern/host.h"
#include "../kern/subject.h"

/* Whether the task's root is the host's. Apart, for the sake of the stack. */
static __noinline int gl_root_of_host(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_root host = {};

	gl_host_root(&host);
	return host.dentry && host.dentry == (__u64)BPF_CORE_READ(task, fs, root.dentry);
}

/* The domain of the innermost cgroup that is armed, 0 if none is; and that cgroup. */
static __noinline __u32 gl_container_domain(__u64 *cgroup)
{
	__u32 domain = 0;

	for (int level = 1; level <= GL_CGROUP_DEPTH; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);
		struct gl_container *armed;

		if (!id)
			break;
		armed = bpf_map_lookup_elem(&containers, &id);
		if (armed) {
			domain = armed->domain;
			*cgroup = id;
		}
	}
	return domain;
}

/* The domain that sessions of this container get now instead of its own, or 0. */
static __noinline __u32 gl_session_domain(__u64 cgroup)
{
	struct gl_session *session = bpf_map_lookup_elem(&sessions, &cgroup);
	struct gl_subject s = {};

	return session && bpf_ktime_get_boot_ns() < session->until &&
		       gl_domain_find(session->domain, &s) == GL_WHO_CONFINED
		   ? session->domain
		   : 0;
}

/* Whether a label that enters at an exec has to wait for another root. */
GL_INLINE int gl_container_waits(const struct gl_label *label)
{
	return label->flags & GL_LABEL_CONTAINER && gl_root_of_host();
}

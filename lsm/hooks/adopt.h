/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Adoption: a running process, all its threads and all its descendants get a
 * label that is in force at once. User space runs the iterator until two passes
 * find nothing new. A task whose task_alloc ran just before its parent was
 * labelled is found by the next pass, and at once by task_newtask.
 */
#pragma once

#include "task.h"

struct bpf_iter__task {
	__u64 meta;
	struct task_struct *task;
};

GL_INLINE int gl_adopt(struct task_struct *task, __u32 domain)
{
	struct gl_label fresh = {.version = GL_LABEL_VERSION, .domains = {domain}};

	fresh.root = gl_root_number(task);
	if (!fresh.root || gl_label_put(task, &fresh))
		return -1;
	gl_count(GL_COUNTER_ADOPTED);
	return 0;
}

/* A parent that is adopted, whichever of its threads made the child. */
GL_INLINE int gl_adopted(struct task_struct *task, __u32 domain)
{
	struct gl_label *label = bpf_task_storage_get(&labels, task, 0, 0);

	return label && label->domains[0] == domain;
}

/* A label whose domain was unloaded binds nothing. */
GL_INLINE int gl_bound(struct task_struct *task)
{
	struct gl_label *label = bpf_task_storage_get(&labels, task, 0, 0);
	struct gl_subject s = {};

	return label && gl_domain_find(label->domains[0], &s) != GL_WHO_UNCONFINED;
}

SEC("iter/task")
int glacis_adopt(struct bpf_iter__task *ctx)
{
	struct gl_settings *set = gl_settings_get();
	struct task_struct *task = ctx->task;

	if (!task || !set || !set->adopt_domain)
		return 0;
	if (gl_bound(task))
		return 0; /* a label that binds is never replaced */
	if ((__u32)task->tgid == set->adopt_tgid ||
	    gl_adopted(task->real_parent, set->adopt_domain) ||
	    gl_adopted(task->group_leader, set->adopt_domain))
		gl_adopt(task, set->adopt_domain);
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(glacis_task_newtask, struct task_struct *task, unsigned long clone_flags)
{
	struct gl_settings *set = gl_settings_get();
	struct gl_label *label;

	if (!set || !set->adopt_domain || bpf_task_storage_get(&labels, task, 0, 0))
		return 0;
	label = bpf_task_storage_get(&labels, bpf_get_current_task_btf(), 0, 0);
	if (label && label->domains[0] == set->adopt_domain &&
	    !(label->flags & GL_LABEL_PENDING)) {
		struct gl_label own = *label;

		gl_label_put(task, &own);
	}
	return 0;
}

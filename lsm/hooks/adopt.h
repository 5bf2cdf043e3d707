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

#define GL_PF_EXITING 0x4u /* include/linux/sched.h; set before the root is given up */

/* What can't be labelled is counted, and user space says so. */
GL_INLINE void gl_adopt(struct task_struct *task, __u32 domain)
{
	struct gl_label fresh = {.version = GL_LABEL_VERSION, .domains = {domain}};

	fresh.root = gl_root_number(task);
	if (fresh.root && !gl_label_put(task, &fresh))
		gl_count(GL_COUNTER_ADOPTED);
	else if (!(task->flags & GL_PF_EXITING))
		gl_count(GL_COUNTER_ADOPT_FAILED);
}

/* A parent that is adopted, whichever of its threads made the child. */
GL_INLINE int gl_adopted(struct task_struct *task, __u32 domain)
{
	struct gl_label label = {};

	return gl_label_read(task, &label) == GL_WHO_CONFINED &&
	       gl_label_id(task, &label) == domain;
}

/* A label whose domain was unloaded binds nothing. One that could not be read
 * binds: its task is refused everything, and that was counted. */
GL_INLINE int gl_bound(struct task_struct *task)
{
	struct gl_label label = {};
	struct gl_subject s = {};
	int who = gl_label_read(task, &label);

	if (who == GL_WHO_CONFINED)
		who = gl_domain_find(gl_label_id(task, &label), &s);
	return who != GL_WHO_UNCONFINED;
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
	struct task_struct *maker = bpf_get_current_task_btf();
	struct gl_label own = {};

	if (!set || !set->adopt_domain || gl_label_read(task, &own) != GL_WHO_UNCONFINED)
		return 0;
	if (gl_label_read(maker, &own) == GL_WHO_CONFINED &&
	    gl_label_id(maker, &own) == set->adopt_domain &&
	    !gl_label_pending(maker, &own)) {
		gl_label_hand_on(maker, &own);
		if (gl_label_put(task, &own))
			gl_count(GL_COUNTER_ADOPT_FAILED);
	}
	return 0;
}

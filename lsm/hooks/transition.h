/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An exec that takes a task to another domain. The first level decides (the file
 * that the task named): by the domain that is left. What is executed from there
 * on, that file and its interpreters, must be granted by the domain that is
 * entered, which the label names beside the old one. Which of the two is in force
 * the kernel's count of execs tells: the old one while the exec can still fail,
 * and after it failed.
 */
#pragma once

#include "../decide/exec.h"
#include "../kern/known.h"

#define GL_ORDERED() asm volatile("" ::: "memory")

/* At each exec that is checked, and once one succeeded: what failed before is
 * forgotten, what is in force stands where user space looks for it. */
GL_INLINE void gl_label_settle(const struct task_struct *task, struct gl_label *label)
{
	__u32 id = gl_label_id(task, label);

	label->flags &= ~GL_LABEL_PENDING;
	if (!(label->flags & GL_LABEL_TRANSITION))
		return;
	label->domains[0] = id;
	label->domains[1] = id;
}

/* A child begins without the transitions of its parent. */
GL_INLINE void gl_label_hand_on(const struct task_struct *parent, struct gl_label *copy)
{
	__u32 id = gl_label_id(parent, copy);

	if (!(copy->flags & GL_LABEL_TRANSITION))
		return;
	copy->flags &= ~GL_LABEL_TRANSITION;
	copy->domains[0] = id;
	copy->domains[1] = 0;
}

/* A settled label gets another domain from the next exec on. In this order, since
 * others may be reading: each step leaves the same domain in force. */
GL_INLINE void gl_label_arm(const struct task_struct *task, struct gl_label *label,
			    __u32 target)
{
	label->exec_id = task->self_exec_id + 1;
	GL_ORDERED();
	label->flags |= GL_LABEL_TRANSITION;
	GL_ORDERED();
	label->domains[1] = target;
}

/* The domain that a transition of this exec enters. */
GL_INLINE int gl_label_entered(const struct gl_label *label, struct gl_subject *s)
{
	s->root = label->root;
	if (gl_domain_find(label->domains[1], s) == GL_WHO_CONFINED)
		return GL_WHO_CONFINED;
	gl_count(GL_COUNTER_TARGET_MISSING); /* it was unloaded at this moment */
	return GL_WHO_UNKNOWN;
}

/* After the walk to a rooted file. Apart from it, for the sake of the stack. */
#define GL_X_EXEC_SAID(n, bits)                                                          \
	__noinline int gl_exec_said_##n(const struct gl_blob_##n *blob,                  \
					struct gl_request *r, __u32 unsafe)              \
	{                                                                                \
		struct gl_move move;                                                     \
                                                                                         \
		if (!blob || !r)                                                         \
			return 0;                                                        \
		move = gl_exec_decide(blob->image, (1u << (bits)) - 1, &r->path.accept,  \
				      r->owner, unsafe);                                 \
		r->verdict = move.verdict;                                               \
		r->path.move.target = move.target;                                       \
		r->path.move.flags = move.flags;                                         \
		return 0;                                                                \
	}
GL_IMAGE_SIZES(GL_X_EXEC_SAID)

/* What the image says of the file that the task named. */
GL_INLINE void gl_exec_decided(const struct gl_subject *s, struct gl_request *r,
			       __u32 unsafe)
{
	int missing;

	gl_object_owner(r);
	missing = gl_path_root(s, r);
#define GL_EXEC_CALL(n)                                                                  \
	do {                                                                             \
		gl_path_decide_##n(blob, r);                                             \
		r->path.move.target = 0;                                                 \
		if (r->ending == GL_ENDING_ROOTED)                                       \
			gl_exec_said_##n(blob, r, unsafe);                               \
	} while (0)
	if (!missing)
		missing = GL_WITH_IMAGE(s, GL_EXEC_CALL);
	if (!missing) {
		gl_object_judge(s, r);
		if (r->verdict.decision != GL_ALLOW)
			r->path.move.target = 0;
		return;
	}
	r->verdict = gl_failure(gl_head(s), r->access);
	r->path.move.target = 0;
}

/* The domain of a profile's number, if it is loaded. */
GL_INLINE int gl_domain_named(__u64 name, struct gl_subject *s)
{
	__u32 *id = bpf_map_lookup_elem(&domain_ids, &name);

	return id && gl_domain_find(*id, s) == GL_WHO_CONFINED;
}

enum gl_exec {
	GL_EXEC_STAYS = 0, /* and may be executed */
	GL_EXEC_MOVED = 1, /* the subject is now the domain that is entered */
};

/* Takes the transition that was found, or says that there is nowhere to go to. */
static __noinline int gl_exec_take(struct gl_subject *s, struct linux_binprm *bprm,
				   const struct gl_request *r)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label *label = gl_label_find(task);
	struct gl_subject next = {.root = s->root};

	if (!label) {
		gl_count(GL_COUNTER_LABEL_LOST);
		return -GL_EAGAIN;
	}
	if (!gl_domain_named(r->path.move.target, &next)) {
		gl_count(GL_COUNTER_TARGET_MISSING);
		return -GL_EACCES;
	}
	gl_label_arm(task, label, GL_DOMAIN_WORD_ID(next.word));
	if (r->path.move.flags & GL_TRANSITION_SCRUB)
		bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC);
	*s = next;
	return GL_EXEC_MOVED;
}

/* Whether and where to; or the errno of a refusal. */
static __noinline int gl_exec_move(struct gl_subject *s, struct linux_binprm *bprm)
{
	struct gl_request r = {.hook = GL_HOOK_BPRM_CHECK, .access = GL_FILE_EXECUTE};
	int moved;

	if (gl_object_of_file((__u64)bprm->file, &r))
		return gl_object_unreadable(s, &r);
	gl_exec_decided(s, &r, bprm->unsafe);
	if (r.verdict.decision == GL_ALLOW && r.path.move.target) {
		moved = gl_exec_take(s, bprm, &r);
		if (moved != -GL_EACCES) {
			if (gl_watched(s))
				gl_tell(s, &r);
			return moved;
		}
		r.verdict =
		    gl_verdict_of(GL_DENY, GL_REASON_NO_TARGET, r.verdict.rule, r.access);
	}
	return gl_conclude(
	    s, &r, r.verdict.reason == GL_REASON_UNSAFE_EXEC ? -GL_EPERM : -GL_EACCES);
}

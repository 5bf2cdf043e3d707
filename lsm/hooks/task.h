/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a label comes to a task: from its parent, at the exec that enters a domain
 * (because it was told to, or by [attach]), by the cgroup of a container, or by
 * adoption.
 */
#pragma once

#include "attach.h"
#include "container.h"
#include "inherit.h"
#include "transition.h"

SEC("lsm/task_alloc")
int BPF_PROG(glacis_task_alloc, struct task_struct *task, unsigned long clone_flags,
	     int ret)
{
	struct task_struct *maker = bpf_get_current_task_btf();
	struct gl_label own = {};
	int who;

	if (ret)
		return ret;
	who = gl_label_read(maker, &own);
	if (who == GL_WHO_CONFINED)
		gl_label_hand_on(maker, &own);
	if (who == GL_WHO_UNCONFINED ||
	    (who == GL_WHO_CONFINED && !gl_label_put(task, &own)))
		return 0;
	gl_count(GL_COUNTER_FORK_REFUSED);
	return gl_ret(-GL_EAGAIN);
}

SEC("lsm/task_free")
int BPF_PROG(glacis_task_free, struct task_struct *task)
{
	__u64 key = (__u64)task;

	if (gl_shared.spilled && !bpf_map_delete_elem(&spilled_labels, &key))
		__sync_fetch_and_add(&gl_shared.spilled, -1);
	return 0;
}

/* A thread that execs: a runtime that labelled the process from outside could
 * only reach its leader, whose label the thread takes over. */
GL_INLINE int gl_exec_inherit(struct task_struct *task)
{
	struct gl_label label = {};
	int who = gl_label_read(task->group_leader, &label);

	if (who != GL_WHO_CONFINED)
		return who;
	if (!gl_label_pending(task->group_leader, &label))
		return GL_WHO_UNCONFINED;
	return gl_label_put(task, &label) ? GL_WHO_UNKNOWN : GL_WHO_CONFINED;
}

/* Whether this exec is to take the task from its session to its container's domain. */
GL_INLINE int gl_label_leaves(const struct task_struct *task,
			      const struct gl_label *label)
{
	return label->flags & GL_LABEL_SESSION && gl_label_armed(task, label) &&
	       label->domains[1] != label->domains[0];
}

/* A session of a container, or what else executes in its root and its cgroup. */
GL_INLINE int gl_exec_contain(struct task_struct *task)
{
	struct gl_label label = {.version = GL_LABEL_VERSION,
				 .flags = GL_LABEL_PENDING | GL_LABEL_CONTAINER};
	__u64 cgroup = 0;
	__u32 session;

	label.domains[0] = gl_container_domain(&cgroup);
	if (!label.domains[0] || gl_root_of_host())
		return GL_WHO_UNCONFINED;
	session = gl_session_domain(cgroup);
	if (session) {
		label.domains[0] = session;
		label.flags |= GL_LABEL_SESSION;
	}
	return gl_label_put(task, &label) ? GL_WHO_UNKNOWN : GL_WHO_CONFINED;
}

/* A task that executes and has no label. */
GL_INLINE int gl_exec_unlabelled(struct task_struct *task)
{
	int who = task->pid == task->tgid ? GL_WHO_UNCONFINED : gl_exec_inherit(task);

	return who == GL_WHO_UNCONFINED ? gl_exec_contain(task) : who;
}

/* At the exec that enters a domain: the root is noted, and the domain asked is
 * the one that is entered. The label is only read once it is in force. */
GL_INLINE int gl_exec_enter(struct task_struct *task, struct gl_label *label,
			    struct gl_subject *s)
{
	__u32 number = gl_root_number(task);

	if (!number)
		return GL_WHO_UNKNOWN;
	label->root = number;
	label->exec_id = task->self_exec_id + 1;
	s->root = number;
	return gl_domain_find(label->domains[0], s);
}

/* A label that was found but can't be written to: one that is in force needs no
 * writing, any other may not pass, as it would never come into force. */
static __noinline int gl_exec_unwritable(struct task_struct *task, struct gl_subject *s)
{
	struct gl_label copy = {};
	int who = gl_label_missed(task, &copy);

	if (who != GL_WHO_CONFINED)
		return who;
	return gl_label_pending(task, &copy) || gl_label_armed(task, &copy) ||
		       copy.flags & GL_LABEL_SESSION
		   ? GL_WHO_UNKNOWN
		   : gl_label_subject(task, &copy, s);
}

/* At an exec of who was a session: its time is over, and it leaves for the container's
 * domain, unless it did. Whose container is not known any more executes nothing. */
static __noinline int gl_exec_leave(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label *label = gl_label_find(task);
	__u64 cgroup = 0;
	__u32 own = gl_container_domain(&cgroup);

	if (!own || !label) {
		gl_count(GL_COUNTER_LABEL_UNKNOWN);
		return GL_WHO_UNKNOWN;
	}
	if (gl_session_domain(cgroup))
		return GL_WHO_CONFINED;
	if (gl_label_id(task, label) == own)
		label->flags &= ~GL_LABEL_SESSION;
	else
		gl_label_arm(task, label, own);
	return GL_WHO_CONFINED;
}

/* Whose exec this is: of the domain in force, unless one is entered. `first`: the
 * file that the task named is asked about, and nothing was decided before. Apart,
 * for the sake of the stack. */
static __noinline int gl_exec_subject(struct gl_subject *s, int first)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label *label = gl_label_find(task);
	int who, forgotten = label && gl_label_pending(task, label) &&
			     gl_attach_forget(label, first);

	if (!label || forgotten) {
		who = forgotten ? GL_WHO_UNCONFINED : gl_exec_unwritable(task, s);
		if (who != GL_WHO_UNCONFINED)
			return who;
		who = gl_exec_unlabelled(task);
		if (who != GL_WHO_CONFINED)
			return who;
		label = gl_label_find(task);
		if (!label)
			return GL_WHO_UNKNOWN;
	}
	if (gl_label_pending(task, label))
		return gl_container_waits(label) ? GL_WHO_UNCONFINED
						 : gl_exec_enter(task, label, s);
	if (first) {
		gl_label_settle(task, label);
		if (label->flags & GL_LABEL_SESSION && gl_exec_leave() != GL_WHO_CONFINED)
			return GL_WHO_UNKNOWN;
	}
	if (gl_label_armed(task, label))
		return gl_label_entered(label, s);
	return gl_label_subject(task, label, s);
}

/* Whether there is something to leave, and somewhere to go to: a task that is only
 * entering a domain, or on its way back to its container's, takes none of its
 * transitions. */
static __noinline int gl_exec_may_move(const struct gl_subject *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct gl_head *head = gl_head(s);
	struct gl_label label = {};

	return head && head->image.transitions.count &&
	       gl_label_read(task, &label) == GL_WHO_CONFINED &&
	       !gl_label_pending(task, &label) && !gl_label_leaves(task, &label);
}

/* A label that waits for its container is a label: [attach] has no say. */
static __noinline int gl_exec_spoken_for(void)
{
	struct gl_label label = {};

	return gl_label_read(bpf_get_current_task_btf(), &label) == GL_WHO_CONFINED &&
	       label.flags & GL_LABEL_CONTAINER;
}

/* An exec whose subject can't be told may be tried again, which EAGAIN says. */
GL_INLINE int gl_exec_untold(int who) { return who == GL_WHO_UNKNOWN ? -GL_EAGAIN : 0; }

/*
 * Asked at each level: script, interpreter, program. In a domain the file needs
 * `execute`, and what the kernel runs on behalf of a script `interpret`, so that a
 * profile can grant scripts without granting their interpreter any other program. At the
 * exec that enters one, it needs `execute` in the domain that is entered, so that a
 * profile says what it confines; the label stays pending until the kernel counts the
 * exec. A transition leaves one domain and enters another: transition.h. Who
 * has no label may get one by [attach]: attach.h.
 */
SEC("lsm/bprm_check_security")
int BPF_PROG(glacis_bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct gl_subject s = {};
	int who, moved, first;

	if (ret)
		return ret;
	first = bprm->interp == bprm->filename;
	who = gl_exec_subject(&s, first);
	if (who == GL_WHO_UNCONFINED && gl_attaches() && !gl_exec_spoken_for()) {
		moved = gl_exec_attach(&s, bprm, first);
		if (moved <= GL_EXEC_STAYS)
			return gl_ret(moved);
		who = GL_WHO_CONFINED;
	}
	if (who != GL_WHO_CONFINED)
		return gl_exec_untold(who);
	if (first && gl_exec_may_move(&s)) {
		moved = gl_exec_move(&s, bprm);
		if (moved <= GL_EXEC_STAYS)
			return gl_ret(moved);
	}
	return gl_file_ask(&s, bprm->file, GL_HOOK_BPRM_CHECK,
			   first ? GL_FILE_EXECUTE : GL_FILE_INTERPRET);
}

GL_INLINE __u64 gl_permitted(const struct cred *cred)
{
	__u64 caps = 0;

	bpf_probe_read_kernel(&caps, sizeof(caps),
			      (__u8 *)cred +
				  bpf_core_field_offset(struct cred, cap_permitted));
	return caps;
}

/* Whether the program's file gives the task another user, group or, if it is not
 * root anyway, capabilities. The kernel's own rules have been applied by now. */
GL_INLINE int gl_exec_raises(const struct cred *fresh)
{
	const struct cred *own = bpf_get_current_task_btf()->cred;

	return fresh->euid.val != own->euid.val || fresh->egid.val != own->egid.val ||
	       (fresh->euid.val && gl_permitted(fresh) & ~gl_permitted(own));
}

/* Whether this exec is one that enters a domain. A label that can't be told may be
 * one that does. */
static __noinline int gl_exec_enters(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label *label = gl_label_find(task);
	struct gl_label copy = {};
	int who;

	/* The label itself: one by [attach] is none yet to whom else reads it. */
	if (label)
		return gl_label_pending(task, label) || gl_label_armed(task, label);
	who = gl_label_missed(task, &copy);
	return who == GL_WHO_UNKNOWN ||
	       (who == GL_WHO_CONFINED &&
		(gl_label_pending(task, &copy) || gl_label_armed(task, &copy)));
}

/* Once an exec, and the last time that it can be refused with nothing done. */
SEC("lsm/bprm_creds_from_file")
int BPF_PROG(glacis_bprm_creds_from_file, struct linux_binprm *bprm, struct file *file)
{
	int who, enters = gl_exec_enters(), raises = gl_exec_raises(bprm->cred);
	struct gl_subject s = {};

	if (!enters && !raises)
		return 0;
	who = gl_exec_subject(&s, 0);
	if (who != GL_WHO_CONFINED)
		return gl_exec_untold(who);
	if (enters && gl_table_check(&s, GL_HOOK_BPRM_CREDS_FROM_FILE))
		return -GL_EACCES; /* the verifier knows no bounds of a global function */
	return raises
		   ? gl_file_ask(&s, file, GL_HOOK_BPRM_CREDS_FROM_FILE, GL_FILE_SET_ID)
		   : 0;
}

/* Whether the exec that is going on has just put a domain in force. */
static __noinline int gl_exec_entered(struct gl_subject *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label label = {};

	return gl_label_read(task, &label) == GL_WHO_CONFINED &&
	       label.flags & (GL_LABEL_PENDING | GL_LABEL_TRANSITION) &&
	       label.exec_id == task->self_exec_id &&
	       gl_label_subject(task, &label, s) == GL_WHO_CONFINED;
}

/* Past the point of no return. What reads labels from outside sees that this one is
 * in force. If the look-up is lost, they are told too little; nothing else is. */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(glacis_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_subject s = {};
	struct gl_label *label;

	if (gl_exec_entered(&s))
		gl_table_check(&s, GL_HOOK_BPRM_COMMITTED);
	label = gl_label_find(task);
	if (label && !gl_label_pending(task, label))
		gl_label_settle(task, label);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a label comes to a task: from its parent, at the exec that enters a
 * domain, or by adoption. Never by name or number.
 */
#pragma once

#include "../kern/known.h"

/* Puts a label on a task. A new one is born with its value: the task may be
 * running. What task storage can't take goes to a small table that is consulted
 * only while something is in it. */
GL_INLINE int gl_label_put(struct task_struct *task, struct gl_label *from)
{
	struct gl_label *label =
	    bpf_task_storage_get(&labels, task, from, BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct gl_shared *shared_ = gl_shared_get();
	__u64 key = (__u64)task;

	if (label) {
		*label = *from;
		return 0;
	}
	if (!shared_ || bpf_map_update_elem(&spilled_labels, &key, from, BPF_ANY))
		return -1;
	__sync_fetch_and_add(&shared_->spilled, 1);
	gl_count(GL_COUNTER_LABEL_SPILLED);
	return 0;
}

SEC("lsm/task_alloc")
int BPF_PROG(glacis_task_alloc, struct task_struct *task, unsigned long clone_flags,
	     int ret)
{
	struct gl_label own = {};
	int who;

	if (ret)
		return ret;
	who = gl_label_read(bpf_get_current_task_btf(), &own);
	if (who == GL_WHO_UNCONFINED ||
	    (who == GL_WHO_CONFINED && !gl_label_put(task, &own)))
		return 0;
	gl_count(GL_COUNTER_FORK_REFUSED);
	return gl_ret(-GL_EAGAIN);
}

SEC("lsm/task_free")
int BPF_PROG(glacis_task_free, struct task_struct *task)
{
	struct gl_shared *s = gl_shared_get();
	__u64 key = (__u64)task;

	if (s && s->spilled && !bpf_map_delete_elem(&spilled_labels, &key))
		__sync_fetch_and_add(&s->spilled, -1);
	return 0;
}

/* The number of the root directory that the task has now, 0 if none could be
 * given. Numbers are not given back: a root is seldom new. */
GL_INLINE __u32 gl_root_number(struct task_struct *task)
{
	struct gl_shared *shared_ = gl_shared_get();
	struct gl_root root = {};
	struct mount *mount;
	__u32 *known, number;

	root.mnt = (__u64)BPF_CORE_READ(task, fs, root.mnt);
	root.dentry = (__u64)BPF_CORE_READ(task, fs, root.dentry);
	if (!shared_ || !root.mnt)
		return 0;
	mount = (void *)(root.mnt - bpf_core_field_offset(struct mount, mnt));
	bpf_core_read(&root.mnt_id, sizeof(root.mnt_id), &mount->mnt_id);
	known = bpf_map_lookup_elem(&root_numbers, &root);
	if (known)
		return *known;
	number = __sync_fetch_and_add(&shared_->roots, 1) + 1;
	if (number >= GL_ROOTS_MAX ||
	    bpf_map_update_elem(&roots, &number, &root, BPF_ANY) ||
	    bpf_map_update_elem(&root_numbers, &root, &number, BPF_ANY)) {
		gl_count(GL_COUNTER_ROOTS_FULL);
		return 0;
	}
	return number;
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
	return gl_label_pending(task, &copy) ? GL_WHO_UNKNOWN
					     : gl_label_subject(task, &copy, s);
}

/* Whose exec this is. Apart, for the sake of the stack. */
static __noinline int gl_exec_subject(struct gl_subject *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label *label = gl_label_find(task);
	int who;

	if (!label) {
		who = gl_exec_unwritable(task, s);
		if (who != GL_WHO_UNCONFINED || task->pid == task->tgid)
			return who;
		who = gl_exec_inherit(task);
		if (who != GL_WHO_CONFINED)
			return who;
		label = gl_label_find(task);
		if (!label)
			return GL_WHO_UNKNOWN;
	}
	if (gl_label_pending(task, label))
		return gl_exec_enter(task, label, s);
	return gl_label_subject(task, label, s);
}

/* An exec whose subject can't be told may be tried again, which EAGAIN says. */
GL_INLINE int gl_exec_untold(int who) { return who == GL_WHO_UNKNOWN ? -GL_EAGAIN : 0; }

/*
 * Asked at each level: script, interpreter, program. In a domain the file needs
 * `execute`. At the exec that enters one, it needs `execute` in the domain that
 * is entered, so that a profile says what it confines; the label stays pending
 * until the kernel counts the exec.
 */
SEC("lsm/bprm_check_security")
int BPF_PROG(glacis_bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct gl_subject s = {};
	int who;

	if (ret)
		return ret;
	who = gl_exec_subject(&s);
	if (who != GL_WHO_CONFINED)
		return gl_exec_untold(who);
	return gl_file_ask(&s, bprm->file, GL_HOOK_BPRM_CHECK, GL_FILE_EXECUTE);
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

SEC("lsm/bprm_creds_from_file")
int BPF_PROG(glacis_bprm_creds_from_file, struct linux_binprm *bprm, struct file *file)
{
	struct gl_subject s = {};
	int who;

	if (!gl_exec_raises(bprm->cred))
		return 0;
	who = gl_exec_subject(&s);
	if (who != GL_WHO_CONFINED)
		return gl_exec_untold(who);
	return gl_file_ask(&s, file, GL_HOOK_BPRM_CREDS_FROM_FILE, GL_FILE_SET_ID);
}

/* Past the point of no return: what reads labels from outside sees that this one is
 * in force. If the look-up is lost, they are told too little; nothing else is. */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(glacis_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label *label = gl_label_find(task);

	if (label && !gl_label_pending(task, label))
		label->flags &= ~GL_LABEL_PENDING;
	return 0;
}

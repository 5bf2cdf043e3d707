/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a task does to another one. Threads of one process are one subject and are
 * not asked about each other.
 */
#pragma once

#include "../kern/conclude.h"

#define GL_PTRACE_MODE_ATTACH 2u

/* gl_task_decide(), with what one rule says apart from the loop: so the verifier looks
 * at it once, and not at each turn in each of eight programs. */
#define GL_X_TASK_ASK(n, bits)                                                           \
	__noinline __u32 gl_peer_says_##n(const struct gl_blob_##n *blob,                \
					  const struct gl_request *r, __u32 number)      \
	{                                                                                \
		if (!blob || !r)                                                         \
			return 0;                                                        \
		return gl_peer_says(blob->image, (1u << (bits)) - 1, number,             \
				    &r->peer.q);                                         \
	}                                                                                \
	__noinline int gl_task_ask_##n(const struct gl_blob_##n *blob,                   \
				       struct gl_request *r)                             \
	{                                                                                \
		__u32 said = 0;                                                          \
                                                                                         \
		if (!blob || !r)                                                         \
			return 0;                                                        \
		GL_LOOP(i, GL_PEERS_MAX)                                                 \
		{                                                                        \
			if (i >= gl_header(blob->image)->peers.count ||                  \
			    said & GL_PEER_DENIES)                                       \
				break;                                                   \
			said = gl_peer_wins(said, gl_peer_says_##n(blob, r, i));         \
		}                                                                        \
		r->verdict = gl_peer_verdict(said, &r->peer.q);                          \
		return 0;                                                                \
	}
GL_IMAGE_SIZES(GL_X_TASK_ASK)
#define GL_TASK_CALL(n) gl_task_ask_##n(blob, r)

/* Decides and concludes what the request's peer says. */
GL_INLINE int gl_peer_conclude(struct gl_subject *s, struct gl_request *r)
{
	int missing;

	r->class_ = GL_CLASS_TASK;
	r->access = r->peer.q.access;
	missing = GL_WITH_IMAGE(s, GL_TASK_CALL);
	if (missing)
		r->verdict = gl_failure(gl_head(s), r->access);
	/* Every look of ps into /proc asks so. */
	if (r->access == GL_TASK_INSPECT) {
		if (r->verdict.decision == GL_ALLOW)
			return 0;
		gl_domain_count_probe(s);
		return gl_enforces(s) ? -GL_EPERM : 0;
	}
	return gl_conclude(s, r, -GL_EPERM);
}

/* Who confines the other task. One whose label can't be told is a stranger, whom
 * only a rule for all tasks names. */
static __noinline void gl_peer_describe(const struct gl_subject *s,
					struct task_struct *task, struct gl_request *r)
{
	struct gl_label label = {};
	struct gl_subject peer = {};
	struct gl_domain *domain;
	__u32 slot;
	int who = gl_label_read(task, &label);

	r->peer.tgid = task->tgid;
	r->peer.task = (__u64)task;
	if (who == GL_WHO_CONFINED)
		who = gl_label_subject(task, &label, &peer);
	if (who == GL_WHO_UNCONFINED)
		r->peer.q.peer = GL_PEER_UNCONFINED;
	if (who != GL_WHO_CONFINED)
		return;
	r->peer.domain = GL_DOMAIN_WORD_ID(peer.word);
	r->peer.q.self = r->peer.domain == GL_DOMAIN_WORD_ID(s->word);
	slot = gl_slot(&peer);
	domain = bpf_map_lookup_elem(&domains, &slot);
	if (domain)
		r->peer.q.peer = domain->peer;
}

static __noinline int gl_peer_check(struct task_struct *task, __u32 hook, __u32 access,
				    __u32 signal)
{
	struct gl_subject s = {};
	int who;

	if (task->tgid == bpf_get_current_task_btf()->tgid)
		return 0;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EPERM : 0;

	struct gl_request r = {.hook = hook};
	r.peer.q.access = access;
	r.peer.q.signal = signal;
	gl_peer_describe(&s, task, &r);
	return gl_peer_conclude(&s, &r);
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(glacis_ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	__u32 access = mode & GL_PTRACE_MODE_ATTACH ? GL_TASK_TRACE : GL_TASK_INSPECT;

	return gl_peer_check(child, GL_HOOK_PTRACE_ACCESS_CHECK, access, 0);
}

/* The child asks to be traced by its parent: it is the parent who must be allowed
 * to, whatever it made its child do. */
SEC("lsm/ptrace_traceme")
int BPF_PROG(glacis_ptrace_traceme, struct task_struct *parent)
{
	struct gl_label label = {};
	struct gl_subject s = {};
	int who = gl_label_read(parent, &label);

	if (who == GL_WHO_CONFINED)
		who = gl_label_subject(parent, &label, &s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EPERM : 0;

	struct gl_request r = {.hook = GL_HOOK_PTRACE_TRACEME};
	r.peer.q.access = GL_TASK_TRACE;
	gl_peer_describe(&s, bpf_get_current_task_btf(), &r);
	return gl_peer_conclude(&s, &r);
}

/* Signal 0 asks whether a process is there, which /proc shows too. With `cred` it
 * is a driver that signals, for a task that asked it to long ago. */
SEC("lsm/task_kill")
int glacis_task_kill(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	int signal = (int)ctx[2];

	if (!signal || gl_hook_passes(ctx, 3))
		return 0;
	return gl_peer_check(task, GL_HOOK_TASK_KILL, GL_TASK_SIGNAL, signal);
}

#define GL_X_SCHEDULE_HOOK(name, hook)                                                   \
	SEC("lsm/" #name)                                                                \
	int BPF_PROG(glacis_##name, struct task_struct *task)                            \
	{                                                                                \
		return gl_peer_check(task, hook, GL_TASK_SCHEDULE, 0);                   \
	}

GL_X_SCHEDULE_HOOK(task_setnice, GL_HOOK_TASK_SETNICE)
GL_X_SCHEDULE_HOOK(task_setscheduler, GL_HOOK_TASK_SETSCHEDULER)
GL_X_SCHEDULE_HOOK(task_setioprio, GL_HOOK_TASK_SETIOPRIO)
GL_X_SCHEDULE_HOOK(task_setrlimit, GL_HOOK_TASK_SETRLIMIT)

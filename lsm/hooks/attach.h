/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An exec that enters a domain by itself, since a profile's [attach] speaks of the
 * program, the unit or the user: of tasks without a label alone. Who asks for it
 * is looked up, and the domain's image decides (decide/attach.h). The label is
 * pending for this exec and no other.
 */
#pragma once

#include "../decide/attach.h"
#include "../kern/attach.h"
#include "../kern/label.h"
#include "transition.h"

/* Whether a pending label is none: at an exec's first level that is what an exec
 * before it left, and is forgotten. */
GL_INLINE int gl_attach_forget(struct gl_label *label, int first)
{
	if (!(label->flags & GL_LABEL_ATTACHED))
		return 0;
	if (first)
		label->exec_id = GL_EXEC_NEVER;
	return label->exec_id == GL_EXEC_NEVER;
}

/* What is looked for, and the units that were found. */
struct gl_attach_hunt {
	struct gl_attach_units units;
	__u32 kinds; /* GL_ATTACHES_* */
	__u32 zero;
};

/* Whom to ask in this turn, 0 for nobody. */
static __noinline __u32 gl_attach_candidate(const struct gl_request *r,
					    struct gl_attach_hunt *h, __u32 turn)
{
	__u32 domain;

	switch (gl_attach_by(turn)) {
	case GL_ATTACH_BY_UNIT:
		return h->units.unit;
	case GL_ATTACH_BY_SLICE:
		return h->units.slice;
	case GL_ATTACH_BY_USER:
		return h->kinds & GL_ATTACHES(GL_ATTACH_USER) ? gl_attach_user() : 0;
	}
	if (!(h->kinds & GL_ATTACHES(GL_ATTACH_EXEC)))
		return 0;
	domain = gl_attach_program(r, turn - GL_ATTACH_TURN_EXEC);
	if (turn == GL_ATTACH_TURN_EXEC && domain && !gl_in_host_root())
		domain = 0;
	if (!domain)
		h->kinds &= ~GL_ATTACHES(GL_ATTACH_EXEC);
	return domain;
}

/* Apart, for the sake of the stack. */
static __noinline __u32 gl_attach_root(void)
{
	return gl_root_number(bpf_get_current_task_btf());
}

/* Whether a domain takes the exec: enum gl_attach_answer. */
GL_INLINE int gl_attach_ask(struct gl_subject *s, struct gl_request *r, __u32 domain,
			    __u32 by)
{
	int who = gl_domain_find(domain, s);

	if (who == GL_WHO_UNCONFINED)
		return GL_ATTACH_NEXT; /* it was unloaded at this moment */
	s->root = gl_attach_root();
	if (who == GL_WHO_UNKNOWN || !s->root || gl_path_ask(s, r))
		return GL_ATTACH_UNKNOWN;
	return gl_attach_decide(&r->path.accept, r->ending, by);
}

/* Whom the file that the task named, or (with `first` 0) an interpreter of it,
 * makes of the task. */
GL_INLINE int gl_attach_search(struct gl_subject *s, struct gl_request *r, int first)
{
	struct gl_attach_hunt h = {.kinds = gl_attaches()};
	int answer = GL_ATTACH_NEXT;
	__u32 domain;

	if (!first)
		h.kinds &= GL_ATTACHES(GL_ATTACH_EXEC);
	if (h.kinds & GL_ATTACHES(GL_ATTACH_UNIT))
		gl_attach_units_find(&h.units);
	GL_LOOP(turn, GL_ATTACH_TURNS)
	{
		domain = gl_attach_candidate(r, &h, turn);
		if (!domain || domain == GL_ATTACH_HOLE)
			continue;
		answer = gl_attach_ask(s, r, domain, gl_attach_by(turn));
		if (answer != GL_ATTACH_NEXT)
			break;
	}
	return answer;
}

/* The label of the domain that was found, for this exec. */
static __noinline int gl_attach_enter(const struct gl_subject *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label fresh = {.version = GL_LABEL_VERSION,
				 .flags = GL_LABEL_PENDING | GL_LABEL_ATTACHED,
				 .root = s->root};

	fresh.domains[0] = GL_DOMAIN_WORD_ID(s->word);
	fresh.exec_id = task->self_exec_id + 1;
	return gl_label_put(task, &fresh);
}

/* GL_EXEC_MOVED: the subject is now the domain that is entered, which must grant
 * the file; or what the hook returns. */
static __noinline int gl_exec_attach(struct gl_subject *s, struct linux_binprm *bprm,
				     int first)
{
	struct gl_request r = {.hook = GL_HOOK_BPRM_CHECK, .access = GL_FILE_EXECUTE};
	int answer = GL_ATTACH_UNKNOWN;

	if (!gl_object_of_file((__u64)bprm->file, &r))
		answer = gl_attach_search(s, &r, first);
	if (answer == GL_ATTACH_NEXT || answer == GL_ATTACH_OUTSIDE)
		return GL_EXEC_STAYS;
	if (answer == GL_ATTACH_UNKNOWN || gl_attach_enter(s)) {
		gl_count(GL_COUNTER_ATTACH_FAILED);
		return -GL_EAGAIN;
	}
	gl_count(GL_COUNTER_ATTACHED);
	return answer == GL_ATTACH_GRANTED ? GL_EXEC_STAYS : GL_EXEC_MOVED;
}

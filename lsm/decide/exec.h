/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* May the subject execute this file, and in which domain does it go on? */
#pragma once

#include "file.h"

struct gl_move {
	struct gl_verdict verdict;
	__u64 target; /* number of a profile's name; 0: the domain stays as it is */
	__u32 flags;  /* GL_TRANSITION_* */
	__u32 zero;
};

/* The transition that a rule stands for. One that is not found can only come from
 * a damaged image. */
GL_INLINE int gl_transition_find(const __u8 *base, __u32 mask, __u32 rule,
				 struct gl_move *move)
{
	__u32 at = gl_header(base)->transitions.offset;
	__u32 count = gl_header(base)->transitions.count;

	GL_LOOP(i, GL_TRANSITIONS_MAX)
	{
		if (i >= count)
			break;
		if (gl_load16(base, mask, at + 8) == rule) {
			move->target = gl_load64(base, mask, at);
			move->flags = gl_load16(base, mask, at + 10);
			return 0;
		}
		at += sizeof(struct gl_transition);
	}
	return -1;
}

/*
 * At the level of an exec that was named by the task itself. A transition goes
 * before a plain grant. `unsafe` is not 0 if somebody else has a hand in the task:
 * a tracer, who shares its root and working directory, or no_new_privs, under
 * which the task may have been set up by anyone.
 */
GL_INLINE struct gl_move gl_exec_decide(const __u8 *base, __u32 mask,
					const struct gl_accept *accept, __u32 owner,
					__u32 unsafe)
{
	struct gl_move out = {};
	__u32 rule;

	if (accept->deny & GL_FILE_EXECUTE ||
	    !(gl_file_granted(accept, owner) & GL_FILE_TRANSITION)) {
		out.verdict = gl_file_decide(base, mask, accept, GL_FILE_EXECUTE, owner);
		return out;
	}
	rule = gl_file_rule(base, mask, accept, GL_FILE_TRANSITION);
	if (gl_transition_find(base, mask, rule, &out))
		out.verdict = gl_verdict_of(GL_DENY, GL_REASON_ERROR, 0, GL_FILE_EXECUTE);
	else if (out.target && unsafe && !(out.flags & GL_TRANSITION_UNSAFE))
		out.verdict =
		    gl_verdict_of(GL_DENY, GL_REASON_UNSAFE_EXEC, rule, GL_FILE_EXECUTE);
	else
		out.verdict = gl_verdict_of(GL_ALLOW, GL_REASON_RULE, rule, 0);
	if (out.verdict.decision != GL_ALLOW)
		out.target = 0;
	return out;
}

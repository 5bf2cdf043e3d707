/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which domain an exec enters by [attach], if any: for tasks without a label.
 *
 * The candidates are asked in the order of enum gl_attach_by, the most specific
 * first; the first one that does not answer `next` decides. An interpreter is
 * asked about by its path alone, and only while nothing has decided.
 */
#pragma once

#include "../abi/attach.h"
#include "load.h"

enum gl_attach_by {
	GL_ATTACH_BY_UNIT = 1,	/* the unit of the task: a service, scope or socket */
	GL_ATTACH_BY_EXEC = 2,	/* the program, in the host's root */
	GL_ATTACH_BY_SLICE = 3, /* the nearest slice around the unit */
	GL_ATTACH_BY_USER = 4,	/* the real user */
};

/* Each candidate has its turn: 0, one for each program of the name, then two. */
#define GL_ATTACH_TURN_EXEC 1u
#define GL_ATTACH_TURNS (GL_ATTACH_TURN_EXEC + GL_ATTACH_SAME_MAX + 2)

GL_INLINE __u32 gl_attach_by(__u32 turn)
{
	if (turn < GL_ATTACH_TURN_EXEC)
		return GL_ATTACH_BY_UNIT;
	if (turn < GL_ATTACH_TURN_EXEC + GL_ATTACH_SAME_MAX)
		return GL_ATTACH_BY_EXEC;
	return turn < GL_ATTACH_TURNS - 1 ? GL_ATTACH_BY_SLICE : GL_ATTACH_BY_USER;
}

enum gl_attach_answer {
	GL_ATTACH_NEXT = 0,    /* this candidate does not ask for the exec */
	GL_ATTACH_OUTSIDE = 1, /* it leaves it out, by a rule: nobody else is asked */
	GL_ATTACH_ENTERS = 2,  /* if the domain grants to execute the file */
	GL_ATTACH_GRANTED =
	    3, /* and [attach] itself grants the file, whatever is in it */
	GL_ATTACH_UNKNOWN = 4, /* can't be told: the exec is refused */
};

/* What a candidate's image says of the file. Only a path can be asked for or left
 * out; a file without one (a memfd, a file that was removed) is not the program
 * that a profile names, yet a unit's whatever it starts. */
GL_INLINE __u32 gl_attach_decide(const struct gl_accept *accept, __u32 ending, __u32 by)
{
	if (ending == GL_ENDING_UNSTABLE || ending == GL_ENDING_UNREADABLE)
		return GL_ATTACH_UNKNOWN;
	if (ending != GL_ENDING_ROOTED)
		return by == GL_ATTACH_BY_EXEC ? GL_ATTACH_NEXT : GL_ATTACH_ENTERS;
	if (by != GL_ATTACH_BY_EXEC && accept->allow & GL_FILE_OUTSIDE)
		return GL_ATTACH_OUTSIDE;
	if (accept->allow & GL_FILE_ATTACH)
		return accept->allow & GL_FILE_DIGEST ? GL_ATTACH_ENTERS
						      : GL_ATTACH_GRANTED;
	return by == GL_ATTACH_BY_EXEC ? GL_ATTACH_NEXT : GL_ATTACH_ENTERS;
}

/* The domains that units ask for, of a task. 0: none. */
struct gl_attach_units {
	__u32 unit;
	__u32 slice;
};

/*
 * One cgroup on the way from the root of the hierarchy to the task; `domain` asks
 * for its name. Returns whether the next one is of interest: what is not a slice
 * is the unit, and what lies below belongs to whoever it was given to, who may
 * name cgroups as he likes.
 */
GL_INLINE int gl_attach_level(struct gl_attach_units *units, int is_slice, __u32 domain)
{
	if (!is_slice) {
		units->unit = domain;
		return 0;
	}
	if (domain)
		units->slice = domain;
	return 1;
}

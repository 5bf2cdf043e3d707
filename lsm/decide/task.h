/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a task may do to another one: by who confines that one. */
#pragma once

#include "load.h"

/* One access to one task. */
struct gl_peer_request {
	__u64 peer;   /* gl_domain.peer of the other task, GL_PEER_UNCONFINED if none */
	__u32 self;   /* 1: it is in the same domain */
	__u32 access; /* one bit of GL_TASK_* */
	__u32 signal; /* 1 .. 64 with GL_TASK_SIGNAL */
	__u32 zero;
};

/* Whether the rule at this offset speaks of the request. */
GL_INLINE int gl_peer_matches(const __u8 *base, __u32 mask, __u32 at,
			      const struct gl_peer_request *q)
{
	__u64 name = gl_load64(base, mask, at);

	if (!(gl_load32(base, mask, at + 16) & q->access))
		return 0;
	if (q->access == GL_TASK_SIGNAL &&
	    !(gl_load64(base, mask, at + 8) >> ((q->signal - 1) & 63) & 1))
		return 0;
	return name == GL_PEER_ANY || name == q->peer ||
	       (name == GL_PEER_SELF && q->self);
}

/* A rule that denies wins; else the first one that grants is named. */
GL_INLINE struct gl_verdict gl_task_decide(const __u8 *base, __u32 mask,
					   const struct gl_peer_request *q)
{
	__u32 at = gl_header(base)->peers.offset;
	__u32 count = gl_header(base)->peers.count;
	__u32 granted = 0;

	if (q->access == GL_TASK_SIGNAL && (!q->signal || q->signal > 64))
		return gl_verdict_of(GL_DENY, GL_REASON_UNGRANTABLE, 0, q->access);
	GL_LOOP(i, GL_PEERS_MAX)
	{
		__u32 rule;

		if (i >= count)
			break;
		if (gl_peer_matches(base, mask, at, q)) {
			rule = gl_load16(base, mask, at + 20);
			if (gl_load16(base, mask, at + 22))
				return gl_verdict_of(GL_DENY, GL_REASON_RULE, rule,
						     q->access);
			granted = granted ? granted : rule;
		}
		at += sizeof(struct gl_peer);
	}
	if (granted)
		return gl_verdict_of(GL_ALLOW, GL_REASON_RULE, granted, 0);
	return gl_verdict_of(GL_DENY, GL_REASON_DEFAULT, 0, q->access);
}

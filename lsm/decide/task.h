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

#define GL_PEER_DENIES (1u << 16)

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

/* What the rule of this number says: 0 nothing, else its id, perhaps with
 * GL_PEER_DENIES. Behind the last one nothing is said. */
GL_INLINE __u32 gl_peer_says(const __u8 *base, __u32 mask, __u32 number,
			     const struct gl_peer_request *q)
{
	__u32 at = gl_header(base)->peers.offset + number * (__u32)sizeof(struct gl_peer);

	if (number >= gl_header(base)->peers.count || !gl_peer_matches(base, mask, at, q))
		return 0;
	return gl_load16(base, mask, at + 20) |
	       (gl_load16(base, mask, at + 22) ? GL_PEER_DENIES : 0);
}

/* A rule that denies wins; else the first one that grants is named. */
GL_INLINE __u32 gl_peer_wins(__u32 before, __u32 says)
{
	return says & GL_PEER_DENIES || !before ? says : before;
}

GL_INLINE struct gl_verdict gl_peer_verdict(__u32 said, const struct gl_peer_request *q)
{
	if (q->access == GL_TASK_SIGNAL && (!q->signal || q->signal > 64))
		return gl_verdict_of(GL_DENY, GL_REASON_UNGRANTABLE, 0, q->access);
	if (!said)
		return gl_verdict_of(GL_DENY, GL_REASON_DEFAULT, 0, q->access);
	if (said & GL_PEER_DENIES)
		return gl_verdict_of(GL_DENY, GL_REASON_RULE, said & 0xffff, q->access);
	return gl_verdict_of(GL_ALLOW, GL_REASON_RULE, said, 0);
}

/* A Unix socket is reached by its name, or by who listens there; a rule that refuses
 * wins, whichever of the two it is about. So a peer that is granted opens what no name
 * grants, and not what a name refuses or what could not be decided. */
GL_INLINE int gl_peer_refuses(const struct gl_verdict *by_peer)
{
	return by_peer->decision == GL_DENY && by_peer->reason == GL_REASON_RULE;
}

GL_INLINE int gl_peer_opens(const struct gl_verdict *by_name)
{
	return by_name->decision == GL_DENY && (by_name->reason == GL_REASON_DEFAULT ||
						by_name->reason == GL_REASON_OWNER ||
						by_name->reason == GL_REASON_ENDING);
}

GL_INLINE struct gl_verdict gl_task_decide(const __u8 *base, __u32 mask,
					   const struct gl_peer_request *q)
{
	__u32 said = 0;

	GL_LOOP(i, GL_PEERS_MAX)
	{
		if (i >= gl_header(base)->peers.count || said & GL_PEER_DENIES)
			break;
		said = gl_peer_wins(said, gl_peer_says(base, mask, i, q));
	}
	return gl_peer_verdict(said, q);
}

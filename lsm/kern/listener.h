/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who listens on a Unix socket. Kept with the socket when a confined task has it listen,
 * or binds it where it takes datagrams; a socket of which nothing is kept is nobody's
 * that is confined. One that its maker hands to somebody else stays its maker's, until a
 * confined task has it listen again.
 *
 * Two that have one socket listen at once may leave the domain of one and the name of the
 * other: both did listen there.
 */
#pragma once

#include "conclude.h"

/* 0, or what the hook returns: where it can't be kept the socket would be taken for that
 * of a task that nothing confines. */
GL_INLINE int gl_listener_keep(const struct gl_subject *s, struct socket *sock)
{
	__u32 slot = gl_slot(s);
	struct gl_domain *domain = bpf_map_lookup_elem(&domains, &slot);
	struct gl_listener *kept = NULL;
	struct sock *sk = sock->sk;

	if (sk && domain)
		kept = bpf_sk_storage_get(&listeners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!kept) {
		gl_count(GL_COUNTER_LISTENER_LOST);
		return gl_enforces(s) ? -GL_EAGAIN : 0;
	}
	kept->domain = GL_DOMAIN_WORD_ID(s->word);
	kept->tgid = bpf_get_current_task_btf()->tgid;
	kept->peer = domain->peer;
	return 0;
}

/* The question of who listens there, as [[process]] rules are asked. */
GL_INLINE void gl_listener_describe(const struct gl_subject *s, struct sock *sk,
				    struct gl_request *r)
{
	struct gl_listener *kept = bpf_sk_storage_get(&listeners, sk, 0, 0);

	r->peer.q.access = GL_TASK_CONNECT;
	r->peer.q.peer = GL_PEER_UNCONFINED;
	if (!kept)
		return;
	r->peer.q.peer = kept->peer;
	r->peer.domain = kept->domain;
	r->peer.tgid = kept->tgid;
	r->peer.q.self = kept->domain == GL_DOMAIN_WORD_ID(s->word);
}

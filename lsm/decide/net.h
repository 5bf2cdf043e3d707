/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * May the subject bind, connect or send to this address and port? Two binary
 * searches: the address interval, then its port interval. They are written
 * without branches on the data: forked at each halving, the verifier would
 * have to follow every outcome.
 */
#pragma once

#include "socket.h"

struct gl_endpoint {
	__u32 op;	  /* enum gl_net_op: bind, connect or send */
	__u32 kind;	  /* enum gl_socket */
	__u32 v6;	  /* 1: address has four words, else the first one counts */
	__u32 port;	  /* host order */
	__u32 address[4]; /* host order, most significant first */
};

/* ::ffff:a.b.c.d is a.b.c.d: the kernel sends IPv4 packets for it. */
GL_INLINE void gl_endpoint_normalise(struct gl_endpoint *e)
{
	if (e->v6 && !e->address[0] && !e->address[1] && e->address[2] == 0xffffu) {
		e->v6 = 0;
		e->address[0] = e->address[3];
	}
}

/* 1 if a >= b, of two 32-bit values, without a branch. */
GL_INLINE __u64 gl_not_below(__u64 a, __u64 b)
{
	__u64 difference = a - b;

	GL_KEEP(difference);
	return (difference >> 63) ^ 1;
}

/* The last of `count` entries of `size` bytes whose start (a 32-bit word, or
 * 16 bits for ports) is not above `key`: binary search by halving. */
GL_INLINE __u32 gl_search4(const __u8 *base, __u32 mask, __u32 offset, __u32 count,
			   __u32 key)
{
	__u32 at = 0;

	GL_LOOP(i, 20)
	{
		__u32 half = count >> 1;
		__u32 start;

		if (count <= 1)
			break;
		start = gl_load32(base, mask,
				  offset + (at + half) * (__u32)sizeof(struct gl_net4));
		at += half * (__u32)gl_not_below(key, start);
		count -= half;
	}
	return at;
}

GL_INLINE __u64 gl_not_below6(const __u8 *base, __u32 mask, __u32 entry, const __u32 *key)
{
	__u64 borrow = 0;

	for (int i = 3; i >= 0; i--) {
		__u64 d =
		    (__u64)key[i] - gl_load32(base, mask, entry + (__u32)i * 4) - borrow;

		GL_KEEP(d);
		borrow = d >> 63;
	}
	return borrow ^ 1;
}

GL_INLINE __u32 gl_search6(const __u8 *base, __u32 mask, __u32 offset, __u32 count,
			   const __u32 *key)
{
	__u32 at = 0;

	GL_LOOP(i, 20)
	{
		__u32 half = count >> 1;
		__u32 entry;

		if (count <= 1)
			break;
		entry = offset + (at + half) * (__u32)sizeof(struct gl_net6);
		at += half * (__u32)gl_not_below6(base, mask, entry, key);
		count -= half;
	}
	return at;
}

GL_INLINE struct gl_verdict gl_port_decide(const __u8 *base, __u32 mask, __u32 first,
					   __u32 count, __u32 port)
{
	__u32 offset =
	    gl_header(base)->ports.offset + first * (__u32)sizeof(struct gl_ports);
	__u32 at = 0;
	__u32 rule;

	if (!count)
		return gl_verdict_of(GL_DENY, GL_REASON_DEFAULT, 0, 0);
	GL_LOOP(i, 17)
	{
		__u32 half = count >> 1;
		__u32 start;

		if (count <= 1)
			break;
		start = gl_load16(base, mask,
				  offset + (at + half) * (__u32)sizeof(struct gl_ports));
		at += half * (__u32)gl_not_below(port, start);
		count -= half;
	}
	offset += at * (__u32)sizeof(struct gl_ports);
	rule = gl_load16(base, mask, offset + 2);
	if (gl_load32(base, mask, offset + 4))
		return gl_verdict_of(GL_ALLOW, GL_REASON_RULE, rule, 0);
	return gl_verdict_of(GL_DENY, rule ? GL_REASON_RULE : GL_REASON_DEFAULT, rule, 0);
}

GL_INLINE struct gl_verdict gl_net_decide(const __u8 *base, __u32 mask,
					  const struct gl_endpoint *e)
{
	const struct gl_image *image = gl_header(base);
	__u32 group = gl_socket_group(e->kind) & 3;
	__u32 op = e->op;
	__u32 at, entry, table, entries, first, count;

	if (group == GL_NET_GROUP_NONE || op >= GL_NET_CREATE || op == GL_NET_NONE)
		return gl_verdict_of(GL_DENY, GL_REASON_UNGRANTABLE, 0, 0);
	at = e->v6 ? (__u32) __builtin_offsetof(struct gl_image, net6_tables)
		   : (__u32) __builtin_offsetof(struct gl_image, net4_tables);
	at += (op * GL_NET_GROUP_COUNT + group) * (__u32)sizeof(struct gl_section);
	table = gl_load32(base, mask, at);
	entries = gl_load32(base, mask, at + 4);
	if (!entries)
		return gl_verdict_of(GL_DENY, GL_REASON_DEFAULT, 0, 0);
	if (e->v6) {
		entry = image->net6.offset + table * (__u32)sizeof(struct gl_net6);
		entry += gl_search6(base, mask, entry, entries, e->address) *
			 (__u32)sizeof(struct gl_net6);
		first = gl_load32(base, mask, entry + 16);
		count = gl_load32(base, mask, entry + 20);
	} else {
		entry = image->net4.offset + table * (__u32)sizeof(struct gl_net4);
		entry += gl_search4(base, mask, entry, entries, e->address[0]) *
			 (__u32)sizeof(struct gl_net4);
		first = gl_load32(base, mask, entry + 4);
		count = gl_load32(base, mask, entry + 8);
	}
	return gl_port_decide(base, mask, first, count, e->port);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Grants that are one bit of a mask: capabilities, memory, kernel, sockets. */
#pragma once

#include "load.h"

GL_INLINE struct gl_verdict gl_capability_decide(const __u8 *base, __u32 capability)
{
	const struct gl_image *image = gl_header(base);
	__u32 rule;

	if (capability >= GL_CAP_COUNT)
		return gl_verdict_of(GL_DENY, GL_REASON_UNGRANTABLE, 0, 0);
	capability &= 63;
	rule = image->capability_rules[capability];
	if (image->capabilities >> capability & 1)
		return gl_verdict_of(GL_ALLOW, GL_REASON_RULE, rule, 0);
	if (image->capabilities_denied >> capability & 1)
		return gl_verdict_of(GL_DENY, GL_REASON_RULE, rule, 0);
	return gl_verdict_of(GL_DENY, GL_REASON_DEFAULT, 0, 0);
}

GL_INLINE struct gl_verdict gl_socket_decide(const __u8 *base, __u32 kind)
{
	const struct gl_image *image = gl_header(base);

	if (kind == GL_SOCKET_NONE || kind >= GL_SOCKET_COUNT)
		return gl_verdict_of(GL_DENY, GL_REASON_UNGRANTABLE, 0, 0);
	kind &= 63;
	if (image->sockets >> kind & 1)
		return gl_verdict_of(GL_ALLOW, GL_REASON_RULE, image->socket_rules[kind],
				     0);
	return gl_verdict_of(GL_DENY, GL_REASON_DEFAULT, 0, 0);
}

GL_INLINE __u32 gl_lowest_bit(__u32 bits) { return gl_popcount((bits & -bits) - 1); }

/* A mask of 32 grants and the rule of each. The rule named is that of the
 * lowest bit that decided. */
GL_INLINE struct gl_verdict gl_mask_decide(__u32 granted, const __u16 *rules,
					   __u32 access)
{
	__u32 blocked = access & ~granted;

	if (blocked)
		return gl_verdict_of(GL_DENY, GL_REASON_DEFAULT, 0, blocked);
	if (!access)
		return gl_verdict_of(GL_DENY, GL_REASON_ERROR, 0, 0);
	return gl_verdict_of(GL_ALLOW, GL_REASON_RULE, rules[gl_lowest_bit(access) & 31],
			     0);
}

GL_INLINE struct gl_verdict gl_memory_decide(const __u8 *base, __u32 access)
{
	return gl_mask_decide(gl_header(base)->memory, gl_header(base)->memory_rules,
			      access);
}

GL_INLINE struct gl_verdict gl_kernel_decide(const __u8 *base, __u32 access)
{
	return gl_mask_decide(gl_header(base)->kernel, gl_header(base)->kernel_rules,
			      access);
}

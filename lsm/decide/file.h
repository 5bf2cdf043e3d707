/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* May the subject do this to an object whose path, or ending, is known? */
#pragma once

#include "path.h"

/* Who owns the object, from the subject's point of view; both may hold. */
#define GL_OWNER_SELF 1u /* the owner is the subject's fsuid */
#define GL_OWNER_ROOT 2u /* the owner is uid 0 */

GL_INLINE __u32 gl_file_granted(const struct gl_accept *accept, __u32 owner)
{
	__u32 granted = accept->allow;

	if (owner & GL_OWNER_SELF)
		granted |= accept->allow_self;
	if (owner & GL_OWNER_ROOT)
		granted |= accept->allow_root;
	return granted;
}

/* The rule that speaks of the lowest bit of `bits`, 0 if none does. */
GL_INLINE __u32 gl_file_rule(const __u8 *base, __u32 mask, const struct gl_accept *accept,
			     __u32 bits)
{
	__u32 known =
	    accept->allow | accept->allow_self | accept->allow_root | accept->deny;
	__u32 bit = bits & known;
	__u32 index;

	bit &= -bit;
	if (!bit)
		return 0;
	index = accept->refs + gl_popcount(known & (bit - 1));
	return gl_load16(base, mask, gl_header(base)->rule_refs.offset + index * 2);
}

/*
 * `access` has every bit that the operation needs. The reason and the rule are
 * of the strongest refusal: a deny rule, then nothing at all, then a grant for
 * another owner only.
 */
GL_INLINE struct gl_verdict gl_file_decide(const __u8 *base, __u32 mask,
					   const struct gl_accept *accept, __u32 access,
					   __u32 owner)
{
	__u32 blocked = access & ~gl_file_granted(accept, owner);
	__u32 conditional = accept->allow_self | accept->allow_root;

	if (!blocked)
		return gl_verdict_of(GL_ALLOW, GL_REASON_RULE,
				     gl_file_rule(base, mask, accept, access), 0);
	if (blocked & accept->deny)
		return gl_verdict_of(
		    GL_DENY, GL_REASON_RULE,
		    gl_file_rule(base, mask, accept, blocked & accept->deny), blocked);
	if (blocked & ~conditional)
		return gl_verdict_of(GL_DENY, GL_REASON_DEFAULT, 0, blocked);
	return gl_verdict_of(GL_DENY, GL_REASON_OWNER,
			     gl_file_rule(base, mask, accept, blocked), blocked);
}

/* An object that is not rooted: by its ending's grant, never by a path. */
GL_INLINE struct gl_verdict gl_ending_decide(const __u8 *base, __u32 ending, __u32 access)
{
	const struct gl_ending_grant *grant = &gl_header(base)->endings[ending & 15];
	__u32 blocked = access & ~grant->allow;

	if (ending == GL_ENDING_NONE || ending == GL_ENDING_ROOTED)
		return gl_verdict_of(GL_DENY, GL_REASON_ERROR, 0, access);
	if (blocked)
		return gl_verdict_of(GL_DENY, GL_REASON_ENDING, 0, blocked);
	return gl_verdict_of(GL_ALLOW, GL_REASON_RULE, grant->rule, 0);
}

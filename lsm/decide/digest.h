/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is a file, whose content a profile names, still what it was when it was hashed? */
#pragma once

#include "../abi/digest.h"
#include "file.h"

GL_INLINE int gl_file_state_same(const struct gl_file_state *kept,
				 const struct gl_file_state *now)
{
	if (kept->generation != now->generation)
		return 0;
	if (kept->sealed)
		return now->sealed;
	return kept->size == now->size && kept->ctime_sec == now->ctime_sec &&
	       kept->ctime_nsec == now->ctime_nsec;
}

/* Whether the file's content counts: it is to become code, and a rule names it. */
GL_INLINE int gl_digest_asked(const struct gl_accept *accept, __u32 access)
{
	return access & GL_FILE_CODE && accept->allow & GL_FILE_DIGEST;
}

/* The refusal, by the rule that names the content. */
GL_INLINE struct gl_verdict gl_digest_refused(const __u8 *base, __u32 mask,
					      const struct gl_accept *accept)
{
	return gl_verdict_of(GL_DENY, GL_REASON_DIGEST,
			     gl_file_rule(base, mask, accept, GL_FILE_DIGEST),
			     GL_FILE_DIGEST);
}

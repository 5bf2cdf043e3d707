/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a verdict to what the hook returns, and to the record of it. */
#pragma once

#include "emit.h"

/* Only the two modes that say so let a refusal pass. */
GL_INLINE int gl_enforces(const struct gl_subject *s)
{
	__u32 mode = GL_DOMAIN_WORD_MODE(s->word);

	return mode != GL_MODE_OBSERVE && mode != GL_MODE_AUDIT;
}

GL_INLINE void gl_domain_count(const struct gl_subject *s)
{
	__u32 slot = gl_slot(s);
	struct gl_domain_counts *domain = bpf_map_lookup_elem(&domain_counts, &slot);

	if (!domain)
		return;
	if (gl_enforces(s))
		__sync_fetch_and_add(&domain->denied, 1);
	else
		__sync_fetch_and_add(&domain->would_deny, 1);
}

GL_INLINE void gl_domain_count_probe(const struct gl_subject *s)
{
	__u32 slot = gl_slot(s);
	struct gl_domain_counts *domain = bpf_map_lookup_elem(&domain_counts, &slot);

	if (domain)
		__sync_fetch_and_add(&domain->probes, 1);
}

/* What an internal failure answers (and its record says `error`). */
GL_INLINE struct gl_verdict gl_failure(const struct gl_head *head, __u32 access)
{
	if (head && head->image.flags & GL_IMAGE_ERROR_ALLOW)
		return gl_verdict_of(GL_ALLOW, GL_REASON_ERROR, 0, 0);
	return gl_verdict_of(GL_DENY, GL_REASON_ERROR, 0, access);
}

#define GL_SIGKILL 9

/* Whether the domain was refused more in this window than its profile puts up with. Of
 * two processors that begin a window at once, one loses what it counted: a refusal or
 * two. */
static __noinline int gl_too_many(const struct gl_subject *s, __u32 flags)
{
	__u32 slot = gl_slot(s), most = GL_IMAGE_KILL_AFTER(flags);
	struct gl_rate *rate;
	__u64 now;

	if (!most)
		return 0;
	rate = bpf_map_lookup_elem(&rates, &slot);
	if (!rate)
		return 1;
	now = bpf_ktime_get_boot_ns();
	if (now - rate->begin > GL_RATE_WINDOW) {
		rate->count = 0;
		rate->begin = now;
	}
	__sync_fetch_and_add(&rate->count, 1);
	return rate->count > most;
}

/* What the image asks for beside the refusal; the record says what was done. */
GL_INLINE void gl_kill(const struct gl_subject *s, const struct gl_head *head,
		       struct gl_request *r)
{
	if (!gl_too_many(s, head->image.flags) && !(head->image.flags & GL_IMAGE_KILL))
		return;
	if (bpf_send_signal(GL_SIGKILL))
		gl_count(GL_COUNTER_KILL_FAILED);
	else
		r->verdict.decision = GL_KILL;
}

/* The report's verdict is set; `error` is what a refusal answers. Returns what
 * the hook returns. A domain without an image refuses: nothing could be asked. */
static __noinline int gl_refuse(const struct gl_subject *s, struct gl_request *r,
				int error)
{
	const struct gl_head *head;

	gl_domain_count(s);
	r->mode = GL_DOMAIN_WORD_MODE(s->word);
	r->domain = GL_DOMAIN_WORD_ID(s->word);
	r->error = gl_enforces(s) ? error : 0;
	head = gl_head(s);
	if (!head)
		return gl_ret(error);
	if (gl_enforces(s))
		gl_kill(s, head, r);
	gl_emit(r, &head->loaded, GL_TO_EVENTS);
	return gl_enforces(s) ? gl_ret(error) : 0;
}

/* The decision of a watched domain, for who follows it. */
static __noinline int gl_tell(const struct gl_subject *s, struct gl_request *r)
{
	const struct gl_head *head = gl_head(s);

	r->mode = GL_DOMAIN_WORD_MODE(s->word);
	r->domain = GL_DOMAIN_WORD_ID(s->word);
	r->error = 0;
	if (head)
		gl_emit(r, &head->loaded, GL_TO_WATCHED);
	return 0;
}

GL_INLINE int gl_conclude(const struct gl_subject *s, struct gl_request *r, int error)
{
	if (gl_watched(s))
		gl_tell(s, r);
	return r->verdict.decision == GL_ALLOW ? 0 : gl_refuse(s, r, error);
}

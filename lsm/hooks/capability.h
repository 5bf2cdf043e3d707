/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capabilities. */
#pragma once

#include "../decide/grants.h"
#include "../kern/object.h"

#define GL_CAP_OPT_NOAUDIT 2u

/* A check that the kernel marks as a probe is refused without a finding. */
SEC("lsm/capable")
int BPF_PROG(glacis_capable, const struct cred *cred, void *ns, int cap,
	     unsigned int opts, int ret)
{
	struct gl_subject s = {};
	const struct gl_head *head;
	int who;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EPERM : 0;

	struct gl_request r = {.hook = GL_HOOK_CAPABLE, .class_ = GL_CLASS_CAPABILITY};
	r.capability = cap;
	head = gl_head(&s);
	r.verdict = head ? gl_capability_decide((const __u8 *)&head->image, cap)
			 : gl_failure(head, 0);
	if (r.verdict.decision == GL_ALLOW &&
	    (!gl_watched(&s) || opts & GL_CAP_OPT_NOAUDIT))
		return 0;
	if (r.verdict.decision != GL_ALLOW && gl_nested_capable())
		return 0;
	if (opts & GL_CAP_OPT_NOAUDIT) {
		gl_domain_count_probe(&s);
		return gl_enforces(&s) ? -GL_EPERM : 0;
	}
	return gl_conclude(&s, &r, -GL_EPERM);
}

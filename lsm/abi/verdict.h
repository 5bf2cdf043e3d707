/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The answer of the core: decision, reason, rule and blocker. */
#pragma once

#include "types.h"

enum gl_decision {
	GL_DECISION_NONE = 0,
	GL_ALLOW = 1,
	GL_DENY = 2,
	GL_KILL = 3,
};

/* Why. `default` means that no rule of the image speaks of the request. */
#define GL_REASONS(X)                                                                    \
	X(RULE, 1, "rule")		   /* a rule granted or denied it */             \
	X(DEFAULT, 2, "default")	   /* nothing grants it */                       \
	X(OWNER, 3, "owner")		   /* granted, but only for another owner */     \
	X(ENDING, 4, "ending")		   /* the object is not rooted */                \
	X(NESTED, 5, "nested")		   /* part of an operation decided above */      \
	X(ERROR, 6, "error")		   /* an internal failure: on_error's answer */  \
	X(UNGRANTABLE, 7, "ungrantable")   /* no rule could grant it */                  \
	X(INTERNAL_USE, 8, "internal_use") /* the object never leaves the kernel */      \
	X(UNSAFE_EXEC, 9, "unsafe_exec")   /* a transition that others have a hand in */ \
	X(NO_TARGET, 10, "no_target")	   /* a transition to what is not loaded */      \
	X(GUARD, 11, "guard")		   /* refused to everybody */                    \
	X(DIGEST, 12, "digest")		   /* a file whose content is not the one named */

#define GL_X_REASON(n, v, w) GL_REASON_##n = (v),
enum gl_reason { GL_REASON_NONE = 0, GL_REASONS(GL_X_REASON) GL_REASON_COUNT = 13 };

enum gl_mode {
	GL_MODE_NONE = 0,
	GL_MODE_OBSERVE = 1,
	GL_MODE_AUDIT = 2,
	GL_MODE_ENFORCE = 3,
};

struct gl_verdict {
	__u32 decision; /* enum gl_decision */
	__u32 reason;	/* enum gl_reason */
	__u32 rule;	/* rule id of the image, 0 where no rule decided */
	__u32 blocker;	/* of the requested bits those that were refused */
};
GL_STATIC_ASSERT(sizeof(struct gl_verdict) == 16, "gl_verdict");

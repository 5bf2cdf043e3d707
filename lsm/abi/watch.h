/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A watched domain tells every distinct decision, not refusals alone, so that a
 * person can follow them, or another profile be asked the same (`glacis candidate`,
 * `glacis trace`). Nothing is decided otherwise.
 *
 * Decisions go to a ring of their own, `watched`, as struct gl_event with numbers of
 * their own: a flood of them takes no room from refusals. Once for each kind, as
 * `watched_kinds` remembers. Where a decision found no room its number is missing.
 */
#pragma once

#include "types.h"

/* In a domain's word, beside what GL_DOMAIN_WORD() puts there. */
#define GL_DOMAIN_WATCHED (1ull << 63)

#define GL_WATCHED_KINDS 16384u
#define GL_WATCHED_RING (4u << 20)

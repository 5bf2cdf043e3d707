/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a domain was refused, a slot for each key. Each domain has a table of its
 * own, made when its image is loaded, so that no other domain can take its slots,
 * and no flood of records the first of a key: what the ring had no room for is
 * told from here.
 *
 * Observe mode has no keys: nothing is refused there.
 */
#pragma once

#include "event.h"

#define GL_OBJECTS_WHOLE 64u /* of a key, that are recorded one by one */
#define GL_SKETCH 64u	     /* registers; a power of two */

/* Of the first refusal of a key, what is known without its texts. */
struct gl_refusal_first {
	__u8 digest[32];
	__u32 access;
	__s32 error;
	__u32 decision;
	__u32 pid;
	__u32 tgid;
	__u32 uid;
	__u32 gid;
	__u32 fsuid;
	__u64 start;
	__u64 effective; /* capabilities */
	__u64 cgroup;
	char comm[16];
	char name[40]; /* the object's last name, cut; NUL-terminated */
	struct gl_event_object object;
};
GL_STATIC_ASSERT(sizeof(struct gl_refusal_first) == 256, "gl_refusal_first");

struct gl_refusal {
	__u64 seq;   /* of the first one's record */
	__u64 first; /* CLOCK_BOOTTIME, nanoseconds */
	__u64 last;
	__u64 count;   /* of this key, the first included */
	__u32 objects; /* that were recorded one by one, or tried to */
	__u32 kept;    /* 1: `told` can be read */
	struct gl_refusal_first told;
	/* How many distinct objects there were, as a HyperLogLog sketch: the highest rank
	 * of a hash in each register. Written without a lock: an estimate at any rate. */
	__u8 sketch[GL_SKETCH];
};
GL_STATIC_ASSERT(sizeof(struct gl_refusal) == 360, "gl_refusal");

/* Slots of a domain's table, one of them for the kinds that find no other (its key has no
 * hook): each rule may refuse, and the defaults of the classes. */
#define GL_REFUSALS_DEFAULT 64u
#define GL_REFUSALS_MAX 1024u
/* Of what refuses everybody, which no image bounds. */
#define GL_REFUSALS_GUARD 256u

/* How full the ring may be, in bytes, for what is less than the first of a key: one of
 * its further objects and what has no key (observe mode, where nothing is refused; a
 * server that starts is told by more than a thousand records at once); those of a domain
 * that has had many of late. */
#define GL_EVENTS_RING (8u << 20)
#define GL_EVENTS_MOST_OTHERS (GL_EVENTS_RING / 4 * 3)
#define GL_EVENTS_MOST_UNFAIR (GL_EVENTS_RING / 4)
#define GL_FAIR_WINDOW 10000000000ull /* nanoseconds */
#define GL_FAIR_OBJECTS 256u

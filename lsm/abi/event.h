/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records on the ring `events`. Everything in a record but numbers is
 * Untrusted: comm, paths and addresses are bytes that a process chose.
 */
#pragma once

#include "access.h"
#include "hooks.h"
#include "verdict.h"

#define GL_PATH_TEXT 4096u
#define GL_TEXT_ROOM (GL_PATH_TEXT + 256u)
#define GL_EXE_TEXT 1024u
#define GL_EXE_ROOM (GL_EXE_TEXT + 256u)
#define GL_ANCESTORS 6

/* Text is written leaf to root: it begins at `start` and ends at GL_PATH_TEXT or
 * GL_EXE_TEXT. `complete` is 0 if the beginning is missing. */
struct gl_text_info {
	__u32 start;
	__u32 complete;
};

struct gl_ancestor {
	__u32 tgid;
	char comm[16];
};

struct gl_event_subject {
	__u32 pid; /* the thread */
	__u32 tgid;
	__u64 start; /* of the thread-group leader, nanoseconds since boot */
	__u32 uid;
	__u32 fsuid;
	__u32 gid;
	__u32 ancestors; /* entries used */
	__u64 effective; /* capabilities */
	__u64 cgroup;
	char comm[16];
	struct gl_ancestor ancestry[GL_ANCESTORS];
	struct gl_text_info exe;
};

struct gl_event_object {
	__u32 ending; /* file: enum gl_ending */
	__u32 dev;
	__u64 inode;
	__u32 mode;
	__u32 owner; /* uid */
	__u32 op;    /* net: enum gl_net_op */
	__u32 kind;  /* net: enum gl_socket */
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 port;
	__u32 v6;
	__u32 capability;
	__u32 address[4];  /* host order */
	__u32 peer_tgid;   /* task: the other process */
	__u32 peer_domain; /* 0: unconfined */
	__u32 signal;
	__u32 zero;
	char peer_comm[16];
	struct gl_text_info path;
};

struct gl_event {
	__u16 abi;
	__u16 zero;
	__u32 size;
	__u64 seq;  /* counts every event that was to be written: a gap is a loss */
	__u64 time; /* CLOCK_BOOTTIME, nanoseconds */
	__u32 domain;
	__u32 generation;
	__u8 digest[32]; /* of the image that decided */
	__u32 hook;
	__u32 mode;
	__u32 class_; /* enum gl_class */
	__u32 access; /* requested bits */
	struct gl_verdict verdict;
	__s32 error; /* what the hook returned: -errno, or 0 in observe and audit */
	__u32 pad;
	struct gl_event_subject subject;
	struct gl_event_object object;
	char path[GL_TEXT_ROOM];
	char exe[GL_EXE_ROOM];
};
GL_STATIC_ASSERT(sizeof(struct gl_event) == 6040, "gl_event");

/* A kind of refusal: all but the object. */
struct gl_refusal_key {
	__u32 domain;
	__u32 generation; /* the image */
	__u16 hook;
	__u8 class_;
	__u8 mode; /* and GL_KEY_KILLED, where the subject was killed too */
	__u32 blocker;
	__u32 rule;
	__u32 reason;
	__u64 subject; /* which executable, as a number that only compares */
};
#define GL_KEY_KILLED 0x80u
GL_STATIC_ASSERT(sizeof(struct gl_refusal_key) == 32, "gl_refusal_key");

/* Repeats of a refusal are counted here instead of being sent again. The kind comes
 * first, so that one key serves both tables. */
struct gl_repeat_key {
	struct gl_refusal_key kind;
	__u64 object[2]; /* which object, as numbers that only compare */
};
GL_STATIC_ASSERT(sizeof(struct gl_repeat_key) == 48, "gl_repeat_key");

struct gl_repeat {
	__u64 seq;   /* of the event that was sent */
	__u64 count; /* refusals since, not counting that one */
	__u64 last;  /* time of the last one */
};
#define GL_REPEATS_MAX 16384u

/* Counted failures: each place where a program could not do what it wanted. */
#define GL_COUNTERS(X)                                                                   \
	X(EVENT_LOST, 1, "event_lost", "the event ring was full")                        \
	X(REPEATS_FULL, 2, "repeats_full", "the table of repeats was full")              \
	X(LABEL_LOST, 3, "label_lost", "a label look-up was lost and found by the list") \
	X(LABEL_UNKNOWN, 4, "label_unknown", "a label could not be determined")          \
	X(LABEL_SPILLED, 5, "label_spilled", "a child's label went to the spill table")  \
	X(FORK_REFUSED, 6, "fork_refused", "a child could not be labelled")              \
	X(DOMAIN_INVALID, 7, "domain_invalid", "a label named no domain")                \
	X(IMAGE_MISSING, 8, "image_missing", "a domain had no image")                    \
	X(ROOT_MISSING, 9, "root_missing", "a label's root was not known")               \
	X(ROOTS_FULL, 10, "roots_full", "no room for another root")                      \
	X(WALK_RETRIED, 11, "walk_retried", "a walk was disturbed and repeated")         \
	X(WALK_UNSTABLE, 12, "walk_unstable", "no two walks agreed")                     \
	X(WALK_UNREADABLE, 13, "walk_unreadable", "kernel memory could not be read")     \
	X(OBJECT_UNREADABLE, 14, "object_unreadable", "an address could not be read")    \
	X(CACHE_STORED, 16, "cache_stored", "entries written to the walk cache")         \
	X(CACHE_FULL, 17, "cache_full", "a domain reached its share of the walk cache")  \
	X(NESTED, 18, "nested", "files an overlay opened for what was decided above")    \
	X(STACKED, 19, "stacked", "a label with more domains than this version knows")   \
	X(ADOPTED, 20, "adopted", "tasks labelled by adoption")                          \
	X(NESTED_CAPABLE, 21, "nested_capable",                                          \
	  "capability checks of the kernel's own work in a task's system call")          \
	X(ADOPT_FAILED, 22, "adopt_failed", "tasks that adoption could not label")       \
	X(KILL_FAILED, 23, "kill_failed", "tasks that were to be killed and were not")   \
	X(TARGET_MISSING, 24, "target_missing", "a transition's profile was not loaded") \
	X(TABLE_UNREAD, 25, "table_unread",                                              \
	  "execs refused since not every descriptor could be looked at")                 \
	X(STACK_UNREAD, 26, "stack_unread",                                              \
	  "programs refused since their stack could not be looked at")                   \
	X(ATTACHED, 27, "attached", "execs that entered a domain by [attach]")           \
	X(ATTACH_FAILED, 28, "attach_failed",                                            \
	  "execs refused: who attaches is not known")                                    \
	X(KEYS_FULL, 29, "keys_full", "a domain's table of refusals was full")           \
	X(LISTENER_LOST, 30, "listener_lost",                                            \
	  "Unix sockets of which could not be kept who listens")

#define GL_X_COUNTER(n, v, w, t) GL_COUNTER_##n = (v),
enum gl_counter { GL_COUNTER_NONE = 0, GL_COUNTERS(GL_X_COUNTER) GL_COUNTER_COUNT = 31 };

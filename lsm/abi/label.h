/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who a task is: its label, and the domains that labels name.
 *
 * The label lives in task storage, under one pinned map for the life of the
 * host: every later version must read these 32 bytes, since a map can't be
 * copied to a new layout while tasks fork.
 */
#pragma once

#include "types.h"

#define GL_LABEL_VERSION 1

/* The domain takes effect at the next exec that succeeds; until then the task
 * is unconfined (this is how `glacis run` and an OCI runtime enter). The flag is
 * taken away after that exec, but no decision relies on it: see exec_id. */
#define GL_LABEL_PENDING 1u

/* The task takes, or took, a transition: from the exec with `exec_id` on it is in
 * domains[1], until then in domains[0]. An exec that fails leaves domains[1]
 * behind, which the next one that is checked overwrites. The flag stays. */
#define GL_LABEL_TRANSITION 2u

/* With GL_LABEL_PENDING: not from outside, but from the exec in progress, whose
 * file [attach] names. Until that exec succeeded the task has no label, and if it
 * failed the next one begins anew: exec_id is then GL_EXEC_NEVER. */
#define GL_LABEL_ATTACHED 4u
#define GL_EXEC_NEVER (~0ull)

/* Of a pending label: the domain takes effect at the first exec in another root
 * than the host's, which is how a container's first task leaves its runtime. */
#define GL_LABEL_CONTAINER 8u

/* It got its domain as a session of a container, for a time (struct gl_session): the
 * first exec after that takes it to the container's. */
#define GL_LABEL_SESSION 16u

struct gl_label {
	__u8 version;
	__u8 flags;
	__u16 zero;
	/* Profiles may stack: the strictest verdict wins. This version sets one,
	 * and one more for a transition, and refuses everything to a task that has
	 * more. */
	__u32 domains[4];
	__u32 root; /* index in `roots`: where paths of this subject begin */
	/* Of a pending label or transition: the task's self_exec_id once the exec
	 * succeeded that was checked for the domain; 0 before. The kernel counts it
	 * up past the point of no return (fs/exec.c, begin_new_exec), so the domain
	 * comes into force without a write, which could be lost. */
	__u64 exec_id;
};
GL_STATIC_ASSERT(sizeof(struct gl_label) == 32, "gl_label is 32 bytes for ever");

/*
 * A domain id is never reused within a boot: the low 16 bits are its slot, the
 * high 16 count how often the slot was used. Slot 0 is never used.
 */
#define GL_DOMAINS_MAX 16384u
#define GL_DOMAIN_SLOT(id) ((id) & 0xffffu)
#define GL_DOMAIN_EPOCH(id) ((id) >> 16)

enum gl_domain_status {
	GL_DOMAIN_NONE = 0,
	GL_DOMAIN_LIVE = 1,
	GL_DOMAIN_UNLOADED = 2, /* its subjects were released, explicitly */
};

/*
 * One word, so that a hook reads a consistent domain: id (32), size class of
 * its image (8), mode (8), status (8). The image itself is at the domain's slot
 * in the outer map of that class.
 */
#define GL_DOMAIN_WORD(id, size, mode, status)                                           \
	((__u64)(id) | (__u64)(size) << 32 | (__u64)(mode) << 40 | (__u64)(status) << 48)
#define GL_DOMAIN_WORD_ID(w) ((__u32)(w))
#define GL_DOMAIN_WORD_SIZE(w) ((__u32)((w) >> 32) & 0xffu)
#define GL_DOMAIN_WORD_MODE(w) ((__u32)((w) >> 40) & 0xffu)
/* The same domain in another mode. */
#define GL_DOMAIN_WORD_AS(w, mode) (((w) & ~(0xffull << 40)) | (__u64)(mode) << 40)
/* In the word of a domain that is held (on_evidence_failure), which so names no size
 * class: the programs find no image, and a domain without one refuses whatever is asked,
 * in every mode. The class it has stays readable below. */
#define GL_DOMAIN_HELD (0x80ull << 32)
#define GL_DOMAIN_WORD_STATUS(w) ((__u32)((w) >> 48) & 0xffu)

struct gl_domain {
	__u64 word;
	__u64 peer; /* its name as rules of [[process]] have it: struct gl_peer */
	/* Of its image, as gl_loaded has it, so that what was learned by an image is
	 * known to hold without a look at that. 0 while it is replaced. */
	__u32 generation;
	__u32 zero;
	char name[104]; /* NUL-terminated, for people */
};
GL_STATIC_ASSERT(sizeof(struct gl_domain) == 128, "gl_domain");

/* What programs count, apart from what user space writes. */
struct gl_domain_counts {
	__u64 denied;	  /* refusals, repeats included */
	__u64 would_deny; /* the same in observe and audit mode */
	__u64 probes;	  /* refused without a finding (NOAUDIT capability checks) */
	__u64 cached;	  /* walk-cache values created for this domain */
};
GL_STATIC_ASSERT(sizeof(struct gl_domain_counts) == 32, "gl_domain_counts");

/* Of a Unix socket (lsm/kern/listener.h). */
struct gl_listener {
	__u64 peer; /* gl_domain.peer */
	__u32 domain;
	__u32 tgid;
};
GL_STATIC_ASSERT(sizeof(struct gl_listener) == 16, "gl_listener");

/* Of a domain, in windows that begin anew: refusals (kill_after), and objects that were
 * to be recorded one by one (abi/refusal.h). */
struct gl_rate {
	__u64 begin; /* CLOCK_BOOTTIME, nanoseconds */
	__u64 count;
	__u64 told_begin;
	__u64 told;
};
GL_STATIC_ASSERT(sizeof(struct gl_rate) == 32, "gl_rate");
#define GL_RATE_WINDOW 60000000000ull

/* A root directory, as kernel addresses that are only ever compared. `mnt_id`
 * tells a mount from another that got its address after it was freed. */
struct gl_root {
	__u64 mnt;
	__u64 dentry;
	__u32 mnt_id;
	__u32 zero;
};
GL_STATIC_ASSERT(sizeof(struct gl_root) == 24, "gl_root");
#define GL_ROOTS_MAX 16384u

/* A cgroup of a container: what executes in it, in another root than the host's,
 * and has no label, gets this domain. Keys are cgroup ids, which no later cgroup
 * of this boot gets. */
struct gl_container {
	__u32 domain;
	__u32 zero;
};
GL_STATIC_ASSERT(sizeof(struct gl_container) == 8, "gl_container");
#define GL_CONTAINERS_MAX 16384u

/* By the same key: the domain that sessions of that container get for a time. */
struct gl_session {
	__u32 domain;
	__u32 zero;
	__u64 until; /* CLOCK_BOOTTIME, nanoseconds */
};
GL_STATIC_ASSERT(sizeof(struct gl_session) == 16, "gl_session");
#define GL_CGROUP_DEPTH 16 /* of cgroups that are looked at, below the root */

/* What programs count for all; userspace reads it. */
struct gl_shared {
	__u64 seq;     /* of records; the last one given */
	__u64 spilled; /* labels in `spilled_labels` */
	__u64 roots;   /* numbers given to root directories */
	__u64 watched; /* the last number of a watched decision */
};
GL_STATIC_ASSERT(sizeof(struct gl_shared) == 32, "gl_shared");

/* What userspace tells the programs; one element, written before they attach. */
struct gl_settings {
	__u32 abi;
	__u32 labels_map_id; /* kernel id of the map `labels` */
	__u64 boot;	     /* random, tells boots apart in records */
	__u32 generation;    /* the last one given to an image */
	__u32 adopt_tgid;    /* adoption: this process and its descendants ... */
	__u32 adopt_domain;  /* ... get this domain */
	__u32 attach;	     /* GL_ATTACHES_*: what there is in `attachments` */
	__u64 programs;	     /* which build of the programs is pinned */
};
GL_STATIC_ASSERT(sizeof(struct gl_settings) == 40, "gl_settings");

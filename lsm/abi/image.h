/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The policy image: what a profile compiles to. Deterministic bytes, little
 * endian, no addresses, no clock; its name is the BLAKE2b-256 of its bytes.
 * All offsets are from the image's first byte and multiples of 8; sections lie
 * in the order of their fields, do not overlap, and the gaps are zero.
 *
 * The path automaton
 * ------------------
 * One automaton answers for all path patterns. It reads a path from its last
 * byte to its first: "/etc/passwd" is fed as "dwssap/cte/". (A walk goes from
 * the leaf to the root and so needs no buffer.) The root itself is fed as "/".
 * An abstract Unix address is fed likewise, with '@' as its first (and so
 * last-fed) byte and without a leading slash.
 *
 * The automaton is a comb of 32-bit cells. A state *is* the index of its first
 * cell. To step from state s by byte c:
 *
 *     k = classes[c]                       (2 .. 255)
 *     cell = comb[s + k];  if (cell.key != k) cell = comb[s + 0]
 *     s = cell.value
 *
 * where key is the low byte and value the upper 24 bits. Cell s+0 (key 0) is
 * the default transition and always exists; cell s+1 has key 1 if the state
 * accepts, and its value is the index of its accept record. State 0 is dead:
 * every byte leads from it to itself, and it does not accept. Two states never
 * share a base, so that the key alone tells whose cell it is: a cell at index i
 * with key k belongs to the state i - k.
 *
 * Accept records
 * --------------
 * `allow` holds unconditionally; `allow_self` if the object's owner is the
 * subject's fsuid; `allow_root` if the owner is uid 0 of the initial user
 * namespace. `deny` wins: its bits are never set in the three others. With
 * m = allow | allow_self | allow_root | deny, the rule id of bit b (which is in
 * m) is rule_refs[refs + popcount(m & ((1 << b) - 1))]: the deny rule, else the
 * unconditional one, else the conditional one; of several the lowest id.
 *
 * Network tables
 * --------------
 * For each op (bind, connect, send) and protocol group (tcp, udp, other) there
 * is one table for IPv4 and one for IPv6 of elementary intervals, sorted by
 * their first address, the first starting at address 0, so that the last entry
 * whose start is not above the address is the one that decides. Addresses are
 * in host order; IPv6 as four 32-bit words, most significant first. An
 * IPv4-mapped IPv6 address is looked up as IPv4. Each entry names a run of port
 * intervals built the same way (first start 0), each with the verdict. An
 * empty table or run (length 0) refuses by default.
 */
#pragma once

#include "access.h"
#include "hooks.h"

#define GL_IMAGE_MAGIC 0x31494c47u /* "GLI1" */

/* Rule ids are 1 .. 65535. */
#define GL_RULES_MAX 65535u

#define GL_COMB_KEY(cell) ((cell) & 0xffu)
#define GL_COMB_VALUE(cell) ((cell) >> 8)
#define GL_COMB_CELL(key, value) ((__u32)(value) << 8 | (key))
#define GL_KEY_DEFAULT 0u
#define GL_KEY_ACCEPT 1u
#define GL_KEY_FIRST 2u /* classes[] holds GL_KEY_FIRST .. 255 */

struct gl_accept {
	__u32 allow;
	__u32 allow_self;
	__u32 allow_root;
	__u32 deny;
	__u32 refs; /* index into the rule_refs section */
	__u32 zero;
};
GL_STATIC_ASSERT(sizeof(struct gl_accept) == 24, "gl_accept");

enum gl_net_group {
	GL_NET_GROUP_NONE = 0,
	GL_NET_GROUP_TCP = 1,
	GL_NET_GROUP_UDP = 2,	/* and UDP-lite */
	GL_NET_GROUP_OTHER = 3, /* SCTP, DCCP, raw, ping, MPTCP */
	GL_NET_GROUP_COUNT = 4,
};

struct gl_net4 {
	__u32 start; /* first address of the interval, host order */
	__u32 ports; /* index of the first struct gl_ports */
	__u32 count; /* number of port intervals */
	__u32 zero;
};
GL_STATIC_ASSERT(sizeof(struct gl_net4) == 16, "gl_net4");

struct gl_net6 {
	__u32 start[4]; /* most significant word first */
	__u32 ports;
	__u32 count;
};
GL_STATIC_ASSERT(sizeof(struct gl_net6) == 24, "gl_net6");

struct gl_ports {
	__u16 start; /* first port of the interval */
	__u16 rule;  /* rule id, 0 = default */
	__u32 allow; /* 1 = allowed; 0 with a rule = denied by that rule */
};
GL_STATIC_ASSERT(sizeof(struct gl_ports) == 8, "gl_ports");

/* A rule about other tasks, by the profile that confines them. */
struct gl_peer {
	__u64 name;    /* GL_PEER_*, or the first 8 bytes of BLAKE2b of the name */
	__u64 signals; /* bit 1 << (number - 1) */
	__u32 access;  /* GL_TASK_* */
	__u16 rule;
	__u16 deny; /* 1: refuses */
};
GL_STATIC_ASSERT(sizeof(struct gl_peer) == 24, "gl_peer");
#define GL_PEERS_MAX 64u
#define GL_PEER_SELF 1ull /* of the same domain */
#define GL_PEER_UNCONFINED 2ull
#define GL_PEER_ANY 3ull
#define GL_PEER_NAMED 16ull /* names are numbers from here on */

/* Where an exec leads that rule `rule` (of access `transition`) speaks of. Sorted
 * by rule. */
struct gl_transition {
	__u64 name; /* as in struct gl_peer; 0: the domain stays as it is */
	__u16 rule;
	__u16 flags; /* GL_TRANSITION_* */
	__u32 zero;
};
GL_STATIC_ASSERT(sizeof(struct gl_transition) == 16, "gl_transition");
#define GL_TRANSITIONS_MAX 64u
#define GL_TRANSITION_SCRUB 1u	/* the program starts with AT_SECURE */
#define GL_TRANSITION_UNSAFE 2u /* also traced, with shared fs or no_new_privs */

struct gl_section {
	__u32 offset; /* bytes from the image's start */
	__u32 count;  /* entries */
};

/* Grants for objects whose walk did not end rooted, by enum gl_ending. */
struct gl_ending_grant {
	__u32 allow; /* file access bits */
	__u32 rule;
};

struct gl_image {
	__u32 magic;
	__u16 abi;		  /* GL_ABI */
	__u16 header_size;	  /* sizeof(struct gl_image) */
	__u32 size;		  /* of the whole image, a multiple of 8 */
	__u32 start;		  /* start state of the automaton */
	__u32 rules;		  /* rules are 1 .. rules */
	__u32 flags;		  /* GL_IMAGE_* */
	struct gl_hook_set hooks; /* that this image needs */

	struct gl_section comb;	     /* __u32 */
	struct gl_section accepts;   /* struct gl_accept; record 0 is all zero */
	struct gl_section rule_refs; /* __u16 */
	struct gl_section net4;	     /* struct gl_net4, all tables */
	struct gl_section net6;	     /* struct gl_net6, all tables */
	struct gl_section ports;     /* struct gl_ports, all runs */
	struct gl_section peers;     /* struct gl_peer */
	struct gl_section syscalls;  /* __u8; for user space: manager/image/syscalls.h */

	/* Tables by op and group: `offset` is here the index of the table's
	 * first entry in section net4 or net6. */
	struct gl_section net4_tables[GL_NET_OP_COUNT][GL_NET_GROUP_COUNT];
	struct gl_section net6_tables[GL_NET_OP_COUNT][GL_NET_GROUP_COUNT];

	struct gl_ending_grant endings[16];

	__u64 capabilities;	   /* bit 1 << enum gl_capability: granted */
	__u64 sockets;		   /* bit 1 << enum gl_socket: may be created */
	__u32 memory;		   /* GL_MEMORY_* granted */
	__u32 kernel;		   /* GL_KERNEL_* granted */
	__u64 capabilities_denied; /* refused by a rule, not by default */

	__u16 capability_rules[64]; /* the rule that granted or denied each */
	__u16 socket_rules[64];
	__u16 memory_rules[32];
	__u16 kernel_rules[32];

	__u8 classes[256];

	struct gl_section transitions; /* struct gl_transition */
	struct gl_section attach;      /* __u8; for user space: manager/base/attach.h */
	struct gl_section digests;     /* __u8; for user space: manager/base/digests.h */
};
GL_STATIC_ASSERT(sizeof(struct gl_image) == 1248, "gl_image");

/* on_violation = "kill": a refusal also kills the subject. */
#define GL_IMAGE_KILL 1u
/* on_error = "allow": an internal failure answers allow, and is counted. */
#define GL_IMAGE_ERROR_ALLOW 2u
/* [exec] inherit = ["stdio"]: a program that enters keeps 0, 1 and 2, whatever
 * they are. */
#define GL_IMAGE_INHERIT_STDIO (1u << 8)
/* on_inherited = "report": what is not granted is recorded, and comes along. */
#define GL_IMAGE_INHERIT_REPORT (1u << 9)
/* on_evidence_failure = "deny", or "halt", which has both: for user space. */
#define GL_IMAGE_EVIDENCE_DENY (1u << 16)
#define GL_IMAGE_EVIDENCE_HALT (1u << 17)
/* kill_after = N: within GL_RATE_WINDOW, N refusals are only that; each further one also
 * kills the subject. 0: never. */
#define GL_IMAGE_KILL_AFTER(flags) ((flags) >> GL_IMAGE_KILL_AFTER_SHIFT)
#define GL_IMAGE_KILL_AFTER_SHIFT 18
#define GL_IMAGE_KILL_AFTER_MAX ((1u << 14) - 1)

/*
 * Loaded, an image lies in a single-value array map of one of these sizes,
 * behind a prefix that the loader writes. Offsets are masked with size - 1, so
 * that a damaged image can give a wrong verdict but not a bad access; the
 * loader refuses damaged images (manager/image/reader).
 */
#define GL_IMAGE_SIZES(X)                                                                \
	X(0, 14) /* 16 KiB */                                                            \
	X(1, 16) /* 64 KiB */                                                            \
	X(2, 18) /* 256 KiB */                                                           \
	X(3, 20) /* 1 MiB */
#define GL_IMAGE_SIZE_COUNT 4
#define GL_IMAGE_SIZE_MAX (1u << 20)

struct gl_loaded {
	__u32 generation; /* unique within a boot, never 0 */
	__u32 abi;
	__u8 digest[32];
	__u8 zero[24];
};
GL_STATIC_ASSERT(sizeof(struct gl_loaded) == 64, "gl_loaded");

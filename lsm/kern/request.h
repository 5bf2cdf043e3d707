/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One operation on one object, from the hook's description to the verdict and
 * the record. It is one struct because the programs have 512 bytes of stack for
 * a whole chain of calls. Kernel addresses are numbers here.
 */
#pragma once

#include "../decide/file.h"
#include "../decide/net.h"
#include "../decide/task.h"
#include "types.h"

struct gl_request {
	__u8 hook;   /* enum gl_hook */
	__u8 class_; /* enum gl_class */
	__u8 owner;  /* GL_OWNER_* */
	__u8 stable; /* out: the kernel's counters did not change around the walk */
	__u32 access;
	struct gl_verdict verdict;
	__s32 error;
	__u32 capability;
	__u64 mnt; /* the object's path, 0 if it has none */
	__u64 dentry;
	__u32 ending; /* out: enum gl_ending */
	__u32 state;  /* out: of the automaton */
	union {
		struct {
			__u64 root_mnt; /* where paths of this subject begin */
			__u64 root_dentry;
			__u64 chain; /* out: a digest of what was walked */
			__u64 top;   /* out: the last mount of the walk */
			union {
				struct { /* the walk's own: dentry, root of `top` */
					__u64 at;
					__u64 mnt_root;
				};
				struct { /* out, of an exec: struct gl_move */
					__u64 target;
					__u64 flags;
				} move;
			};
			struct gl_accept accept;
			__u32 mount_seq; /* out: before the walk that counted */
			__u32 rename_seq;
			__u32 above;	  /* out: the state at the object's directory */
			__u32 generation; /* out: of the image that was asked */
		} path;
		struct {
			struct gl_endpoint endpoint;
			__u32 family;
			__u32 type;
			__u32 protocol;
		} net;
		struct {
			struct gl_peer_request q;
			__u32 tgid;
			__u32 domain; /* 0: unconfined */
			__u64 task;   /* its struct, for its name */
		} peer;
	};
	__u32 domain;
	__u32 mode;
};
GL_STATIC_ASSERT(sizeof(struct gl_request) == 152, "gl_request");

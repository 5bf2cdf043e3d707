/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the doors of probe.bpf.c are asked, and what they answer. */
#pragma once

#include "../abi/image.h"
#include "../abi/verdict.h"
#include "../decide/task.h"

#define GL_PROBE_TEXT 1024u

enum gl_probe_class {
	GL_PROBE_PATH = 1,
	GL_PROBE_ENDING = 2,
	GL_PROBE_NET = 3,
	GL_PROBE_SOCKET = 4,
	GL_PROBE_CAPABILITY = 5,
	GL_PROBE_MEMORY = 6,
	GL_PROBE_KERNEL = 7,
	GL_PROBE_TASK = 8,
	GL_PROBE_EXEC = 9,
};

struct gl_probe_request {
	__u32 class_; /* enum gl_probe_class */
	__u32 size;   /* size class of the image under test */
	__u32 access; /* bits, the number of a capability or socket kind, or unsafe */
	__u32 owner;
	__u32 ending;
	__u32 len; /* of text */
	__u32 op;
	__u32 kind;
	__u32 v6;
	__u32 port;
	__u32 address[4];
	struct gl_peer_request task;
	struct gl_verdict verdict; /* out */
	__u32 state;		   /* out: of the automaton */
	__u32 zero;
	__u8 text[GL_PROBE_TEXT]; /* a path, first byte first */
};
GL_STATIC_ASSERT(sizeof(struct gl_probe_request) == 104 + GL_PROBE_TEXT,
		 "gl_probe_request");

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who enters a domain by [attach], as the programs look it up: which domain asks
 * for a program of this name, for a unit, for a user. For programs that is only a
 * hint: the path decides, by the domain's image (GL_FILE_ATTACH), so that an exec
 * of a name that no profile asks for costs one look-up.
 */
#pragma once

#include "types.h"

enum gl_attach_kind {
	GL_ATTACH_NONE = 0,
	GL_ATTACH_EXEC = 1, /* name: of a program; number: 0 .. GL_ATTACH_SAME_MAX - 1 */
	GL_ATTACH_UNIT = 2, /* name: of a cgroup below slices alone */
	GL_ATTACH_USER = 3, /* number: uid in the first user namespace */
	GL_ATTACH_KIND_COUNT = 4,
};

/* Bits of gl_settings.attach. */
#define GL_ATTACHES(kind) (1u << (kind))

/* Names have a NUL and one byte to spare: what fills the room was cut off. */
#define GL_ATTACH_NAME 64u
#define GL_ATTACH_NAME_MAX (GL_ATTACH_NAME - 2)

/* Profiles that attach different programs of one name: tried one by one. */
#define GL_ATTACH_SAME_MAX 16u
/* A place among them that nobody has now, with others behind it. */
#define GL_ATTACH_HOLE (~0u)
/* Slices above a unit. */
#define GL_ATTACH_SLICES_MAX 16u

struct gl_attach_key {
	__u32 kind;
	__u32 number;
	char name[GL_ATTACH_NAME]; /* padded with NUL */
};
GL_STATIC_ASSERT(sizeof(struct gl_attach_key) == 72, "gl_attach_key");

struct gl_attachment {
	__u32 domain;
	__u32 zero;
	__u64 whole; /* for user space: number of the whole path or name */
};
GL_STATIC_ASSERT(sizeof(struct gl_attachment) == 16, "gl_attachment");
#define GL_ATTACHMENTS_MAX 65536u

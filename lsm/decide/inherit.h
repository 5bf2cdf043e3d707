/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a program that enters a domain may keep open without a grant of the object,
 * and what it may never keep. */
#pragma once

#include "grants.h"

#define GL_S_IFMT 0170000u
#define GL_S_IFIFO 0010000u
#define GL_S_IFCHR 0020000u
#define GL_S_IFSOCK 0140000u

#define GL_STDIO 3u /* descriptors 0, 1 and 2 */

/* A terminal or the null device (Documentation/admin-guide/devices.txt), as the
 * kernel has a device's number. Any other device must be granted. */
GL_INLINE int gl_inherit_device(__u32 rdev)
{
	__u32 major = rdev >> 20, minor = rdev & 0xfffff;

	switch (major) {
	case 1:
		return minor == 3; /* null */
	case 4:			   /* virtual consoles, serial lines */
	case 188:		   /* serial lines on USB */
	case 204:		   /* other serial lines */
	case 229:		   /* a hypervisor's console */
		return 1;
	case 5:
		return minor <= 1; /* tty, console */
	}
	return major >= 136 && major <= 143; /* pseudo terminals */
}

/* The usual three may be a pipe, a socket or a terminal: who starts a program
 * always gives it these, and they lead to nobody but whom they came from. */
GL_INLINE int gl_inherit_usual(const __u8 *base, __u32 number, __u32 mode, __u32 rdev)
{
	if (number >= GL_STDIO)
		return 0;
	if (gl_header(base)->flags & GL_IMAGE_INHERIT_STDIO)
		return 1;
	switch (mode & GL_S_IFMT) {
	case GL_S_IFIFO:
	case GL_S_IFSOCK:
		return 1;
	case GL_S_IFCHR:
		return gl_inherit_device(rdev);
	}
	return 0;
}

/* The door that a descriptor without a file is to the kernel (GL_KERNEL_*, 0 for
 * none), by the first eight bytes of the name that the kernel gave it. */
#define GL_NAME8(a, b, c, d, e, f, g, h)                                                 \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 |            \
	 (__u64)(e) << 32 | (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

GL_INLINE __u32 gl_inherit_door(__u64 name)
{
	__u32 three = (__u32)name & 0xffffff;

	if (name == GL_NAME8('[', 'i', 'o', '_', 'u', 'r', 'i', 'n'))
		return GL_KERNEL_IO_URING;
	if (name == GL_NAME8('[', 'u', 's', 'e', 'r', 'f', 'a', 'u'))
		return GL_KERNEL_USERFAULTFD;
	if (name == GL_NAME8('[', 'p', 'e', 'r', 'f', '_', 'e', 'v'))
		return GL_KERNEL_PERF_EVENT;
	if (three == ('b' | 'p' << 8 | 'f' << 16) ||
	    three == ('b' | 't' << 8 | 'f' << 16))
		return GL_KERNEL_BPF;
	return 0;
}

/* A ring works with the credentials of who made it, and a userfaultfd with the
 * memory of who made it: no grant lets these cross. */
GL_INLINE struct gl_verdict gl_inherit_door_decide(const __u8 *base, __u32 door)
{
	__u32 never = door & (GL_KERNEL_IO_URING | GL_KERNEL_USERFAULTFD);

	return never ? gl_verdict_of(GL_DENY, GL_REASON_UNGRANTABLE, 0, never)
		     : gl_kernel_decide(base, door);
}

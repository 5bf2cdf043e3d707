/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ioctls that need the grant `ioctl`: those that reach round the other hooks.
 * Numbers are of include/uapi/asm-generic/ioctls.h, linux/fs.h and the file
 * systems' own headers.
 */
#pragma once

#include "../abi/types.h"

#define GL_IOCTL_TYPE(cmd) ((cmd) >> 8 & 0xff)
#define GL_IOCTL_READS_ONLY(cmd) (((cmd) >> 30) == 2u)

#define GL_S_IFMT 0170000u
#define GL_S_IFBLK 0060000u

/* Cloning from one open file to another, and looking where a file lies, do no
 * more than read(2) and write(2). */
GL_INLINE int gl_ioctl_harmless(__u32 cmd)
{
	return cmd == 0x40049409u /* FICLONE */ ||
	       cmd == 0x4020940du /* FICLONERANGE */ ||
	       cmd == 0xc0189436u /* FIDEDUPERANGE */ || cmd == 0xc020660bu /* FIEMAP */;
}

/* `mode` is the inode's. */
GL_INLINE int gl_ioctl_asked(__u32 mode, __u32 cmd)
{
	switch (cmd) {
	case 0x5412u: /* TIOCSTI: types on the terminal of who looks at it */
	case 0x541cu: /* TIOCLINUX: pastes there */
	case 0x5423u: /* TIOCSETD: loads line disciplines */
	case 0x8901u: /* FIOSETOWN: a signal for somebody, like F_SETOWN */
	case 0x8902u: /* SIOCSPGRP: the same */
		return 1;
	}
	/* A disk has no names: whatever is done to it is done to all of them. */
	if ((mode & GL_S_IFMT) == GL_S_IFBLK)
		return 1;
	/* File systems' own ('f', 'X', btrfs): flags, snapshots, open by handle,
	 * freezing, resizing. What only reads is left alone. */
	switch (GL_IOCTL_TYPE(cmd)) {
	case 'f':
	case 'X':
	case 0x94:
		return !GL_IOCTL_READS_ONLY(cmd) && !gl_ioctl_harmless(cmd);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Mounts, by the place where they are made or taken away. What is mounted is not
 * asked about: whoever may mount at a place may show anything there. Such a grant
 * makes the file rules below that place meaningless.
 */
#pragma once

#include "guard.h"
#include "path.h"

/* mount(2) that moves names the old place by a string alone: whoever asks for it
 * must be allowed to take away what is at the new one. */
SEC("lsm/sb_mount")
int BPF_PROG(glacis_sb_mount, const char *source, const struct path *path,
	     const char *type, unsigned long flags)
{
	/* The guard first: what lives across the walk's calls takes stack, which is full.
	 */
	int error = gl_guard_mount(path, flags);

	if (error)
		return error;
	return gl_path_check(path, GL_HOOK_SB_MOUNT,
			     flags & GL_MS_MOVE ? GL_FILE_MOUNT | GL_FILE_UMOUNT
						: GL_FILE_MOUNT);
}

/* Taking a tree from its place is like unmounting it. One of fsmount(2) or
 * open_tree(2) has no place yet. */
static __noinline int gl_move_from(struct dentry *dentry, struct vfsmount *mnt)
{
	struct gl_request r = {.hook = GL_HOOK_MOVE_MOUNT,
			       .access = GL_FILE_UMOUNT,
			       .mnt = (__u64)mnt,
			       .dentry = (__u64)dentry};
	struct gl_subject s = {};
	int who = gl_subject_find(&s);

	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	gl_object_decide(&s, &r);
	if (r.ending == GL_ENDING_DETACHED)
		return 0;
	return gl_object_conclude(&s, &r);
}

SEC("lsm/move_mount")
int BPF_PROG(glacis_move_mount, const struct path *from, const struct path *to)
{
	int error = gl_move_from(from->dentry, from->mnt);

	if (!error)
		error = gl_path_check(to, GL_HOOK_MOVE_MOUNT, GL_FILE_MOUNT);
	return error ? error
		     : gl_guard_move((__u64)from->mnt, (__u64)from->dentry,
				     (__u64)to->mnt, (__u64)to->dentry);
}

SEC("lsm/sb_umount")
int BPF_PROG(glacis_sb_umount, struct vfsmount *mnt, int flags)
{
	int error = gl_name_check(mnt, mnt->mnt_root, GL_HOOK_SB_UMOUNT, GL_FILE_UMOUNT);

	return error ? error : gl_guard_umount(mnt, flags);
}

/* Both places. Afterwards the task is in another root than its label's, where
 * nothing is granted. */
SEC("lsm/sb_pivotroot")
int BPF_PROG(glacis_sb_pivotroot, const struct path *old, const struct path *path)
{
	int error = gl_path_check(path, GL_HOOK_SB_PIVOTROOT, GL_FILE_PIVOT_ROOT);

	return error ? error
		     : gl_path_check(old, GL_HOOK_SB_PIVOTROOT, GL_FILE_PIVOT_ROOT);
}

SEC("lsm/path_chroot")
int BPF_PROG(glacis_path_chroot, const struct path *path)
{
	return gl_path_check(path, GL_HOOK_PATH_CHROOT, GL_FILE_CHROOT);
}

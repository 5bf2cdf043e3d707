/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Operations on names. Both names of a link and of a rename need the grant. */
#pragma once

#include "../kern/known.h"

static __noinline int gl_name_check_slowly(struct gl_subject *s, struct dentry *dentry,
					   struct vfsmount *mnt, __u32 hook, __u32 access)
{
	struct gl_request r = {
	    .hook = hook, .access = access, .mnt = (__u64)mnt, .dentry = (__u64)dentry};

	gl_object_decide(s, &r);
	gl_keep_name(s, dentry, mnt, &r);
	return gl_object_conclude(s, &r);
}

GL_INLINE int gl_name_check(struct vfsmount *mnt, struct dentry *dentry, __u32 hook,
			    __u32 access)
{
	struct gl_subject s = {};
	int who = gl_subject_find(&s);

	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	if (!(access & ~gl_known_name(&s, dentry, mnt)))
		return 0;
	return gl_name_check_slowly(&s, dentry, mnt, hook, access);
}

#define GL_X_NAME_HOOK(name, hook, access)                                               \
	SEC("lsm/" #name)                                                                \
	int BPF_PROG(glacis_##name, const struct path *dir, struct dentry *dentry,       \
		     int ret)                                                            \
	{                                                                                \
		return ret ? ret : gl_name_check(dir->mnt, dentry, hook, access);        \
	}

GL_X_NAME_HOOK(path_unlink, GL_HOOK_PATH_UNLINK, GL_FILE_UNLINK)
GL_X_NAME_HOOK(path_rmdir, GL_HOOK_PATH_RMDIR, GL_FILE_RMDIR)

SEC("lsm/path_mkdir")
int BPF_PROG(glacis_path_mkdir, const struct path *dir, struct dentry *dentry,
	     unsigned short mode, int ret)
{
	return ret ? ret
		   : gl_name_check(dir->mnt, dentry, GL_HOOK_PATH_MKDIR, GL_FILE_MKDIR);
}

/* Also how a regular file is made by open(2), and a socket by bind(2). */
SEC("lsm/path_mknod")
int BPF_PROG(glacis_path_mknod, const struct path *dir, struct dentry *dentry,
	     unsigned short mode, unsigned int dev, int ret)
{
	__u32 type = mode & 0170000u;
	__u32 access = GL_FILE_MKNOD;

	if (ret)
		return ret;
	if (!type || type == 0100000u)
		access = GL_FILE_CREATE;
	else if (type == 0140000u)
		access = GL_FILE_UNIX_BIND;
	return gl_name_check(dir->mnt, dentry, GL_HOOK_PATH_MKNOD, access);
}

SEC("lsm/path_symlink")
int BPF_PROG(glacis_path_symlink, const struct path *dir, struct dentry *dentry,
	     const char *target, int ret)
{
	return ret ? ret
		   : gl_name_check(dir->mnt, dentry, GL_HOOK_PATH_SYMLINK,
				   GL_FILE_SYMLINK);
}

/* What of a file's content the new name of a link grants. A second name must not give
 * what the first does not: else who may link could write by one name what he may only
 * read by the other. So this is asked of the old name, whose record says what it lacked.
 * The owner is the file's: of a name that is being made it would be the subject. Walked
 * and not looked up, for the same reason. A name that moves while it is walked, or can't
 * be read, may give anything a moment later: everything is asked. (To take it for one
 * that gives nothing would let who renames beside the link get it past this.) */
static __noinline __u32 gl_link_gives(struct gl_subject *s, struct vfsmount *mnt,
				      struct dentry *dentry, struct inode *inode)
{
	struct gl_request r = {.access = GL_FILE_CONTENT,
			       .mnt = (__u64)mnt,
			       .dentry = (__u64)dentry,
			       .owner = gl_owner_of((__u64)inode)};

	if (gl_path_ask(s, &r) || r.ending == GL_ENDING_UNSTABLE ||
	    r.ending == GL_ENDING_UNREADABLE || r.ending == GL_ENDING_TOO_LONG)
		return GL_FILE_CONTENT;
	return GL_FILE_CONTENT & ~r.verdict.blocker;
}

GL_INLINE int gl_link_name(struct gl_subject *s, struct dentry *name,
			   struct vfsmount *mnt, __u32 access)
{
	if (!(access & ~gl_known_name(s, name, mnt)))
		return 0;
	return gl_name_check_slowly(s, name, mnt, GL_HOOK_PATH_LINK, access);
}

/* link(2) refuses to cross mounts, so the new name's mount is the old one's. For the sake
 * of the stack there are one subject and a loop, and the arguments (the old name, the new
 * one's folder, the new name, what other modules said) are read where they are used. */
SEC("lsm/path_link")
int glacis_path_link(unsigned long long *ctx)
{
	volatile unsigned long long *args = ctx;
	struct gl_subject s = {};
	__u32 access = GL_FILE_LINK;
	int ret = (int)args[3];
	int who;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 3 && !ret; i++) {
		struct dentry *name = (struct dentry *)args[0];

		if (i == 1)
			name = (struct dentry *)args[2];
		if (i == 2)
			access = gl_link_gives(&s, ((const struct path *)args[1])->mnt,
					       (struct dentry *)args[2],
					       ((struct dentry *)args[0])->d_inode);
		ret = gl_link_name(&s, name, ((const struct path *)args[1])->mnt, access);
	}
	return ret;
}

SEC("lsm/path_rename")
int BPF_PROG(glacis_path_rename, const struct path *old_dir, struct dentry *old,
	     const struct path *dir, struct dentry *dentry, unsigned int flags, int ret)
{
	if (!ret)
		ret =
		    gl_name_check(old_dir->mnt, old, GL_HOOK_PATH_RENAME, GL_FILE_RENAME);
	if (!ret)
		ret =
		    gl_name_check(dir->mnt, dentry, GL_HOOK_PATH_RENAME, GL_FILE_RENAME);
	return ret;
}

GL_INLINE int gl_path_check(const struct path *path, __u32 hook, __u32 access)
{
	return gl_name_check(path->mnt, path->dentry, hook, access);
}

SEC("lsm/path_truncate")
int BPF_PROG(glacis_path_truncate, const struct path *path, int ret)
{
	return ret ? ret : gl_path_check(path, GL_HOOK_PATH_TRUNCATE, GL_FILE_TRUNCATE);
}

SEC("lsm/path_chmod")
int BPF_PROG(glacis_path_chmod, const struct path *path, unsigned short mode, int ret)
{
	return ret ? ret : gl_path_check(path, GL_HOOK_PATH_CHMOD, GL_FILE_CHMOD);
}

SEC("lsm/path_chown")
int BPF_PROG(glacis_path_chown, const struct path *path, unsigned long long uid,
	     unsigned long long gid, int ret)
{
	return ret ? ret : gl_path_check(path, GL_HOOK_PATH_CHOWN, GL_FILE_CHOWN);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is granted on a name or file by a walk that was made before (cache.h).
 * Each function gives the granted accesses, 0 when nothing is known; whoever
 * needs more than that walks.
 */
#pragma once

#include "cache.h"

#define GL_NAME_SHORT 32 /* the least that a dentry has room for */

/* Whether names of this filesystem change by this kernel alone. */
GL_INLINE int gl_cacheable(const struct inode *inode)
{
	unsigned long magic = inode->i_sb->s_magic;

	return magic == GL_MAGIC_EXT4 || magic == GL_MAGIC_XFS ||
	       magic == GL_MAGIC_TMPFS || magic == GL_MAGIC_BTRFS ||
	       magic == GL_MAGIC_OVERLAYFS;
}

/* Whether change times of its files can be told apart, and are of the inode that
 * has the names. */
GL_INLINE int gl_cacheable_file(const struct inode *inode)
{
	return gl_cacheable(inode) && inode->i_sb->s_magic != GL_MAGIC_OVERLAYFS &&
	       inode->i_sb->s_time_gran <= GL_CACHE_GRANULARITY;
}

extern int LINUX_KERNEL_VERSION __kconfig;

/* Up to 6.12 the storage of a directory can be asked for by way of a file; later
 * kernels' verifier wants an inode that the kernel handed out itself, and gives
 * none on that way. There a file has its own entry or none. */
GL_INLINE int gl_file_has_folder(void)
{
	return LINUX_KERNEL_VERSION < KERNEL_VERSION(6, 13, 0);
}

/* Whether the last name is one that a directory's entry can speak of: there, and
 * not the root of its mount, whose name is the mount point's. */
GL_INLINE int gl_named(struct dentry *dentry, struct vfsmount *mnt)
{
	return dentry != mnt->mnt_root && (!dentry->d_inode || dentry->d_hash.pprev);
}

GL_INLINE void gl_place_of(struct gl_place *p, struct dentry *dentry,
			   struct vfsmount *mnt, __u32 from)
{
	p->dentry = dentry;
	p->inode = dentry->d_inode;
	p->mnt = (__u64)mnt;
	p->from = from;
}

/* A name, up to the size of the buffer. One that lies in its dentry is copied
 * without a call; what follows it there does no harm. */
GL_INLINE int gl_name_read(struct gl_name *name, const struct dentry *dentry, __u32 len)
{
	const __u8 *text = dentry->d_name.name;
	const __u8 *inside = bpf_core_field_exists(dentry->d_iname)
				 ? dentry->d_iname
				 : dentry->d_shortname.string;

	if (text != inside || len > GL_NAME_SHORT)
		return bpf_probe_read_kernel(name, sizeof(*name), text) ? -1 : 0;
	for (int i = 0; i < GL_NAME_SHORT / 8; i++)
		((__u64 *)name)[i] = ((const __u64 *)inside)[i];
	return 0;
}

/* The state to which a name leads, if it is not a long one, by the image that the
 * domain had when the operation began. */
GL_INLINE int gl_name_state(const struct gl_subject *s, struct dentry *dentry,
			    __u32 *state)
{
	__u32 len = dentry->d_name.len;
	struct gl_name name = {};
	const struct gl_head *head;
	int same = 0;

	if (len > GL_NAME_CHUNK || gl_name_read(&name, dentry, len))
		return -1;
#define GL_NAME_CALL(n)                                                                  \
	head = blob;                                                                     \
	same = head->loaded.generation == s->generation;                                 \
	*state = gl_feed_##n(blob, &name, head->image.start, len | GL_FEED_SLASH)
	GL_WITH_IMAGE(s, GL_NAME_CALL);
	return same ? 0 : -1;
}

/* What is granted where a walk ended. */
GL_INLINE __u32 gl_end_granted(const struct gl_end *end, const struct inode *inode)
{
	struct gl_accept accept = {.allow = end->allow,
				   .allow_self = end->allow_self,
				   .allow_root = end->allow_root};

	return gl_file_granted(&accept,
			       inode ? gl_owner_is(inode->i_uid.val) : GL_OWNER_SELF);
}

/* Where a walk ended that is to be kept. Nothing is kept of what makes code of a file
 * whose content counts: that is looked at each time. */
GL_INLINE void gl_end_of(const struct gl_request *r, struct gl_end *end)
{
	__u32 kept = r->path.accept.allow & GL_FILE_DIGEST ? ~GL_FILE_CODE : ~0u;

	end->allow = r->path.accept.allow & kept;
	end->allow_self = r->path.accept.allow_self & kept;
	end->allow_root = r->path.accept.allow_root & kept;
	end->generation = r->path.generation;
	end->mount_seq = r->path.mount_seq;
	end->rename_seq = r->path.rename_seq;
}

GL_INLINE __u32 gl_known_above(const struct gl_subject *s, struct dentry *dentry,
			       struct vfsmount *mnt, struct gl_end *end)
{
	struct gl_place p = {};

	if (gl_no_cache || !gl_may_know(s) || !gl_named(dentry, mnt))
		return 0;
	if (gl_name_state(s, dentry, &p.from))
		return 0;
	gl_place_of(&p, dentry->d_parent, mnt, p.from);
	return gl_cache_find(s, &p, end) ? gl_end_granted(end, dentry->d_inode) : 0;
}

/* By the directory of a name. */
static __noinline __u32 gl_known_name(const struct gl_subject *s, struct dentry *dentry,
				      struct vfsmount *mnt)
{
	struct gl_end end = {};

	return gl_known_above(s, dentry, mnt, &end);
}

/* Keep what a walk found of the directory of a name. Apart, for the sake of the
 * stack. */
static __noinline int gl_keep_name(const struct gl_subject *s, struct dentry *dentry,
				   struct vfsmount *mnt, const struct gl_request *r)
{
	struct gl_place p = {};
	struct gl_end end;

	if (gl_no_cache || !r->stable || r->ending != GL_ENDING_ROOTED ||
	    r->dentry != (__u64)dentry || r->mnt != (__u64)mnt || !gl_named(dentry, mnt))
		return 0;
	gl_place_of(&p, dentry->d_parent, mnt, r->path.above);
	gl_end_of(r, &end);
	if (gl_cacheable(p.inode))
		gl_cache_write(s, &p, &end);
	return 0;
}

/* A file's own place, if it has exactly one name now. */
GL_INLINE int gl_place_of_file(struct gl_place *p, struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;

	p->dentry = dentry;
	p->inode = file->f_inode;
	p->mnt = (__u64)file->f_path.mnt;
	p->file = 1;
	return dentry->d_inode == p->inode && p->inode->i_nlink == 1 &&
	       dentry->d_hash.pprev;
}

/* Perhaps keep where a file's own place leads. */
static __noinline int gl_keep_file(const struct gl_subject *s, struct file *file,
				   const struct gl_end *end)
{
	struct gl_place p = {};

	if (bpf_get_prandom_u32() % GL_CACHE_CHANCE == 0 && gl_place_of_file(&p, file) &&
	    gl_cacheable_file(p.inode))
		gl_cache_write(s, &p, end);
	return 0;
}

/* By a file's own entry, else by its directory's. */
static __noinline __u32 gl_known_file(const struct gl_subject *s, struct file *file)
{
	struct gl_place p = {};
	struct gl_end end = {};
	__u32 granted;

	if (gl_no_cache || !gl_may_know(s) || file->f_mode & gl_fmode_backing)
		return 0;
	if (gl_place_of_file(&p, file) && gl_cache_find(s, &p, &end))
		return gl_end_granted(&end, p.inode);
	if (!gl_file_has_folder())
		return 0;
	granted = gl_known_above(s, file->f_path.dentry, file->f_path.mnt, &end);
	if (granted)
		gl_keep_file(s, file, &end);
	return granted;
}

/* Keep what the walk to an open file found. */
static __noinline int gl_keep_walk(const struct gl_subject *s, struct file *file,
				   const struct gl_request *r)
{
	struct gl_end end;

	if (gl_file_has_folder())
		return gl_keep_name(s, file->f_path.dentry, file->f_path.mnt, r);
	gl_end_of(r, &end);
	if (!gl_no_cache && r->stable && r->ending == GL_ENDING_ROOTED &&
	    !(file->f_mode & gl_fmode_backing))
		gl_keep_file(s, file, &end);
	return 0;
}

static __noinline int gl_file_walk(struct gl_subject *s, struct file *file, __u32 hook,
				   __u32 access)
{
	struct gl_request r = {.hook = hook, .access = access};

	return gl_file_object_check(s, &r, (__u64)file);
}

/* One access to a file that is open: by what is known, else by a walk. The request
 * is the walk's alone, so that a hit need not clear it. */
GL_INLINE int gl_file_ask(struct gl_subject *s, struct file *file, __u32 hook,
			  __u32 access)
{
	if (!(access & ~gl_known_file(s, file)))
		return 0;
	return gl_file_walk(s, file, hook, access);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening files, and what an open file allows later. */
#pragma once

#include "../kern/cache.h"

#define GL_FMODE_READ 1u
#define GL_FMODE_WRITE 2u
#define GL_FMODE_EXEC 0x20u /* in f_flags: the kernel opens it to run it */
#define GL_O_APPEND 02000u
#define GL_F_SETFL 4

GL_INLINE __u32 gl_open_access(struct file *file)
{
	__u32 mode = file->f_mode;
	__u32 flags = file->f_flags;
	__u32 access = 0;

	if (mode & GL_FMODE_READ)
		access |= GL_FILE_READ;
	if (mode & GL_FMODE_WRITE)
		access |= flags & GL_O_APPEND ? GL_FILE_APPEND : GL_FILE_WRITE;
	return access;
}

/*
 * An open for execution hands no descriptor to anyone: the program itself is
 * decided in bprm_check_security, at each level, and what the kernel maps of it
 * in mmap_file. Here it is enough that the file is one that may be run or mapped
 * at all; which of the two, the other hooks ask. (The loader is opened so too,
 * and has map_exec only.)
 */
GL_INLINE void gl_open_exec(struct gl_subject *s, struct gl_request *r)
{
	r->access = GL_FILE_MAP_EXEC;
	gl_object_decide(s, r);
	if (r->verdict.decision == GL_ALLOW)
		return;
	r->access = GL_FILE_EXECUTE;
	gl_object_decide(s, r);
}

/* The cache of a file, if it may be used for it. */
GL_INLINE int gl_open_cached(struct gl_subject *s, struct file *file, __u32 access)
{
	const struct gl_head *head;
	struct gl_cache *cache;

	if (gl_no_cache || file->f_flags & GL_FMODE_EXEC)
		return 0;
	cache = bpf_inode_storage_get(&decisions, file->f_inode, 0, 0);
	if (!cache)
		return 0;
	head = gl_head(s);
	return head && gl_cache_allows(s, head, file, cache, access);
}

/* A function of its own, for the sake of the stack below gl_open_decide(). */
static __noinline int gl_open_keep(struct gl_subject *s, struct file *file,
				   const struct gl_request *r)
{
	const struct gl_head *head;
	struct gl_cache *cache;

	if (gl_no_cache || !r->stable || r->ending != GL_ENDING_ROOTED ||
	    !gl_cacheable(file->f_inode) || !gl_cache_named(file))
		return 0;
	head = gl_head(s);
	if (!head)
		return 0;
	cache = bpf_inode_storage_get(&decisions, file->f_inode, 0, 0);
	if (!cache && gl_cache_admit(s))
		cache = bpf_inode_storage_get(&decisions, file->f_inode, 0,
					      BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (cache)
		gl_cache_write(s, head, file, cache, r);
	return 0;
}

/* Apart from the hook, which then need not clear a request that the cache makes
 * unnecessary. */
static __noinline int gl_open_decide(struct gl_subject *s, struct file *file,
				     __u32 access)
{
	struct gl_request r = {.hook = GL_HOOK_FILE_OPEN, .access = access};

	if (gl_object_of_file((__u64)file, &r))
		return gl_object_unreadable(s, &r);
	if (file->f_flags & GL_FMODE_EXEC) {
		gl_open_exec(s, &r);
		return gl_object_conclude(s, &r);
	}
	if (!access)
		return 0; /* opened with access mode 3: for ioctl alone */
	gl_object_decide(s, &r);
	gl_open_keep(s, file, &r);
	return gl_object_conclude(s, &r);
}

SEC("lsm/file_open")
int BPF_PROG(glacis_file_open, struct file *file, int ret)
{
	struct gl_subject s = {};
	__u32 access;
	int who;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	access = gl_open_access(file);
	if (!gl_open_cached(&s, file, access))
		return gl_open_decide(&s, file, access);
	if (s.label && s.label->inside)
		s.label->inside = 0; /* only what is not an overlay is cached */
	return 0;
}

/* One object of an already open file. */
GL_INLINE int gl_file_check(struct file *file, __u32 hook, __u32 access)
{
	struct gl_subject s = {};
	struct gl_request r = {.hook = hook, .access = access};
	int who = gl_subject_find(&s);

	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	return gl_file_object_check(&s, &r, (__u64)file);
}

SEC("lsm/file_lock")
int BPF_PROG(glacis_file_lock, struct file *file, unsigned int cmd, int ret)
{
	return ret ? ret : gl_file_check(file, GL_HOOK_FILE_LOCK, GL_FILE_LOCK);
}

/* From 6.2 on this one, not path_truncate, sees ftruncate(2) and O_TRUNC. */
SEC("lsm/file_truncate")
int BPF_PROG(glacis_file_truncate, struct file *file, int ret)
{
	return ret ? ret : gl_file_check(file, GL_HOOK_FILE_TRUNCATE, GL_FILE_TRUNCATE);
}

/* Whoever may only append must not take O_APPEND away: that asks for write. */
SEC("lsm/file_fcntl")
int BPF_PROG(glacis_file_fcntl, struct file *file, unsigned int cmd, unsigned long arg,
	     int ret)
{
	if (ret || cmd != GL_F_SETFL)
		return ret;
	if (!(file->f_mode & GL_FMODE_WRITE) || !(file->f_flags & GL_O_APPEND) ||
	    arg & GL_O_APPEND)
		return 0;
	return gl_file_check(file, GL_HOOK_FILE_FCNTL, GL_FILE_WRITE);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* File objects: from what a hook is given to a path, and from a path to what the
 * hook returns. */
#pragma once

#include "../decide/digest.h"
#include "content.h"
#include "nested.h"

/* The bit of f_mode that marks the inner file of a stacked filesystem, measured when
 * the programs are loaded (layout.bpf.c); 0 where there is none, up to 6.4. Not told
 * from the kernel's version: stable releases have moved it. */
const volatile __u32 gl_fmode_backing = 0;

struct backing_file___user_file {
	struct file user_path_file;
} CORE;

/*
 * A file's path, as the user who opened it sees it. A stacked filesystem opens
 * the file of its layer once more; from 6.5 that second file has a path on a
 * private mount, and remembers the user's path beside it. Reading that one gives
 * the inner open the same verdict as the outer one. (Up to 6.4 the inner file
 * has the user's path itself.) FMODE_BACKING is set by the kernel alone.
 */
GL_INLINE int gl_object_of_file(__u64 address, struct gl_request *r)
{
	struct file *file = (void *)address;
	struct path *path = &file->f_path;
	__u32 mode = 0;

	if (bpf_core_read(&mode, sizeof(mode), &file->f_mode))
		return -1;
	if (bpf_core_type_exists(struct backing_file) && mode & gl_fmode_backing) {
		if (bpf_core_field_exists(struct backing_file, user_path))
			path = &((struct backing_file *)file)->user_path;
		else
			path = &((struct backing_file___user_file *)file)
				    ->user_path_file.f_path;
	}
	return bpf_core_read(&r->mnt, 8, &path->mnt) ||
		       bpf_core_read(&r->dentry, 8, &path->dentry)
		   ? -1
		   : 0;
}

/* Owner of an inode from the subject's point of view. What is being made, and so
 * has no inode yet, will be the subject's own. The subject is who it is, not
 * whose credentials it borrows for a moment (overlayfs, io_uring). */
GL_INLINE __u32 gl_owner_is(__u32 uid)
{
	__u32 fsuid = bpf_get_current_task_btf()->real_cred->fsuid.val;

	return (uid == fsuid ? GL_OWNER_SELF : 0) | (uid ? 0 : GL_OWNER_ROOT);
}

GL_INLINE __u32 gl_owner_of(__u64 inode)
{
	__u32 uid = bpf_get_current_task_btf()->real_cred->fsuid.val;

	if (inode &&
	    bpf_core_read(&uid, sizeof(uid), &((struct inode *)inode)->i_uid.val))
		return 0;
	return gl_owner_is(uid);
}

GL_INLINE void gl_object_owner(struct gl_request *r)
{
	struct dentry *dentry = (void *)r->dentry;
	__u64 inode = 0;

	r->class_ = GL_CLASS_FILE;
	r->owner = 0;
	if (!bpf_core_read(&inode, 8, &dentry->d_inode))
		r->owner = gl_owner_of(inode);
}

#define GL_X_DIGEST_SAID(n, bits)                                                        \
	__noinline int gl_digest_said_##n(const struct gl_blob_##n *blob,                \
					  struct gl_request *r)                          \
	{                                                                                \
		if (!blob || !r)                                                         \
			return 0;                                                        \
		r->verdict =                                                             \
		    gl_digest_refused(blob->image, (1u << (bits)) - 1, &r->path.accept); \
		return 0;                                                                \
	}
GL_IMAGE_SIZES(GL_X_DIGEST_SAID)

/* Whether a file is, to this domain, still what it was when it was hashed. */
static __noinline int gl_digest_holds(const struct gl_subject *s,
				      const struct gl_request *r)
{
	struct gl_file_key key = {.domain = GL_DOMAIN_WORD_ID(s->word)};
	struct dentry *dentry = (void *)r->dentry;
	struct gl_file_state now = {}, *kept;
	__u64 inode = 0;

	if (bpf_core_read(&inode, sizeof(inode), &dentry->d_inode) ||
	    gl_file_state_read(inode, &key, &now)) {
		gl_count(GL_COUNTER_OBJECT_UNREADABLE);
		return 0;
	}
	kept = bpf_map_lookup_elem(&digests, &key);
	return kept && gl_file_state_same(kept, &now);
}

/* What was granted, and becomes code: unless its content is not the one named. */
GL_INLINE void gl_object_judge(const struct gl_subject *s, struct gl_request *r)
{
	if (r->verdict.decision != GL_ALLOW || r->ending != GL_ENDING_ROOTED ||
	    !gl_digest_asked(&r->path.accept, r->access) || gl_digest_holds(s, r))
		return;
#define GL_DIGEST_CALL(n) gl_digest_said_##n(blob, r)
	if (GL_WITH_IMAGE(s, GL_DIGEST_CALL))
		r->verdict = gl_failure(gl_head(s), r->access);
}

/* The long way: a walk, and what the image says. */
GL_INLINE void gl_object_decide(struct gl_subject *s, struct gl_request *r)
{
	gl_object_owner(r);
	if (gl_path_ask(s, r))
		r->verdict = gl_failure(gl_head(s), r->access);
	else
		gl_object_judge(s, r);
}

/* From the decision to what the hook returns. */
GL_INLINE int gl_object_conclude(struct gl_subject *s, struct gl_request *r)
{
	if (r->verdict.decision != GL_ALLOW && gl_nested(r))
		return 0;
	return gl_conclude(s, r, -GL_EACCES);
}

GL_INLINE int gl_object_check(struct gl_subject *s, struct gl_request *r)
{
	gl_object_decide(s, r);
	return gl_object_conclude(s, r);
}

/* An object that could not even be described. */
GL_INLINE int gl_object_unreadable(struct gl_subject *s, struct gl_request *r)
{
	gl_count(GL_COUNTER_OBJECT_UNREADABLE);
	r->class_ = GL_CLASS_FILE;
	r->ending = GL_ENDING_UNREADABLE;
	r->mnt = 0;
	r->dentry = 0;
	r->verdict = gl_failure(gl_head(s), r->access);
	return gl_conclude(s, r, -GL_EACCES);
}

GL_INLINE int gl_file_object_check(struct gl_subject *s, struct gl_request *r, __u64 file)
{
	if (gl_object_of_file(file, r))
		return gl_object_unreadable(s, r);
	return gl_object_check(s, r);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Times, extended attributes and access lists. The kernel gives their hooks a
 * file without the mount that it was reached by. So each mount of the file's
 * filesystem in the mount namespace of the subject's root is tried: those that
 * show the file below that root must all grant `attributes`, whichever was used.
 * A file that none of them shows is of another root.
 *
 * The list of mounts changes only under mount_lock: a pass over it counts if the
 * lock's sequence was even and did not change; a refusal counts under the same condition.
 * Beyond GL_MOUNTS mounts, passes added up, the object is refused, and counted.
 */
#pragma once

#include "../kern/object.h"

#define GL_MOUNTS 64

/* include/linux/fs.h */
#define GL_ATTR_MODE 1u
#define GL_ATTR_UID 2u
#define GL_ATTR_GID 4u
#define GL_ATTR_SIZE 8u
#define GL_ATTR_ATIME 16u
#define GL_ATTR_MTIME 32u

/* Where a pass over the mounts is. */
struct gl_mount_scan {
	__u64 entry; /* of the list */
	__u32 seq;   /* of mount_lock when the pass began */
	__u32 begun;
};

enum gl_picked {
	GL_PICKED_MOUNT = 0, /* a next one to try, in the request */
	GL_PICKED_AGAIN,     /* mounts changed: all begins anew */
	GL_PICKED_END,	     /* there are no more, and none has changed */
	GL_PICKED_TOO_MANY,
	GL_PICKED_UNREADABLE,
};

struct super_block___list {
	struct list_head s_mounts;
} CORE;

struct super_block___chain {
	struct mount *s_mounts; /* from 6.18 */
} CORE;

/* The entry of a filesystem's list of mounts: at its head, and behind a mount. On
 * older kernels it is a place in a ring, on newer ones the mount itself. */
GL_INLINE int gl_mount_first(__u64 sb, __u64 *entry)
{
	struct mount *mount = NULL;

	if (bpf_core_field_exists(mount->mnt_next_for_sb))
		return bpf_core_read(entry, 8,
				     &((struct super_block___chain *)sb)->s_mounts);
	return bpf_core_read(entry, 8, &((struct super_block___list *)sb)->s_mounts.next);
}

GL_INLINE int gl_mount_next(__u64 *entry)
{
	struct mount *mount = NULL;

	if (bpf_core_field_exists(mount->mnt_next_for_sb))
		return bpf_core_read(entry, 8,
				     &((struct mount *)*entry)->mnt_next_for_sb);
	return bpf_core_read(entry, 8, &((struct list_head *)*entry)->next);
}

/* The mount of an entry, 0 behind the last one. */
GL_INLINE __u64 gl_mount_of(__u64 sb, __u64 entry)
{
	struct mount *mount = NULL;

	if (bpf_core_field_exists(mount->mnt_next_for_sb))
		return entry;
	if (entry == sb + bpf_core_field_offset(struct super_block___list, s_mounts))
		return 0;
	return entry - bpf_core_field_offset(struct mount, mnt_instance);
}

GL_INLINE __u64 gl_root_namespace(const struct gl_subject *s)
{
	__u32 number = s->root;
	struct gl_root *root = bpf_map_lookup_elem(&roots, &number);
	struct mount *mount;
	__u64 ns = 0;

	if (!root || !root->mnt)
		return 0;
	mount = (void *)(root->mnt - bpf_core_field_offset(struct mount, mnt));
	bpf_core_read(&ns, 8, &mount->mnt_ns);
	return ns;
}

/* The next mount of the object's filesystem in the namespace of the subject's root. */
__noinline int gl_mount_pick(const struct gl_subject *s, struct gl_request *r,
			     struct gl_mount_scan *scan)
{
	struct dentry *dentry;
	__u64 sb = 0, ns, own;

	if (!s || !r || !scan)
		return GL_PICKED_UNREADABLE;
	dentry = (void *)r->dentry;
	own = gl_root_namespace(s);
	if (!own || bpf_core_read(&sb, 8, &dentry->d_sb))
		return GL_PICKED_UNREADABLE;
	if (!scan->begun) {
		scan->begun = 1;
		scan->seq = gl_sequence(&mount_lock);
		if (gl_mount_first(sb, &scan->entry))
			return GL_PICKED_UNREADABLE;
	}
	GL_LOOP(i, GL_MOUNTS)
	{
		struct mount *mount = (void *)gl_mount_of(sb, scan->entry);

		if (!mount) {
			if (!(scan->seq & 1) && scan->seq == gl_sequence(&mount_lock))
				return GL_PICKED_END;
			return GL_PICKED_AGAIN;
		}
		if (bpf_core_read(&ns, 8, &mount->mnt_ns) || gl_mount_next(&scan->entry))
			return GL_PICKED_UNREADABLE;
		if (ns == own) {
			r->mnt = (__u64)mount + bpf_core_field_offset(struct mount, mnt);
			return GL_PICKED_MOUNT;
		}
	}
	return GL_PICKED_TOO_MANY;
}

/* The verdict on what was not decided by a path. */
GL_INLINE void gl_attribute_unshown(struct gl_subject *s, struct gl_request *r,
				    __u32 ending)
{
	const struct gl_head *head = gl_head(s);

	r->ending = ending;
	r->verdict = head
			 ? gl_ending_decide((const __u8 *)&head->image, ending, r->access)
			 : gl_failure(head, r->access);
}

/* What no mount shows: a memory file, a pipe, a socket, a process; or a file of
 * another root. */
GL_INLINE void gl_attribute_hidden(struct gl_subject *s, struct gl_request *r)
{
	r->ending = GL_ENDING_INTERNAL;
	gl_ending_refine(r);
	gl_attribute_unshown(
	    s, r, r->ending == GL_ENDING_INTERNAL ? GL_ENDING_FOREIGN_ROOT : r->ending);
}

/* What the mount in the request shows. Global: looked at once by the verifier, and not at
 * each turn of the loop. */
__noinline int gl_attribute_ask(struct gl_subject *s, struct gl_request *r)
{
	if (!s || !r)
		return 0;
	gl_object_decide(s, r);
	return 0;
}

GL_INLINE void gl_attribute_decide(struct gl_subject *s, struct gl_request *r)
{
	struct gl_mount_scan scan = {};
	__u32 shown = 0, ending = GL_ENDING_UNSTABLE;

	GL_LOOP(i, GL_MOUNTS)
	{
		int picked = gl_mount_pick(s, r, &scan);

		if (picked == GL_PICKED_MOUNT) {
			gl_attribute_ask(s, r);
			if (r->ending == GL_ENDING_DISCONNECTED ||
			    r->ending == GL_ENDING_FOREIGN_ROOT)
				continue;
			shown = 1;
			if (r->verdict.decision == GL_ALLOW)
				continue;
			if (scan.seq == gl_sequence(&mount_lock))
				return; /* refused */
			picked = GL_PICKED_AGAIN;
		}
		if (picked == GL_PICKED_AGAIN) {
			gl_count(GL_COUNTER_WALK_RETRIED);
			scan.begun = 0;
			shown = 0;
			continue;
		}
		if (picked == GL_PICKED_END) {
			if (shown) /* the last one tried may not have shown it */
				r->verdict.decision = GL_ALLOW;
			else
				gl_attribute_hidden(s, r);
			return;
		}
		ending = picked == GL_PICKED_TOO_MANY ? GL_ENDING_TOO_LONG
						      : GL_ENDING_UNREADABLE;
		break;
	}
	gl_count(ending == GL_ENDING_UNSTABLE ? GL_COUNTER_WALK_UNSTABLE
					      : GL_COUNTER_OBJECT_UNREADABLE);
	gl_attribute_unshown(s, r, ending);
}

/* The dentry is that hook's argument of this number. What a stacked filesystem
 * does to its layers by its mounter's credentials was decided above it, by the
 * argument of gl_credentials_kernels(). */
GL_INLINE int gl_attribute_check(unsigned long long *ctx, __u32 argument, __u32 hook)
{
	struct gl_request r = {.hook = hook, .access = GL_FILE_ATTRIBUTES};
	struct gl_subject s = {};
	int who = gl_subject_find(&s);

	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	if (gl_credentials_kernels()) {
		gl_count(GL_COUNTER_NESTED);
		return 0;
	}
	r.class_ = GL_CLASS_FILE;
	if (bpf_get_func_arg(ctx, argument, &r.dentry) || !r.dentry)
		return gl_object_unreadable(&s, &r);
	gl_attribute_decide(&s, &r);
	return gl_conclude(&s, &r, -GL_EACCES);
}

/* Times are asked about here; mode, owner and size have hooks of their own, which
 * come before this one, and set times as they go. */
GL_INLINE int gl_sets_times(unsigned long long *ctx, __u32 argument)
{
	__u32 valid = 0;
	__u64 attr = 0;

	if (bpf_get_func_arg(ctx, argument, &attr) ||
	    bpf_core_read(&valid, sizeof(valid), &((struct iattr *)attr)->ia_valid))
		return 1;
	return valid & (GL_ATTR_ATIME | GL_ATTR_MTIME) &&
	       !(valid & (GL_ATTR_MODE | GL_ATTR_UID | GL_ATTR_GID | GL_ATTR_SIZE));
}

/* (dentry, attr) on 6.1, (idmap, dentry, attr) later. */
SEC("lsm/inode_setattr")
int glacis_inode_setattr(unsigned long long *ctx)
{
	__u32 dentry = bpf_get_func_arg_cnt(ctx) > 2;

	if (!gl_sets_times(ctx, dentry + 1))
		return 0;
	return gl_attribute_check(ctx, dentry, GL_HOOK_INODE_SETATTR);
}

#define GL_X_ATTRIBUTE_HOOK(name, argument, hook)                                        \
	SEC("lsm/" #name)                                                                \
	int glacis_##name(unsigned long long *ctx)                                       \
	{                                                                                \
		return gl_attribute_check(ctx, argument, hook);                          \
	}

GL_X_ATTRIBUTE_HOOK(inode_setxattr, 1, GL_HOOK_INODE_SETXATTR)
GL_X_ATTRIBUTE_HOOK(inode_removexattr, 1, GL_HOOK_INODE_REMOVEXATTR)
GL_X_ATTRIBUTE_HOOK(inode_set_acl, 1, GL_HOOK_INODE_SET_ACL)
GL_X_ATTRIBUTE_HOOK(inode_remove_acl, 1, GL_HOOK_INODE_REMOVE_ACL)
GL_X_ATTRIBUTE_HOOK(inode_file_setattr, 0, GL_HOOK_INODE_FILE_SETATTR)

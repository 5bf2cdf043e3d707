/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The decision cache: what the automaton said of a file, kept with its inode.
 *
 * A hit skips the walk, so it must prove that the walk would lead through the
 * same names to the same root. What can change that, and why it is noticed:
 *
 *   a rename of the file or of any directory above it   the kernel's rename_lock
 *       sequence, which every d_move() advances, differs
 *   a mount, umount, move or pivot anywhere             mount_lock differs
 *   another subject root                                the entry names its root
 *   another name by link(2)                             more than one link: a miss
 *   link(2) to a new name and unlink(2) of the old one  both write the inode's
 *       change time. An entry becomes usable only when, GL_CACHE_SETTLE after its
 *       first sight, a second walk found it unchanged: from then on the clock
 *       has left the tick of that change time, so that a later change shows.
 *       File systems with coarser times are not cached
 *   the name was removed                                unhashed: a miss
 *   another dentry at a freed one's address             needs the inode's only
 *       name to have been removed, or the dentry dropped and looked up again;
 *       then parent and name hash still match only for the same name in a
 *       directory at the same address, and that directory can have moved there
 *       only by a rename (rename_lock) or by the link and unlink above
 *   another policy                                      generation and domain
 *   a torn entry                                        each entry is written
 *       under its own sequence and re-checked after it is read
 *   names that change without the kernel doing it       only filesystems whose
 *       names live here are cached (gl_cacheable): no NFS, 9p, FUSE, overlay
 *
 * Files only, and only in file_open: there the inode comes as a typed pointer.
 *
 * x86 keeps loads in order and stores in order; on a weaker machine
 * gl_cache_allows() and gl_cache_write() need barriers, and are the only places.
 *
 * Only what the accept record says is kept, never a verdict: the owner is
 * compared again at each hit. Refusals always take the long way.
 */
#pragma once

#include "../abi/cache.h"
#include "object.h"

#define GL_CACHE_SETTLE 20000000ull /* nanoseconds: two ticks at HZ=100 */
#define GL_CACHE_GRANULARITY 10000000u
#define GL_CACHE_SHARE 65536ull /* inodes that one domain may occupy */

/* 1 in tests and benchmarks that need the long way. */
const volatile __u32 gl_no_cache = 0;

enum gl_super_magic {
	GL_MAGIC_EXT4 = 0xEF53,
	GL_MAGIC_XFS = 0x58465342,
	GL_MAGIC_TMPFS = 0x01021994,
};
#define GL_MAGIC_BTRFS 0x9123683Eul

struct gl_time {
	__u64 sec;
	__u64 nsec;
};

GL_INLINE struct gl_time gl_cache_time(const struct inode *inode)
{
	struct gl_time t;

	if (bpf_core_field_exists(inode->i_ctime_sec)) {
		t.sec = inode->i_ctime_sec;
		t.nsec = inode->i_ctime_nsec;
	} else if (bpf_core_field_exists(inode->__i_ctime)) {
		t.sec = inode->__i_ctime.tv_sec;
		t.nsec = inode->__i_ctime.tv_nsec;
	} else {
		t.sec = inode->i_ctime.tv_sec;
		t.nsec = inode->i_ctime.tv_nsec;
	}
	return t;
}

/* Whether an open file has exactly one name now. (A stacked filesystem's inner
 * file has another inode than its name.) */
GL_INLINE int gl_cache_named(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct inode *inode = file->f_inode;

	return dentry->d_inode == inode && inode->i_nlink == 1 && dentry->d_hash.pprev;
}

GL_INLINE __u64 gl_name_hash(const struct dentry *dentry)
{
	return dentry->d_name.hash | (__u64)dentry->d_name.len << 32;
}

/* Whether an entry was made for this name, subject, image and time of change. */
GL_INLINE int gl_cache_same(const volatile struct gl_cache_entry *e,
			    const struct gl_subject *s, const struct gl_head *head,
			    struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct gl_time t = gl_cache_time(file->f_inode);

	return e->dentry == (__u64)dentry && e->domain == GL_DOMAIN_WORD_ID(s->word) &&
	       e->generation == head->loaded.generation &&
	       e->hash_len == gl_name_hash(dentry) &&
	       e->parent == (__u64)dentry->d_parent &&
	       e->mnt == (__u64)file->f_path.mnt && e->root == s->root &&
	       e->ctime_nsec == t.nsec && e->ctime_sec == t.sec;
}

GL_INLINE struct gl_cache_entry *gl_cache_way(struct gl_cache *cache,
					      const struct gl_subject *s)
{
	return &cache->ways[s->slot & (GL_CACHE_WAYS - 1)];
}

/* 1 if the cache shows that the access is granted; anything else is a miss. */
GL_INLINE int gl_cache_allows(const struct gl_subject *s, const struct gl_head *head,
			      struct file *file, struct gl_cache *cache, __u32 access)
{
	const volatile struct gl_cache_entry *e = gl_cache_way(cache, s);
	struct gl_accept accept = {};
	__u32 seq = e->seq;
	__u32 granted;

	if (seq & 1 || e->unsettled || !gl_cache_named(file) ||
	    !gl_cache_same(e, s, head, file))
		return 0;
	accept.allow = e->allow;
	accept.allow_self = e->allow_self;
	accept.allow_root = e->allow_root;
	granted = accept.allow;
	if (access & ~granted)
		granted = gl_file_granted(&accept, gl_owner_of((__u64)file->f_inode));
	/* Even, and still the entry's, which were even. */
	return !(access & ~granted) && e->mount_seq == gl_sequence(&mount_lock) &&
	       e->rename_seq == gl_sequence(&rename_lock) && e->seq == seq;
}

GL_INLINE int gl_cacheable(const struct inode *inode)
{
	const struct super_block *sb = inode->i_sb;
	unsigned long magic = sb->s_magic;

	return (magic == GL_MAGIC_EXT4 || magic == GL_MAGIC_XFS ||
		magic == GL_MAGIC_TMPFS || magic == GL_MAGIC_BTRFS) &&
	       sb->s_time_gran <= GL_CACHE_GRANULARITY;
}

/* Whether one more inode may carry a cache for this domain. */
GL_INLINE int gl_cache_admit(const struct gl_subject *s)
{
	__u32 slot = s->slot;
	struct gl_domain_counts *domain = bpf_map_lookup_elem(&domain_counts, &slot);

	if (!domain || domain->cached >= GL_CACHE_SHARE) {
		gl_count(GL_COUNTER_CACHE_FULL);
		return 0;
	}
	__sync_fetch_and_add(&domain->cached, 1);
	return 1;
}

/* Keep what a walk that counted found. Two walks, the settle time apart, make
 * an entry usable. */
GL_INLINE void gl_cache_write(const struct gl_subject *s, const struct gl_head *head,
			      struct file *file, struct gl_cache *cache,
			      const struct gl_request *r)
{
	struct gl_cache_entry *e = gl_cache_way(cache, s);
	struct gl_time t = gl_cache_time(file->f_inode);
	__u64 now = bpf_ktime_get_boot_ns();
	__u32 seq = *(volatile __u32 *)&e->seq;
	__u64 unsettled = now;

	if (seq & 1)
		return;
	if (gl_cache_same(e, s, head, file)) {
		if (e->unsettled && now - e->unsettled < GL_CACHE_SETTLE)
			return;
		unsettled = 0;
	}
	if (__sync_val_compare_and_swap(&e->seq, seq, seq + 1) != seq)
		return;
	e->unsettled = unsettled;
	e->domain = GL_DOMAIN_WORD_ID(s->word);
	e->generation = head->loaded.generation;
	e->root = s->root;
	e->dentry = (__u64)file->f_path.dentry;
	e->parent = (__u64)file->f_path.dentry->d_parent;
	e->hash_len = gl_name_hash(file->f_path.dentry);
	e->mnt = (__u64)file->f_path.mnt;
	e->ctime_sec = t.sec;
	e->ctime_nsec = t.nsec;
	e->mount_seq = r->path.mount_seq;
	e->rename_seq = r->path.rename_seq;
	e->allow = r->path.accept.allow;
	e->allow_self = r->path.accept.allow_self;
	e->allow_root = r->path.accept.allow_root;
	__sync_fetch_and_add(&e->seq, 1);
	gl_count(GL_COUNTER_CACHE_STORED);
}

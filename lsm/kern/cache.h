/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The walk cache: where a walk led, kept with the inode of the file or directory
 * that it came through.
 *
 * An entry says: from this name, reached in this state of the automaton, this
 * subject's walk ends rooted, where its image grants these accesses. A directory's
 * entry serves every name in it: the last name is read and fed, the rest is known. A
 * file that is opened again and again gets one of its own, and then neither its name
 * nor the image is read. No verdict is kept: the owner is compared at each hit, and
 * what is not granted by one takes the long way, so that no refusal is ever the
 * cache's.
 *
 * A hit must prove that the walk would lead through the same names to the same
 * root. What can change that, and why it is noticed:
 *
 *   a rename of the name itself or of any directory     the kernel's rename_lock
 *       above it                                        sequence, which every
 *       d_move() advances, differs
 *   a mount, umount, move or pivot anywhere             mount_lock differs
 *   another subject root, policy or domain              the entry names them. What
 *       is kept is of the image that was walked with, and names its generation,
 *       which is never used twice. A hit compares it with the one that the domain
 *       had when the operation began; whoever replaces an image makes that 0 first
 *       and the new one last, so that nothing that begins once something was
 *       decided by the new image is granted by the old one. A name that is fed to
 *       an image of another generation is a miss
 *   another dentry at a freed one's address             the entry is on the inode
 *       and names its dentry, parent, name hash and mount. For these to match
 *       again, the dentry must have been dropped, and the inode be known by the
 *       same name in a directory at the same address. The parent of a live
 *       dentry lives, so the directory was dropped too, and is another: then the
 *       name moved by a rename (rename_lock), or, for a file, by link and unlink
 *       (below). Only filesystems whose names change by this kernel alone are
 *       cached: no NFS, 9p, FUSE
 *   a domain that is held or watched                    known.h asks nothing here
 *   so many renames or mounts that a counter comes      entries age: none is used
 *       round to the value that an entry has                longer than GL_CACHE_AGE
 *   a torn entry                                        each entry is written
 *       under its own sequence and re-checked after it is read
 *
 * A directory has one name. A file can have more, so its own entry also needs:
 *
 *   another name by link(2)                             more than one link: a miss
 *   link(2) to a new name and unlink(2) of the old one  both write the inode's
 *       change time. An entry becomes usable only when, GL_CACHE_SETTLE after its
 *       first sight, a second look found it unchanged: from then on the clock
 *       has left the tick of that change time, so that a later change shows.
 *       File systems with coarser times, or with inodes of their own behind the
 *       names (overlay), have no entries of files
 *   the name was removed                                unhashed: a miss
 *
 * x86 keeps loads in order and stores in order; on a weaker machine
 * gl_cache_find() and gl_cache_write() need barriers, and are the only places.
 */
#pragma once

#include "../abi/cache.h"
#include "object.h"

#define GL_CACHE_SETTLE 20000000ull /* nanoseconds: two ticks at HZ=100 */
#define GL_CACHE_GRANULARITY 10000000u
/* In jiffies: 1 to 10 minutes, as the kernel was built. A counter comes round
 * after 2^31 renames, which take longer: they are made one at a time, under it. */
#define GL_CACHE_AGE 60000u
#define GL_CACHE_SHARE 65536ull /* inodes that one domain may occupy */
/* An entry on a file costs as much as some ten hits on its directory save: one
 * such hit in this many, at random, makes it. */
#define GL_CACHE_CHANCE 64u

/* 1 in tests and benchmarks that need the long way. */
const volatile __u32 gl_no_cache = 0;

enum gl_super_magic {
	GL_MAGIC_EXT4 = 0xEF53,
	GL_MAGIC_XFS = 0x58465342,
	GL_MAGIC_TMPFS = 0x01021994,
	GL_MAGIC_OVERLAYFS = 0x794c7630,
};
#define GL_MAGIC_BTRFS 0x9123683Eul

/* A name whose walk is looked up or kept. */
struct gl_place {
	struct dentry *dentry;
	struct inode *inode;
	__u64 mnt;
	__u32 from;
	__u32 file; /* 1: of a file, whose change time counts */
};

struct gl_time {
	__u64 sec;
	__u64 nsec;
};

GL_INLINE struct gl_time gl_cache_time(const struct gl_place *p)
{
	const struct inode *inode = p->inode;
	struct gl_time t = {};

	if (!p->file)
		return t;
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

GL_INLINE __u64 gl_name_hash(const struct dentry *dentry)
{
	return dentry->d_name.hash | (__u64)dentry->d_name.len << 32;
}

/* Whether an entry was made for this place and subject. */
GL_INLINE int gl_cache_same(const volatile struct gl_cache_entry *e,
			    const struct gl_subject *s, __u32 generation,
			    const struct gl_place *p)
{
	struct gl_time t = gl_cache_time(p);

	return e->dentry == (__u64)p->dentry && e->from == p->from &&
	       e->domain == GL_DOMAIN_WORD_ID(s->word) && e->generation == generation &&
	       e->hash_len == gl_name_hash(p->dentry) &&
	       e->parent == (__u64)p->dentry->d_parent && e->mnt == p->mnt &&
	       e->root == s->root && e->ctime_nsec == t.nsec && e->ctime_sec == t.sec;
}

GL_INLINE struct gl_cache_entry *gl_cache_way(struct gl_cache *cache,
					      const struct gl_subject *s, __u32 from)
{
	return &cache->ways[(gl_slot(s) ^ from ^ from >> 4) & (GL_CACHE_WAYS - 1)];
}

/* What is granted where a walk from a place leads, by which image, and the kernel's
 * counters of which that is true. */
struct gl_end {
	__u32 allow;
	__u32 allow_self;
	__u32 allow_root;
	__u32 generation;
	__u32 mount_seq;
	__u32 rename_seq;
};

/* 1 if an entry says where the place leads at this moment. */
GL_INLINE int gl_cache_find(const struct gl_subject *s, const struct gl_place *p,
			    struct gl_end *end)
{
	struct gl_cache *cache = bpf_inode_storage_get(&walks, p->inode, 0, 0);
	const volatile struct gl_cache_entry *e;
	__u32 seq;

	if (!cache)
		return 0;
	e = gl_cache_way(cache, s, p->from);
	seq = e->seq;
	if (seq & 1 || e->unsettled || !gl_cache_same(e, s, s->generation, p) ||
	    (__u32)bpf_jiffies64() - e->made > GL_CACHE_AGE)
		return 0;
	end->allow = e->allow;
	end->allow_self = e->allow_self;
	end->allow_root = e->allow_root;
	end->generation = s->generation;
	end->mount_seq = e->mount_seq;
	end->rename_seq = e->rename_seq;
	/* Even, and still the entry's, which were even. */
	return end->mount_seq == gl_sequence(&mount_lock) &&
	       end->rename_seq == gl_sequence(&rename_lock) && e->seq == seq;
}

/* Whether one more inode may carry a cache for this domain. */
GL_INLINE int gl_cache_admit(const struct gl_subject *s)
{
	__u32 slot = gl_slot(s);
	struct gl_domain_counts *domain = bpf_map_lookup_elem(&domain_counts, &slot);

	if (!domain || domain->cached >= GL_CACHE_SHARE) {
		gl_count(GL_COUNTER_CACHE_FULL);
		return 0;
	}
	__sync_fetch_and_add(&domain->cached, 1);
	return 1;
}

/* Keep where a place leads. For a file, two looks, the settle time apart, make an
 * entry usable. */
GL_INLINE void gl_cache_write(const struct gl_subject *s, const struct gl_place *p,
			      const struct gl_end *end)
{
	struct gl_cache *cache = bpf_inode_storage_get(&walks, p->inode, 0, 0);
	struct gl_cache_entry *e;
	struct gl_time t = gl_cache_time(p);
	__u64 unsettled = p->file ? bpf_ktime_get_boot_ns() : 0;
	__u32 seq;

	if (!cache && gl_cache_admit(s))
		cache = bpf_inode_storage_get(&walks, p->inode, 0,
					      BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!cache)
		return;
	e = gl_cache_way(cache, s, p->from);
	seq = *(volatile __u32 *)&e->seq;
	if (seq & 1)
		return;
	if (p->file && gl_cache_same(e, s, end->generation, p)) {
		if (e->unsettled && unsettled - e->unsettled < GL_CACHE_SETTLE)
			return;
		unsettled = 0;
	}
	if (__sync_val_compare_and_swap(&e->seq, seq, seq + 1) != seq)
		return;
	e->unsettled = unsettled;
	e->made = (__u32)bpf_jiffies64();
	e->domain = GL_DOMAIN_WORD_ID(s->word);
	e->generation = end->generation;
	e->root = s->root;
	e->from = p->from;
	e->allow = end->allow;
	e->allow_self = end->allow_self;
	e->allow_root = end->allow_root;
	e->dentry = (__u64)p->dentry;
	e->parent = (__u64)p->dentry->d_parent;
	e->hash_len = gl_name_hash(p->dentry);
	e->mnt = p->mnt;
	e->ctime_sec = t.sec;
	e->ctime_nsec = t.nsec;
	e->mount_seq = end->mount_seq;
	e->rename_seq = end->rename_seq;
	__sync_fetch_and_add(&e->seq, 1);
	gl_count(GL_COUNTER_CACHE_STORED);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From an object to the root of its tree, feeding each name to the automaton.
 * One walk for every hook on every kernel.
 *
 * A walk counts if the kernel's own sequence counters for renames and mounts
 * were even and did not change around it. Otherwise it is done again, and
 * counts when it agrees with the walk before it on every dentry, sequence,
 * parent, name hash and mount: such a chain then existed at the moment between
 * the two. After GL_WALKS tries the object is `unstable`, which is refused. (To
 * insist on unchanged counters would let any user who renames files in a loop
 * deny service to every confined task.)
 *
 * Addresses are numbers here, read with bpf_probe_read_kernel: behind a mount
 * point no typed pointer is to be had on 6.1, and one way is better than two.
 * Names can't be freed meanwhile: programs that walk are never sleepable, and
 * run in an RCU read-side section.
 */
#pragma once

#include "feed.h"
#include "request.h"
#include "subject.h"

#define GL_WALKS 8
#define GL_COMPONENTS 128

extern const void rename_lock __ksym;
extern const void mount_lock __ksym;

GL_INLINE __u32 gl_sequence(const void *lock)
{
	__u32 seq = 1;

	bpf_probe_read_kernel(&seq, sizeof(seq), lock);
	return seq;
}

/* The fields of a dentry are fetched with one read of its first bytes, to which
 * its name belongs if it is short; CO-RE gives each field's place among them. */
#define GL_DENTRY_READ 96
union gl_dentry {
	__u8 bytes[GL_DENTRY_READ];
	struct {
		__u8 head[GL_DENTRY_READ - sizeof(struct gl_name)];
		struct gl_name tail; /* has the short name in it */
	};
};

GL_INLINE __u32 gl_name_offset(void)
{
	struct dentry *dentry = NULL;

	if (bpf_core_field_exists(dentry->d_iname))
		return bpf_core_field_offset(struct dentry, d_iname);
	return bpf_core_field_offset(struct dentry, d_shortname);
}

/* Where in `tail` a short name begins. */
GL_INLINE __u32 gl_name_tail(void)
{
	return gl_name_offset() - (GL_DENTRY_READ - (__u32)sizeof(struct gl_name));
}

#define GL_DENTRY_WORD(block, field)                                                     \
	(*(__u64 *)((__u8 *)(block) + bpf_core_field_offset(struct dentry, field)))
#define GL_DENTRY_HALF(block, field)                                                     \
	(*(__u32 *)((__u8 *)(block) + bpf_core_field_offset(struct dentry, field)))

#define GL_CHAIN_FACTOR 0x9e3779b97f4a7c15ull

enum gl_super_flags {
	GL_SB_NOUSER = 1u << 31,
};
#define GL_MAGIC_MQUEUE 0x19800202u
#define GL_MAGIC_PIDFS 0x50494446u
#define GL_MNT_NS_INTERNAL ((__u64) - 22)
#define GL_MNT_NS_ANON_INO 0xEFFFFFF7u

/* The walk met a mount with nothing above it that is not the subject's root. */
GL_INLINE __u32 gl_ending_top(const struct mount *mount)
{
	__u64 ns = 0;
	__u32 inum = 0;

	if (bpf_core_read(&ns, sizeof(ns), &mount->mnt_ns))
		return GL_ENDING_UNREADABLE;
	if (!ns)
		return GL_ENDING_DETACHED;
	if (ns == GL_MNT_NS_INTERNAL)
		return GL_ENDING_INTERNAL;
	if (bpf_core_read(&inum, sizeof(inum), &((struct mnt_namespace *)ns)->ns.inum))
		return GL_ENDING_UNREADABLE;
	/* The anonymous namespace of open_tree() and fsmount(). */
	if (!inum || inum == GL_MNT_NS_ANON_INO)
		return GL_ENDING_DETACHED;
	return GL_ENDING_FOREIGN_ROOT;
}

/* What a walk that did not end rooted really ended at; kept out of the walk's
 * loop, whose every round the verifier follows. */
__noinline int gl_ending_refine(struct gl_request *r)
{
	struct dentry *dentry;
	struct super_block *sb = NULL;
	unsigned long flags = 0, magic = 0;
	__u64 top;

	if (!r)
		return 0;
	top = r->path.top;
	dentry = (void *)r->dentry;
	if (r->ending == GL_ENDING_FOREIGN_ROOT)
		r->ending = gl_ending_top(
		    (void *)(top - bpf_core_field_offset(struct mount, mnt)));
	if (r->ending != GL_ENDING_DISCONNECTED && r->ending != GL_ENDING_INTERNAL &&
	    r->ending != GL_ENDING_UNLINKED)
		return 0;
	if (bpf_core_read(&sb, sizeof(sb), &dentry->d_sb) ||
	    bpf_core_read(&flags, sizeof(flags), &sb->s_flags) ||
	    bpf_core_read(&magic, sizeof(magic), &sb->s_magic))
		r->ending = GL_ENDING_UNREADABLE;
	else if (magic == GL_MAGIC_PIDFS)
		r->ending = GL_ENDING_PIDFD;
	else if (flags & GL_SB_NOUSER || magic == GL_MAGIC_MQUEUE)
		r->ending = GL_ENDING_ANONYMOUS;
	return 0;
}

#define GL_X_WALK(n, bits)                                                               \
	/* One step: across a mount point, or past one name, whose last piece is         \
	 * fed first. 1 while there is more to walk; else `ending` says where it         \
	 * ended. Global and apart from the loop, so that it is verified once. */        \
	__noinline int gl_step_##n(const struct gl_blob_##n *blob, struct gl_request *r) \
	{                                                                                \
		union gl_dentry block;                                                   \
		__u64 at, mnt, parent, hash, text;                                       \
		struct mount *m, *above = NULL;                                          \
		struct vfsmount *up;                                                     \
		__u32 len, state, short_;                                                \
                                                                                         \
		if (!blob || !r)                                                         \
			return 0;                                                        \
		at = r->path.at;                                                         \
		mnt = r->path.top;                                                       \
		if (at == r->path.root_dentry && mnt == r->path.root_mnt) {              \
			r->ending = GL_ENDING_ROOTED;                                    \
			/* The root itself has no name: it is "/". */                    \
			if (at == r->dentry && mnt == r->mnt)                            \
				r->state = gl_path_step(                                 \
				    blob->image, (1u << (bits)) - 1,                     \
				    gl_header(blob->image)->comb.offset, r->state, '/'); \
			return 0;                                                        \
		}                                                                        \
		r->ending = GL_ENDING_UNREADABLE;                                        \
		if (at == r->path.mnt_root) {                                            \
			m = (void *)(mnt - bpf_core_field_offset(struct mount, mnt));    \
			if (bpf_core_read(&above, 8, &m->mnt_parent) ||                  \
			    bpf_core_read(&at, 8, &m->mnt_mountpoint))                   \
				return 0;                                                \
			if (above == m) {                                                \
				r->ending = GL_ENDING_FOREIGN_ROOT;                      \
				return 0;                                                \
			}                                                                \
			up = (void *)((__u64)above +                                     \
				      bpf_core_field_offset(struct mount, mnt));         \
			r->path.chain = (r->path.chain ^ mnt) * GL_CHAIN_FACTOR;         \
			if (bpf_core_read(&mnt, 8, &up->mnt_root))                       \
				return 0;                                                \
			r->path.at = at;                                                 \
			r->path.top = (__u64)up;                                         \
			r->path.mnt_root = mnt;                                          \
			return 1;                                                        \
		}                                                                        \
		if (bpf_probe_read_kernel(&block, sizeof(block), (void *)at))            \
			return 0;                                                        \
		parent = GL_DENTRY_WORD(&block, d_parent);                               \
		if (parent == at) {                                                      \
			r->ending = GL_ENDING_DISCONNECTED;                              \
			return 0;                                                        \
		}                                                                        \
		/* Only what exists can have lost its name: a name that is being         \
		 * made is not hashed yet. */                                            \
		if (at == r->dentry && GL_DENTRY_WORD(&block, d_inode) &&                \
		    !GL_DENTRY_WORD(&block, d_hash.pprev)) {                             \
			r->ending = GL_ENDING_UNLINKED;                                  \
			return 0;                                                        \
		}                                                                        \
		hash = GL_DENTRY_WORD(&block, d_name.hash);                              \
		text = GL_DENTRY_WORD(&block, d_name.name);                              \
		r->path.chain = (r->path.chain ^ at ^ hash) * GL_CHAIN_FACTOR;           \
		r->path.chain ^=                                                         \
		    parent ^ (__u64)GL_DENTRY_HALF(&block, d_seq.seqcount.sequence)      \
				 << 48;                                                  \
		len = (__u32)(hash >> 32);                                               \
		if (len > 255)                                                           \
			return 0;                                                        \
		/* A short name lies in its dentry and has been read. */                 \
		short_ = text == r->path.at + gl_name_offset() &&                        \
			 gl_name_offset() + len <= GL_DENTRY_READ;                       \
		state = r->state;                                                        \
		GL_LOOP(i, 256 / GL_NAME_CHUNK)                                          \
		{                                                                        \
			__u32 piece = len > GL_NAME_CHUNK ? GL_NAME_CHUNK : len;         \
			__u32 first = gl_name_tail();                                    \
                                                                                         \
			if (!short_) {                                                   \
				GL_KEEP(piece);                                          \
				if (piece > GL_NAME_CHUNK ||                             \
				    bpf_probe_read_kernel(&block.tail, piece,            \
							  (void *)(text + len - piece))) \
					return 0;                                        \
				first = 0;                                               \
			}                                                                \
			len -= piece;                                                    \
			state = gl_feed_##n(blob, &block.tail, state,                    \
					    piece | GL_FEED_AT(first) |                  \
						(len ? 0 : GL_FEED_SLASH));              \
			if (!len)                                                        \
				break;                                                   \
		}                                                                        \
		if (at == r->dentry && mnt == r->mnt)                                    \
			r->path.above = state;                                           \
		r->path.at = parent;                                                     \
		r->state = state;                                                        \
		r->ending = GL_ENDING_TOO_LONG;                                          \
		return 1;                                                                \
	}                                                                                \
                                                                                         \
	__noinline int gl_walk_##n(const struct gl_blob_##n *blob, struct gl_request *r) \
	{                                                                                \
		struct vfsmount *mnt;                                                    \
                                                                                         \
		if (!blob || !r)                                                         \
			return 0;                                                        \
		mnt = (void *)r->mnt;                                                    \
		r->path.at = r->dentry;                                                  \
		r->path.top = (__u64)mnt;                                                \
		r->path.chain = 0;                                                       \
		r->state = gl_path_start(blob->image);                                   \
		r->ending = GL_ENDING_UNREADABLE;                                        \
		if (bpf_core_read(&r->path.mnt_root, 8, &mnt->mnt_root))                 \
			return 0;                                                        \
		GL_LOOP(i, GL_COMPONENTS)                                                \
		{                                                                        \
			if (!gl_step_##n(blob, r))                                       \
				break;                                                   \
		}                                                                        \
		r->path.chain =                                                          \
		    (r->path.chain ^ r->path.top) * GL_CHAIN_FACTOR + r->ending;         \
		return 0;                                                                \
	}                                                                                \
                                                                                         \
	/* A walk that counts, and what the image says of where it led. */               \
	__noinline int gl_path_decide_##n(const struct gl_blob_##n *blob,                \
					  struct gl_request *q)                          \
	{                                                                                \
		__u64 before = 0;                                                        \
		__u32 ending = GL_ENDING_UNSTABLE;                                       \
                                                                                         \
		if (!blob || !q)                                                         \
			return 0;                                                        \
		GL_LOOP(i, GL_WALKS)                                                     \
		{                                                                        \
			__u32 r = gl_sequence(&rename_lock),                             \
			      m = gl_sequence(&mount_lock);                              \
                                                                                         \
			gl_walk_##n(blob, q);                                            \
			q->path.rename_seq = r;                                          \
			q->path.mount_seq = m;                                           \
			q->stable = !((r | m) & 1) && r == gl_sequence(&rename_lock) &&  \
				    m == gl_sequence(&mount_lock);                       \
			if (q->stable || (i && q->path.chain == before)) {               \
				ending = q->ending;                                      \
				break;                                                   \
			}                                                                \
			before = q->path.chain;                                          \
			gl_count(GL_COUNTER_WALK_RETRIED);                               \
		}                                                                        \
		if (ending == GL_ENDING_UNSTABLE)                                        \
			gl_count(GL_COUNTER_WALK_UNSTABLE);                              \
		if (ending == GL_ENDING_UNREADABLE)                                      \
			gl_count(GL_COUNTER_WALK_UNREADABLE);                            \
		q->ending = ending;                                                      \
		if (ending != GL_ENDING_ROOTED) {                                        \
			gl_ending_refine(q);                                             \
			q->verdict =                                                     \
			    gl_ending_decide(blob->image, q->ending, q->access);         \
			return 0;                                                        \
		}                                                                        \
		q->path.generation = blob->loaded.generation;                            \
		q->path.accept =                                                         \
		    gl_path_accept(blob->image, (1u << (bits)) - 1, q->state);           \
		q->verdict = gl_file_decide(blob->image, (1u << (bits)) - 1,             \
					    &q->path.accept, q->access, q->owner);       \
		return 0;                                                                \
	}
GL_IMAGE_SIZES(GL_X_WALK)

/* Calls a function that exists once a size class, with the subject's image:
 * `call(n)` is the call, `blob` the image. Gives -1 if there is none. */
#define GL_WITH_IMAGE(s, call)                                                           \
	({                                                                               \
		__u32 slot_ = gl_slot(s), zero_ = 0;                                     \
		void *inner_, *blob;                                                     \
		int done_ = -1;                                                          \
		switch (GL_DOMAIN_WORD_SIZE((s)->word)) {                                \
			GL_WITH_IMAGE_CASE(0, call)                                      \
			GL_WITH_IMAGE_CASE(1, call)                                      \
			GL_WITH_IMAGE_CASE(2, call)                                      \
			GL_WITH_IMAGE_CASE(3, call)                                      \
		}                                                                        \
		if (done_)                                                               \
			gl_count(GL_COUNTER_IMAGE_MISSING);                              \
		done_;                                                                   \
	})
#define GL_WITH_IMAGE_CASE(n, call)                                                      \
	case n:                                                                          \
		inner_ = bpf_map_lookup_elem(&images_##n, &slot_);                       \
		blob = inner_ ? bpf_map_lookup_elem(inner_, &zero_) : NULL;              \
		if (blob) {                                                              \
			call(n);                                                         \
			done_ = 0;                                                       \
		}                                                                        \
		break;

/* Where paths of the subject begin. -1: a failure of ours, counted. */
GL_INLINE int gl_path_root(const struct gl_subject *s, struct gl_request *q)
{
	__u32 number = s->root;
	struct gl_root *root = bpf_map_lookup_elem(&roots, &number);

	if (!number || !root || !root->mnt) {
		gl_count(GL_COUNTER_ROOT_MISSING);
		return -1;
	}
	q->path.root_mnt = root->mnt;
	q->path.root_dentry = root->dentry;
	return 0;
}

/* Decides the path of the request from the root that is set in it. */
GL_INLINE int gl_path_ask_from_root(const struct gl_subject *s, struct gl_request *q)
{
#define GL_PATH_CALL(n) gl_path_decide_##n(blob, q)
	return GL_WITH_IMAGE(s, GL_PATH_CALL);
}

/* Decides the path of the request. -1: a failure of ours, counted. */
GL_INLINE int gl_path_ask(const struct gl_subject *s, struct gl_request *q)
{
	return gl_path_root(s, q) ? -1 : gl_path_ask_from_root(s, q);
}

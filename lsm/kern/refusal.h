/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A refusal finds its key in its domain's table (abi/refusal.h). The first of a key
 * may use all of the ring, and is kept in the table as well; the first objects of a
 * key are recorded one by one; what comes then is counted.
 */
#pragma once

#include "walk.h"

#define GL_EEXIST 17

/* The folder of a name, as a number that only compares. An address may be used again: by
 * another folder, which has another number. Apart, for the sake of the stack. */
static __noinline __u64 gl_folder(struct dentry *dentry)
{
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	return (__u64)parent ^ (__u64)BPF_CORE_READ(parent, d_inode, i_ino) << 48;
}

/* Which object and executable, as numbers that only compare. */
GL_INLINE void gl_repeat_object(struct gl_repeat_key *key, const struct gl_request *r)
{
	struct inode *exe =
	    BPF_CORE_READ(bpf_get_current_task_btf(), mm, exe_file, f_inode);

	/* By number and file system: an address would soon be another's. */
	if (exe)
		key->kind.subject = BPF_CORE_READ(exe, i_ino) ^
				    (__u64)BPF_CORE_READ(exe, i_sb, s_dev) << 32 ^
				    (__u64)BPF_CORE_READ(exe, i_generation) << 40;
	if (r->dentry) {
		struct dentry *dentry = (void *)r->dentry;

		key->object[0] = gl_folder(dentry);
		/* Above the name's length and hash: what is reached in another way is
		 * another object. */
		key->object[1] = BPF_CORE_READ(dentry, d_name.hash) | (__u64)r->ending
									  << 56;
	} else if (r->class_ == GL_CLASS_NET) {
		const struct gl_endpoint *e = &r->net.endpoint;

		key->object[0] = ((__u64)e->address[0] << 32 | e->address[3]) ^
				 (__u64)e->address[1] << 16 ^ (__u64)e->address[2] << 48;
		/* An IPv6 socket reaches 0.0.0.0 too, which is another object than [::].
		 */
		key->object[1] = e->port | (__u64)e->kind << 16 |
				 (__u64)(e->v6 != 0) << 31 | (__u64)e->op << 32 |
				 (__u64)r->net.family << 40 |
				 (__u64)r->net.protocol << 48;
	} else if (r->class_ == GL_CLASS_TASK) {
		key->object[0] = r->peer.domain | (__u64)r->peer.q.signal << 32;
		key->object[1] = r->peer.tgid;
	} else {
		key->object[1] = r->capability | (__u64)r->state << 32;
	}
}

/* The object in numbers, without its path. */
static __noinline int gl_describe_numbers(struct gl_event_object *o,
					  const struct gl_request *r)
{
	struct dentry *dentry = (void *)r->dentry;
	struct inode *inode;

	__builtin_memset(o, 0, sizeof(*o));
	o->path.start = GL_PATH_TEXT;
	o->ending = r->ending;
	o->capability = r->capability;
	if (r->class_ == GL_CLASS_NET) {
		o->op = r->net.endpoint.op;
		o->kind = r->net.endpoint.kind;
		o->family = r->net.family;
		o->type = r->net.type;
		o->protocol = r->net.protocol;
		o->port = r->net.endpoint.port;
		o->v6 = r->net.endpoint.v6;
		for (int i = 0; i < 4; i++)
			o->address[i] = r->net.endpoint.address[i];
	}
	if (r->class_ == GL_CLASS_TASK) {
		struct task_struct *peer = (void *)r->peer.task;

		o->peer_tgid = r->peer.tgid;
		o->peer_domain = r->peer.domain;
		o->signal = r->peer.q.signal;
		if (peer)
			bpf_core_read(o->peer_comm, 16, &peer->comm);
	}
	if (!r->mnt)
		return 0;
	inode = BPF_CORE_READ(dentry, d_inode);
	if (inode) {
		o->inode = BPF_CORE_READ(inode, i_ino);
		o->mode = BPF_CORE_READ(inode, i_mode);
		o->owner = BPF_CORE_READ(inode, i_uid.val);
	}
	o->dev = BPF_CORE_READ(dentry, d_sb, s_dev);
	return 0;
}

/* What the first of a key was, for when the ring has no room for it. */
static __noinline int gl_refusal_keep(struct gl_refusal *f, const struct gl_request *r,
				      const struct gl_loaded *loaded)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct dentry *dentry = (void *)r->dentry;
	struct gl_refusal_first *t = &f->told;

	for (int i = 0; i < 4; i++)
		((__u64 *)t->digest)[i] = ((const __u64 *)loaded->digest)[i];
	t->access = r->access;
	t->error = r->error;
	t->decision = r->verdict.decision;
	t->pid = task->pid;
	t->tgid = task->tgid;
	t->uid = BPF_CORE_READ(task, cred, uid.val);
	t->gid = BPF_CORE_READ(task, cred, gid.val);
	t->fsuid = BPF_CORE_READ(task, cred, fsuid.val);
	t->start = BPF_CORE_READ(task, group_leader, start_boottime);
	bpf_probe_read_kernel(&t->effective, 8,
			      (__u8 *)task->cred +
				  bpf_core_field_offset(struct cred, cap_effective));
	t->cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(t->comm, sizeof(t->comm));
	if (r->mnt)
		bpf_probe_read_kernel_str(t->name, sizeof(t->name),
					  BPF_CORE_READ(dentry, d_name.name));
	gl_describe_numbers(&t->object, r);
	f->kept = 1;
	return 0;
}

/* One more object, perhaps a new one, in the sketch: the low bits of a hash choose
 * the register, and the zeros above them are the rank (Flajolet et al. 2007). */
GL_INLINE void gl_sketch_add(struct gl_refusal *f, const struct gl_repeat_key *key)
{
	__u64 hash =
	    (key->object[0] ^ key->object[1] * 0x9e3779b97f4a7c15ull) + key->object[1];
	__u32 rank = 1, at;

	hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ull;
	hash = (hash ^ hash >> 27) * 0x94d049bb133111ebull;
	hash ^= hash >> 31;
	at = (__u32)hash & (GL_SKETCH - 1);
	hash >>= 6;
	for (int bits = 16; bits; bits /= 2) {
		if (hash & ((1ull << bits) - 1))
			continue;
		rank += bits;
		hash >>= bits;
	}
	GL_KEEP(at);
	at &= GL_SKETCH - 1;
	if (f->sketch[at] < rank)
		f->sketch[at] = rank;
}

/* Kinds for which the table has no slot share one, which is there from the start; their
 * objects are told apart by themselves alone then. */
GL_INLINE void gl_refusal_rest(struct gl_refusal_key *key)
{
	gl_count(GL_COUNTER_KEYS_FULL);
	key->hook = 0;
	key->class_ = key->mode = 0;
	key->blocker = key->rule = key->reason = 0;
	key->subject = 0;
}

/* The slot of a refusal's key, in which it is counted; NULL where the domain has no
 * table.
 * `*first`: nothing of this key was refused before. */
static __noinline struct gl_refusal *gl_refusal_count(struct gl_repeat_key *repeat,
						      __u32 *first)
{
	__u32 slot = GL_DOMAIN_SLOT(repeat->kind.domain);
	void *table = bpf_map_lookup_elem(&refusals, &slot);
	struct gl_refusal *f;

	if (!table)
		return NULL;
	f = bpf_map_lookup_elem(table, &repeat->kind);
	if (!f) {
		bpf_map_update_elem(table, &repeat->kind, &gl_no_refusal, BPF_NOEXIST);
		f = bpf_map_lookup_elem(table, &repeat->kind);
	}
	if (!f) {
		gl_refusal_rest(&repeat->kind);
		f = bpf_map_lookup_elem(table, &repeat->kind);
	}
	if (!f)
		return NULL;
	*first = !__sync_fetch_and_add(&f->count, 1);
	f->last = bpf_ktime_get_boot_ns();
	gl_sketch_add(f, repeat);
	return f;
}

/* How full the ring may be for one more object of a domain: no domain that has many takes
 * the room of others. */
GL_INLINE __u64 gl_objects_most(__u32 domain)
{
	__u32 slot = GL_DOMAIN_SLOT(domain);
	struct gl_rate *rate = bpf_map_lookup_elem(&rates, &slot);
	__u64 now = bpf_ktime_get_boot_ns();

	if (!rate)
		return GL_EVENTS_MOST_OTHERS;
	if (now - rate->told_begin > GL_FAIR_WINDOW) {
		rate->told_begin = now;
		rate->told = 0;
	}
	__sync_fetch_and_add(&rate->told, 1);
	return rate->told > GL_FAIR_OBJECTS ? GL_EVENTS_MOST_UNFAIR
					    : GL_EVENTS_MOST_OTHERS;
}

/* Whether this is one of the objects of its key that are recorded one by one. What finds
 * no room is not lost: its key counts it. Two processors may pass at once: the bound is
 * on what a flood can send, not exact. */
static __noinline int gl_refusal_whole(struct gl_refusal *f, __u32 domain)
{
	if (f->objects >= GL_OBJECTS_WHOLE ||
	    bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > gl_objects_most(domain))
		return 0;
	__sync_fetch_and_add(&f->objects, 1);
	return 1;
}

/* A number of what is to be sent, 0 for nothing, and how full the ring may be for it. */
struct gl_number {
	__u64 seq;
	__u64 most;
};

GL_INLINE int gl_counted_before(const struct gl_repeat_key *key)
{
	struct gl_repeat *old = bpf_map_lookup_elem(&repeats, key);

	if (!old)
		return 0;
	__sync_fetch_and_add(&old->count, 1);
	old->last = bpf_ktime_get_boot_ns();
	return 1;
}

/* For a refusal's record. One that was sent before is only counted. */
static __noinline int gl_event_number(struct gl_repeat_key *key,
				      const struct gl_request *r,
				      const struct gl_loaded *loaded,
				      struct gl_number *number)
{
	struct gl_refusal *f = NULL;
	struct gl_repeat sent = {};
	__u32 first = 0;
	long error;

	if (key->kind.mode != GL_MODE_OBSERVE)
		f = gl_refusal_count(key, &first);
	if (gl_counted_before(key))
		return 0;
	/* What found no slot of its own has no claim to room either. */
	first = first && key->kind.hook;
	if (f && !first && !gl_refusal_whole(f, key->kind.domain))
		return 0;
	sent.seq = __sync_fetch_and_add(&gl_shared.seq, 1) + 1;
	number->seq = sent.seq;
	number->most = f ? GL_EVENTS_RING : GL_EVENTS_MOST_OTHERS;
	if (f && first)
		__sync_fetch_and_add(&f->objects, 1);
	if (f && !f->seq) {
		f->seq = sent.seq;
		f->first = f->last;
		gl_refusal_keep(f, r, loaded);
	}
	error = bpf_map_update_elem(&repeats, key, &sent, BPF_NOEXIST);
	if (error && error != -GL_EEXIST)
		gl_count(GL_COUNTER_REPEATS_FULL);
	return 0;
}

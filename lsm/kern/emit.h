/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A refusal becomes a record. The first of each kind is sent whole; the same
 * one again is only counted, so that a flood can't fill the ring with one line.
 * Sequence numbers are taken before the ring is asked for room: a gap is a loss,
 * and lies where the loss was.
 */
#pragma once

#include "refusal.h"

/* Names from the leaf upwards, each written in front of the last. */
struct gl_text {
	char bytes[GL_TEXT_ROOM];
};
struct gl_exe_text {
	char bytes[GL_EXE_ROOM];
};

/* How far a text has come. */
struct gl_text_walk {
	__u64 mnt;
	__u64 dentry;
	__u64 mnt_root;
	__u32 pos;
	__u32 cut; /* the buffer is full */
};

/* One step up; 1 while there is more. Apart from the loop, so that the verifier
 * looks at it once. Text ends at `end_`; the 256 bytes behind it are never used,
 * so that a name of any length fits wherever it may begin. */
#define GL_X_TEXT(name_, type_, end_)                                                    \
	__noinline int name_##_step(struct type_ *text, struct gl_text_walk *w)          \
	{                                                                                \
		__u64 parent = 0, name = 0, hash = 0, at, mnt;                           \
		struct mount *m, *above = NULL;                                          \
		struct vfsmount *up;                                                     \
		struct dentry *dentry;                                                   \
		__u32 len, pos;                                                          \
                                                                                         \
		if (!text || !w)                                                         \
			return 0;                                                        \
		at = w->dentry;                                                          \
		if (at == w->mnt_root) {                                                 \
			mnt = w->mnt;                                                    \
			m = (void *)(mnt - bpf_core_field_offset(struct mount, mnt));    \
			if (bpf_core_read(&above, 8, &m->mnt_parent) || above == m ||    \
			    bpf_core_read(&at, 8, &m->mnt_mountpoint))                   \
				return 0;                                                \
			up = (void *)((__u64)above +                                     \
				      bpf_core_field_offset(struct mount, mnt));         \
			if (bpf_core_read(&mnt, 8, &up->mnt_root))                       \
				return 0;                                                \
			w->dentry = at;                                                  \
			w->mnt = (__u64)up;                                              \
			w->mnt_root = mnt;                                               \
			return 1;                                                        \
		}                                                                        \
		dentry = (void *)at;                                                     \
		if (bpf_core_read(&parent, 8, &dentry->d_parent) ||                      \
		    bpf_core_read(&hash, 8, &dentry->d_name.hash) ||                     \
		    bpf_core_read(&name, 8, &dentry->d_name.name))                       \
			return 0;                                                        \
		len = (__u32)(hash >> 32) & 255;                                         \
		pos = w->pos;                                                            \
		if (pos < 257 || pos > (end_)) {                                         \
			w->cut = 1;                                                      \
			return 0;                                                        \
		}                                                                        \
		pos -= len;                                                              \
		GL_KEEP(pos);                                                            \
		if (pos > (end_) || !pos)                                                \
			return 0;                                                        \
		bpf_probe_read_kernel(text->bytes + pos, len, (void *)name);             \
		w->pos = pos;                                                            \
		if (parent == at)                                                        \
			return 0;                                                        \
		text->bytes[pos - 1] = '/';                                              \
		w->pos = pos - 1;                                                        \
		w->dentry = parent;                                                      \
		return 1;                                                                \
	}                                                                                \
                                                                                         \
	/* Writes the path; returns where it begins, with bit 31 set if it was cut. */   \
	__noinline __u32 name_(struct type_ *text, __u64 mnt, __u64 dentry)              \
	{                                                                                \
		struct gl_text_walk w = {.mnt = mnt, .dentry = dentry, .pos = (end_)};   \
		struct vfsmount *from = (void *)mnt;                                     \
                                                                                         \
		if (!text || bpf_core_read(&w.mnt_root, 8, &from->mnt_root))             \
			return (end_);                                                   \
		GL_LOOP(i, GL_COMPONENTS)                                                \
		{                                                                        \
			if (!name_##_step(text, &w))                                     \
				break;                                                   \
		}                                                                        \
		return w.pos | w.cut << 31;                                              \
	}

GL_X_TEXT(gl_write_path, gl_text, GL_PATH_TEXT)
GL_X_TEXT(gl_write_exe, gl_exe_text, GL_EXE_TEXT)

GL_INLINE void gl_text_info(struct gl_text_info *info, __u32 written)
{
	info->start = written & 0x7fffffff;
	info->complete = !(written >> 31);
}

static __noinline void gl_describe_subject(struct gl_event *e)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *t = task;
	__u64 mnt, dentry;

	e->subject.pid = task->pid;
	e->subject.tgid = task->tgid;
	e->subject.start = BPF_CORE_READ(task, group_leader, start_boottime);
	e->subject.uid = BPF_CORE_READ(task, cred, uid.val);
	e->subject.gid = BPF_CORE_READ(task, cred, gid.val);
	e->subject.fsuid = BPF_CORE_READ(task, cred, fsuid.val);
	bpf_probe_read_kernel(&e->subject.effective, 8,
			      (__u8 *)task->cred +
				  bpf_core_field_offset(struct cred, cap_effective));
	e->subject.cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(e->subject.comm, sizeof(e->subject.comm));
	e->subject.ancestors = 0;
	for (__u32 i = 0; i < GL_ANCESTORS; i++) {
		struct task_struct *parent = BPF_CORE_READ(t, real_parent, group_leader);

		e->subject.ancestry[i].tgid = 0;
		if (!parent || parent == t || e->subject.ancestors != i)
			continue;
		e->subject.ancestry[i].tgid = BPF_CORE_READ(parent, tgid);
		bpf_core_read(e->subject.ancestry[i].comm, 16, &parent->comm);
		if (!e->subject.ancestry[i].tgid)
			continue;
		e->subject.ancestors = i + 1;
		t = parent;
	}
	mnt = (__u64)BPF_CORE_READ(task, mm, exe_file, f_path.mnt);
	dentry = (__u64)BPF_CORE_READ(task, mm, exe_file, f_path.dentry);
	gl_text_info(&e->subject.exe,
		     mnt ? gl_write_exe((struct gl_exe_text *)e->exe, mnt, dentry)
			 : GL_EXE_TEXT);
}

GL_INLINE void gl_describe_object(struct gl_event *e, const struct gl_request *r)
{
	gl_describe_numbers(&e->object, r);
	if (r->mnt)
		gl_text_info(&e->object.path,
			     gl_write_path((struct gl_text *)e->path, r->mnt, r->dentry));
}

/* Where a record goes: refusals to evidence; decisions to who watches. */
#define GL_TO_EVENTS 0u
#define GL_TO_WATCHED 1u

/* The number for a decision of a watched domain, or 0 if it is known. Where it can't
 * be remembered it is not sent, and its number is missing. */
GL_INLINE __u64 gl_watched_number(const struct gl_repeat_key *key)
{
	__u64 seq;

	if (bpf_map_lookup_elem(&watched_kinds, key))
		return 0;
	seq = __sync_fetch_and_add(&gl_shared.watched, 1) + 1;
	return bpf_map_update_elem(&watched_kinds, key, &seq, BPF_NOEXIST) ? 0 : seq;
}

GL_INLINE int gl_record_number(const struct gl_request *r, const struct gl_loaded *loaded,
			       __u32 to, struct gl_number *number)
{
	struct gl_repeat_key key = {
	    .kind =
		{
		    .domain = r->domain,
		    .generation = loaded->generation,
		    .hook = r->hook,
		    .class_ = r->class_,
		    .mode =
			r->mode | (r->verdict.decision == GL_KILL ? GL_KEY_KILLED : 0),
		    /* What is allowed has no blocker, and differs by what was asked. */
		    .blocker = to == GL_TO_WATCHED ? r->access : r->verdict.blocker,
		    .rule = r->verdict.rule,
		    .reason = r->verdict.reason,
		},
	};

	gl_repeat_object(&key, r);
	if (to != GL_TO_WATCHED)
		return gl_event_number(&key, r, loaded, number);
	number->seq = gl_watched_number(&key);
	return 0;
}

/* Room in the ring of events: what is not the first of a key leaves some for those. */
GL_INLINE struct gl_event *gl_event_room(const struct gl_number *number)
{
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > number->most)
		return NULL;
	return bpf_ringbuf_reserve(&events, sizeof(struct gl_event), 0);
}

/* Global: verified once, and every hook calls it. */
__noinline int gl_emit(const struct gl_request *r, const struct gl_loaded *loaded,
		       __u32 to)
{
	struct gl_number number = {};
	struct gl_event *e;

	if (!r || !loaded)
		return 0;
	gl_record_number(r, loaded, to, &number);
	if (!number.seq)
		return 0;
	if (to == GL_TO_WATCHED)
		e = bpf_ringbuf_reserve(&watched, sizeof(*e), 0);
	else
		e = gl_event_room(&number);
	if (!e) {
		if (to != GL_TO_WATCHED)
			gl_count(GL_COUNTER_EVENT_LOST);
		return 0;
	}
	e->abi = GL_ABI;
	e->zero = 0;
	e->size = sizeof(*e);
	e->seq = number.seq;
	e->time = bpf_ktime_get_boot_ns();
	e->domain = r->domain;
	e->generation = loaded->generation;
	for (int i = 0; i < 4; i++)
		((__u64 *)e->digest)[i] = ((const __u64 *)loaded->digest)[i];
	e->hook = r->hook;
	e->mode = r->mode;
	e->class_ = r->class_;
	e->access = r->access;
	e->verdict = r->verdict;
	e->error = r->error;
	e->pad = 0;
	gl_describe_subject(e);
	gl_describe_object(e, r);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

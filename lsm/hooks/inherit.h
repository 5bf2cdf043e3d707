/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Descriptors that a task takes along into a domain. Nothing asks about them when
 * they are used, so each is asked about when it crosses.
 *
 * Twice. At bprm_creds_from_file, where the exec can still be refused: without what
 * is marked close-on-exec, which is closed later. But then the table may be shared
 * (threads; clone(CLONE_FILES)), and who shares it may add to it after the look.
 * To refuse whoever shares would refuse every runtime that has threads. So once
 * more at bprm_committed_creds: by then the kernel has ended the other threads,
 * given the task a table of its own and closed what was marked (fs/exec.c,
 * begin_new_exec), and no instruction of the new program has run. An exec can't be
 * refused any more there; the task is killed.
 */
#pragma once

#include "../decide/inherit.h"
#include "file.h"

/* How many descriptors may cross, and among how many numbers they are looked for. */
#define GL_TABLE_CROSSING 1024
#define GL_TABLE_WORDS 1024
#define GL_MAGIC_ANON_INODE 0x09041934u

/* What a step finds, beside the number of a descriptor. */
#define GL_TABLE_END -1
#define GL_TABLE_UNREAD -2

GL_INLINE __u32 gl_lowest_bit64(__u64 bits)
{
	__u64 below = (bits & -bits) - 1;

	return gl_popcount((__u32)below) + gl_popcount((__u32)(below >> 32));
}

/* The first descriptor from `from` on that stays open. Numbers only, and global:
 * verified once. */
__noinline int gl_table_find(__u32 from)
{
	struct fdtable *fdt = BPF_CORE_READ(bpf_get_current_task_btf(), files, fdt);
	__u64 opens = 0, marks = 0, open = 0, closing = 0;
	__u32 end = 0;

	if (bpf_core_read(&end, sizeof(end), &fdt->max_fds) ||
	    bpf_core_read(&opens, sizeof(opens), &fdt->open_fds) ||
	    bpf_core_read(&marks, sizeof(marks), &fdt->close_on_exec))
		return GL_TABLE_UNREAD;
	GL_LOOP(i, GL_TABLE_WORDS)
	{
		if (from >= end)
			return GL_TABLE_END;
		if (bpf_probe_read_kernel(&open, 8, (void *)(opens + from / 64 * 8)) |
		    bpf_probe_read_kernel(&closing, 8, (void *)(marks + from / 64 * 8)))
			return GL_TABLE_UNREAD;
		open = (open & ~closing) >> (from & 63);
		if (open)
			return from + gl_lowest_bit64(open);
		from = (from | 63) + 1;
	}
	return GL_TABLE_UNREAD;
}

/* No file is there: asking about it fails, and is counted and refused like that. */
#define GL_FILE_UNREAD 1ull

/* The file of a descriptor; 0 if the number is free, or has been given none yet. */
static __noinline __u64 gl_table_file(__u32 number)
{
	struct fdtable *fdt = BPF_CORE_READ(bpf_get_current_task_btf(), files, fdt);
	__u64 at = 0, open = 0, file = 0;

	if (bpf_core_read(&at, sizeof(at), &fdt->open_fds) ||
	    bpf_probe_read_kernel(&open, 8, (void *)(at + number / 64 * 8)))
		return GL_FILE_UNREAD;
	if (!(open >> (number & 63) & 1))
		return 0;
	if (bpf_core_read(&at, sizeof(at), &fdt->fd) ||
	    bpf_probe_read_kernel(&file, 8, (void *)(at + number * 8ull)))
		return GL_FILE_UNREAD;
	return file;
}

/* The door that it is if it is no file at all, 0 for none. What can't be told may
 * be the worst. */
static __noinline __u32 gl_descriptor_door(__u64 address)
{
	struct dentry *dentry = (void *)address;
	struct super_block *sb = NULL;
	const __u8 *text = NULL;
	unsigned long magic = 0;
	__u64 name = 0;

	if (bpf_core_read(&sb, sizeof(sb), &dentry->d_sb) ||
	    bpf_core_read(&magic, sizeof(magic), &sb->s_magic))
		return GL_KERNEL_IO_URING;
	if (magic != GL_MAGIC_ANON_INODE)
		return 0;
	if (bpf_core_read(&text, sizeof(text), &dentry->d_name.name) ||
	    bpf_probe_read_kernel(&name, sizeof(name), text))
		return GL_KERNEL_IO_URING;
	return gl_inherit_door(name);
}

/* What it is open for. Nothing: a bare name (O_PATH), or one of the usual three as
 * they usually are. */
static __noinline __u32 gl_descriptor_access(const struct gl_subject *s, __u64 file,
					     __u32 number)
{
	const struct gl_head *head = gl_head(s);
	struct file *f = (struct file *)file;
	struct inode *inode = NULL;
	__u32 flags = 0, rdev = 0, kind = 0;

	if (bpf_core_read(&kind, sizeof(kind), &f->f_mode) ||
	    bpf_core_read(&flags, sizeof(flags), &f->f_flags))
		return GL_FILE_READ | GL_FILE_WRITE;
	flags = gl_mode_access(kind, flags);
	if (number >= GL_STDIO || !head)
		return flags;
	kind = 0;
	if (bpf_core_read(&inode, sizeof(inode), &f->f_inode) ||
	    bpf_core_read(&kind, sizeof(__u16), &inode->i_mode) ||
	    bpf_core_read(&rdev, sizeof(rdev), &inode->i_rdev))
		return flags;
	return gl_inherit_usual((const __u8 *)&head->image, number, kind, rdev) ? 0
										: flags;
}

/* The verdict about a door of the kernel, or (0) about what could not be read. */
static __noinline void gl_descriptor_other(const struct gl_subject *s,
					   struct gl_request *r, __u32 door)
{
	const struct gl_head *head = gl_head(s);

	r->mnt = 0;
	r->dentry = 0;
	if (door && head) {
		r->class_ = GL_CLASS_KERNEL;
		r->access = door;
		r->verdict = gl_inherit_door_decide((const __u8 *)&head->image, door);
		return;
	}
	gl_count(GL_COUNTER_TABLE_UNREAD);
	r->class_ = GL_CLASS_FILE;
	r->access = GL_FILE_READ | GL_FILE_WRITE;
	r->ending = GL_ENDING_UNREADABLE;
	r->verdict = gl_failure(head, r->access);
}

/* The verdict is set. What is refused too late to refuse the exec ends the task. With
 * on_inherited = "report" it is as in mode audit. */
GL_INLINE int gl_descriptor_conclude(const struct gl_subject *subject,
				     struct gl_request *r)
{
	const struct gl_head *head = gl_head(subject);
	struct gl_subject s = *subject;

	if (r->verdict.decision == GL_ALLOW)
		return 0;
	if (head && head->image.flags & GL_IMAGE_INHERIT_REPORT && gl_enforces(&s))
		s.word = GL_DOMAIN_WORD_AS(s.word, GL_MODE_AUDIT);
	if (r->hook == GL_HOOK_BPRM_COMMITTED && gl_enforces(&s)) {
		if (bpf_send_signal(GL_SIGKILL))
			gl_count(GL_COUNTER_KILL_FAILED);
		else
			r->verdict.decision = GL_KILL;
	}
	return gl_refuse(&s, r, -GL_EACCES);
}

/* A table that was not seen to its end. */
static __noinline int gl_table_unread(struct gl_subject *s, __u32 hook)
{
	struct gl_request r = {.hook = hook};

	gl_descriptor_other(s, &r, 0);
	return gl_descriptor_conclude(s, &r);
}

/* May this descriptor cross? Global: verified once, and not in every round. */
__noinline int gl_descriptor_ask(struct gl_subject *s, __u32 number, __u32 hook)
{
	struct gl_request r = {.hook = hook};
	__u64 file = gl_table_file(number);
	__u32 door;

	if (!s || !file)
		return 0;
	if (gl_object_of_file(file, &r)) {
		gl_descriptor_other(s, &r, 0);
		return gl_descriptor_conclude(s, &r);
	}
	door = gl_descriptor_door(r.dentry);
	if (door) {
		gl_descriptor_other(s, &r, door);
	} else {
		r.access = gl_descriptor_access(s, file, number);
		if (!r.access)
			return 0;
		gl_object_decide(s, &r);
	}
	return gl_descriptor_conclude(s, &r);
}

/* Every descriptor that survives the exec: 0, or what the hook answers. A table that
 * was not seen to its end is refused. */
GL_INLINE int gl_table_check(struct gl_subject *s, __u32 hook)
{
	int next = 0, error;

	GL_LOOP(i, GL_TABLE_CROSSING)
	{
		next = gl_table_find(next);
		if (next < 0)
			break;
		error = gl_descriptor_ask(s, next++, hook);
		if (error)
			return error;
	}
	return next == GL_TABLE_END ? 0 : gl_table_unread(s, hook);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening files, and what an open file allows later. */
#pragma once

#include "../kern/known.h"

#define GL_FMODE_READ 1u
#define GL_FMODE_WRITE 2u
#define GL_FMODE_EXEC 0x20u /* in f_flags: the kernel opens it to run it */
#define GL_O_ACCMODE 3u
#define GL_O_APPEND 02000u

GL_INLINE __u32 gl_mode_access(__u32 mode, __u32 flags)
{
	__u32 access = 0;

	/* Access mode 3 gives a descriptor for ioctl alone; the kernel asks the inode
	 * for both, and so is asked here. */
	if ((flags & GL_O_ACCMODE) == GL_O_ACCMODE)
		return GL_FILE_READ | GL_FILE_WRITE;
	if (mode & GL_FMODE_READ)
		access |= GL_FILE_READ;
	if (mode & GL_FMODE_WRITE)
		access |= flags & GL_O_APPEND ? GL_FILE_APPEND : GL_FILE_WRITE;
	return access;
}

GL_INLINE __u32 gl_open_access(struct file *file)
{
	return gl_mode_access(file->f_mode, file->f_flags);
}

/*
 * An open for execution hands no descriptor to anyone: the program itself is
 * decided in bprm_check_security, at each level, and what the kernel maps of it
 * in mmap_file. Here it is enough that the file is one that may be run or mapped
 * at all; which of the two, the other hooks ask. (The loader is opened so too,
 * and has map_exec only.)
 */
#define GL_OPEN_EXEC (GL_FILE_EXECUTE | GL_FILE_INTERPRET | GL_FILE_TRANSITION)
#define GL_OPEN_EXEC_ANY (GL_FILE_MAP_EXEC | GL_OPEN_EXEC)

/* What a script or program needs that a transition was found for (its interpreter,
 * its loader) is the target's affair, and asked of it by those hooks. */
static __noinline int gl_open_for_transition(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label label = {};

	return gl_label_read(task, &label) == GL_WHO_CONFINED &&
	       gl_label_armed(task, &label);
}

GL_INLINE void gl_open_exec(struct gl_subject *s, struct gl_request *r)
{
	r->access = GL_FILE_MAP_EXEC;
	gl_object_decide(s, r);
	if (r->verdict.decision == GL_ALLOW || r->verdict.reason == GL_REASON_DIGEST)
		return;
	r->access = GL_FILE_EXECUTE;
	if (r->ending != GL_ENDING_ROOTED ||
	    !(gl_file_granted(&r->path.accept, r->owner) & GL_OPEN_EXEC))
		gl_object_decide(s, r);
	else
		r->verdict = gl_verdict_of(GL_ALLOW, GL_REASON_RULE, 0, 0);
}

/* The long way. */
static __noinline int gl_open_decide(struct gl_subject *s, struct file *file,
				     __u32 access)
{
	struct gl_request r = {.hook = GL_HOOK_FILE_OPEN, .access = access};

	if (gl_object_of_file((__u64)file, &r))
		return gl_object_unreadable(s, &r);
	if (file->f_flags & GL_FMODE_EXEC)
		gl_open_exec(s, &r);
	else
		gl_object_decide(s, &r);
	gl_keep_walk(s, file, &r);
	return gl_object_conclude(s, &r);
}

SEC("lsm/file_open")
int BPF_PROG(glacis_file_open, struct file *file, int ret)
{
	struct gl_subject s = {};
	__u32 access, granted;
	int who;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	granted = gl_known_file(&s, file);
	access = gl_open_access(file);
	if (file->f_flags & GL_FMODE_EXEC) {
		if (granted & GL_OPEN_EXEC_ANY || gl_open_for_transition())
			return 0;
	} else if (!(access & ~granted)) {
		return 0;
	}
	return gl_open_decide(&s, file, access);
}

GL_INLINE int gl_file_check(struct file *file, __u32 hook, __u32 access)
{
	struct gl_subject s = {};
	int who = gl_subject_find(&s);

	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	return gl_file_ask(&s, file, hook, access);
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

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptors that are there already: how they arrive, and what reaches round the
 * decision that was made when they were opened. */
#pragma once

#include "../decide/ioctl.h"
#include "file.h"
#include "process.h"

#define GL_F_SETFL 4
#define GL_F_SETOWN 8
#define GL_F_SETOWN_EX 15
#define GL_SIGIO 29

/* A descriptor that arrives from elsewhere (SCM_RIGHTS, pidfd_getfd(2), seccomp) is
 * asked about like an open of what it is open for. A bare name (O_PATH) opens
 * nothing yet. */
SEC("lsm/file_receive")
int BPF_PROG(glacis_file_receive, struct file *file)
{
	__u32 access = gl_open_access(file);

	return access ? gl_file_check(file, GL_HOOK_FILE_RECEIVE, access) : 0;
}

GL_INLINE int gl_ioctl_check(struct file *file, unsigned int cmd, __u32 hook)
{
	return gl_ioctl_asked(file->f_inode->i_mode, cmd)
		   ? gl_file_check(file, hook, GL_FILE_IOCTL)
		   : 0;
}

SEC("lsm/file_ioctl")
int BPF_PROG(glacis_file_ioctl, struct file *file, unsigned int cmd)
{
	return gl_ioctl_check(file, cmd, GL_HOOK_FILE_IOCTL);
}

SEC("lsm/file_ioctl_compat")
int BPF_PROG(glacis_file_ioctl_compat, struct file *file, unsigned int cmd)
{
	return gl_ioctl_check(file, cmd, GL_HOOK_FILE_IOCTL_COMPAT);
}

/* The number of the current process in its own pid namespace. */
GL_INLINE int gl_own_pid(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 pid = (__u64)BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = BPF_CORE_READ((struct pid *)pid, level);
	struct upid *own = (void *)(pid + bpf_core_field_offset(struct pid, numbers) +
				    level * bpf_core_type_size(struct upid));

	return BPF_CORE_READ(own, nr);
}

/* Who gets a signal whenever the file is ready. For oneself that is harmless; for
 * others it is a signal that no hook sees being sent, at a moment of the sender's
 * choice: it needs the grant for all tasks. */
static __noinline int gl_file_owner(__u32 cmd, int pid)
{
	struct gl_request r = {.hook = GL_HOOK_FILE_FCNTL};
	struct gl_subject s = {};
	int who;

	if (cmd == GL_F_SETOWN && (!pid || pid == gl_own_pid()))
		return 0;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	r.peer.tgid = cmd == GL_F_SETOWN ? pid : 0;
	r.peer.q.access = GL_TASK_SIGNAL;
	r.peer.q.signal = GL_SIGIO;
	return gl_peer_conclude(&s, &r);
}

/* Whoever may only append must not take O_APPEND away: that asks for write. */
SEC("lsm/file_fcntl")
int BPF_PROG(glacis_file_fcntl, struct file *file, unsigned int cmd, unsigned long arg,
	     int ret)
{
	if (ret)
		return ret;
	if (cmd == GL_F_SETOWN || cmd == GL_F_SETOWN_EX)
		return gl_file_owner(cmd, (int)arg);
	if (cmd != GL_F_SETFL)
		return 0;
	if (!(file->f_mode & GL_FMODE_WRITE) || !(file->f_flags & GL_O_APPEND) ||
	    arg & GL_O_APPEND)
		return 0;
	return gl_file_check(file, GL_HOOK_FILE_FCNTL, GL_FILE_WRITE);
}

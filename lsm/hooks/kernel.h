/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The doors to the kernel that are granted by name.
 *
 * These programs do not look at the value of the one before them, which some
 * kernels pass behind arguments that others lack: the kernel asks the next
 * program only if it was 0.
 */
#pragma once

#include "../decide/grants.h"
#include "../kern/object.h"
#include "guard.h"

static __noinline int gl_kernel_check(__u32 hook, __u32 access)
{
	struct gl_request r = {.hook = hook, .class_ = GL_CLASS_KERNEL, .access = access};
	struct gl_subject s = {};
	const struct gl_head *head;
	int who = gl_subject_find(&s);

	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	head = gl_head(&s);
	r.verdict = head ? gl_kernel_decide((const __u8 *)&head->image, access)
			 : gl_failure(head, access);
	return gl_conclude(&s, &r, -GL_EACCES);
}

#define GL_X_KERNEL_HOOK(name, hook, access)                                             \
	SEC("lsm/" #name)                                                                \
	int glacis_##name(unsigned long long *ctx)                                       \
	{                                                                                \
		(void)ctx;                                                               \
		return gl_kernel_check(hook, access);                                    \
	}

GL_X_KERNEL_HOOK(perf_event_open, GL_HOOK_PERF_EVENT_OPEN, GL_KERNEL_PERF_EVENT)
GL_X_KERNEL_HOOK(key_permission, GL_HOOK_KEY_PERMISSION, GL_KERNEL_KEYS)
GL_X_KERNEL_HOOK(userns_create, GL_HOOK_USERNS_CREATE, GL_KERNEL_USER_NAMESPACE)
GL_X_KERNEL_HOOK(uring_sqpoll, GL_HOOK_URING_SQPOLL, GL_KERNEL_IO_URING_SQPOLL)
GL_X_KERNEL_HOOK(uring_override_creds, GL_HOOK_URING_OVERRIDE_CREDS,
		 GL_KERNEL_IO_URING_PERSONALITY)
GL_X_KERNEL_HOOK(uring_cmd, GL_HOOK_URING_CMD, GL_KERNEL_IO_URING_CMD)
GL_X_KERNEL_HOOK(syslog, GL_HOOK_SYSLOG, GL_KERNEL_SYSLOG)
GL_X_KERNEL_HOOK(sb_remount, GL_HOOK_SB_REMOUNT, GL_KERNEL_REMOUNT)

SEC("lsm/bpf")
int glacis_bpf(unsigned long long *ctx)
{
	int error = gl_kernel_check(GL_HOOK_BPF, GL_KERNEL_BPF);

	return error ? error : gl_guard_bpf((__u32)ctx[0], ctx[1]);
}

/* System V IPC. Every use of what exists is asked as a permission; to make
 * something, and to remove or change it as its owner, is not. */
GL_X_KERNEL_HOOK(ipc_permission, GL_HOOK_IPC_PERMISSION, GL_KERNEL_SYSV_IPC)
GL_X_KERNEL_HOOK(shm_alloc_security, GL_HOOK_SHM_ALLOC, GL_KERNEL_SYSV_IPC)
GL_X_KERNEL_HOOK(shm_shmctl, GL_HOOK_SHM_CTL, GL_KERNEL_SYSV_IPC)
GL_X_KERNEL_HOOK(msg_queue_alloc_security, GL_HOOK_MSG_ALLOC, GL_KERNEL_SYSV_IPC)
GL_X_KERNEL_HOOK(msg_queue_msgctl, GL_HOOK_MSG_CTL, GL_KERNEL_SYSV_IPC)
GL_X_KERNEL_HOOK(sem_alloc_security, GL_HOOK_SEM_ALLOC, GL_KERNEL_SYSV_IPC)
GL_X_KERNEL_HOOK(sem_semctl, GL_HOOK_SEM_CTL, GL_KERNEL_SYSV_IPC)

/* The words of an anonymous inode's class name, as it is passed by the kernel. */
GL_INLINE __u32 gl_anon_kind(const struct qstr *name)
{
	char text[16] = {};
	__u64 address = (__u64)name->name;

	if (bpf_probe_read_kernel_str(text, sizeof(text), (void *)address) < 0)
		return ~0u;
	if (*(__u64 *)text == *(const __u64 *)"[io_urin" && text[8] == 'g' &&
	    text[9] == ']')
		return GL_KERNEL_IO_URING;
	if (*(__u64 *)text == *(const __u64 *)"[userfau")
		return GL_KERNEL_USERFAULTFD;
	return 0;
}

/* The making of rings and userfaultfds is seen here on every kernel. */
SEC("lsm/inode_init_security_anon")
int BPF_PROG(glacis_inode_init_security_anon, struct inode *inode,
	     const struct qstr *name)
{
	__u32 access = gl_anon_kind(name);

	return access ? gl_kernel_check(GL_HOOK_INODE_INIT_ANON, access) : 0;
}

/* Code for the kernel, from a file or from memory. Firmware is the affair of a
 * driver, whoever opened its device. What has no word here is a module. */
SEC("lsm/kernel_read_file")
int glacis_kernel_read_file(unsigned long long *ctx)
{
	__u64 id = (__u32)ctx[1];
	__u32 access = GL_KERNEL_MODULE;

	if (id == bpf_core_enum_value(enum kernel_read_file_id, READING_FIRMWARE))
		return 0;
	if (id == bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_IMAGE) ||
	    id == bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_INITRAMFS))
		access = GL_KERNEL_KEXEC;
	return gl_kernel_check(GL_HOOK_KERNEL_READ_FILE, access);
}

SEC("lsm/kernel_load_data")
int glacis_kernel_load_data(unsigned long long *ctx)
{
	__u64 id = (__u32)ctx[0];
	__u32 access = GL_KERNEL_MODULE;

	if (id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_FIRMWARE))
		return 0;
	if (id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_IMAGE) ||
	    id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_INITRAMFS))
		access = GL_KERNEL_KEXEC;
	return gl_kernel_check(GL_HOOK_KERNEL_LOAD_DATA, access);
}

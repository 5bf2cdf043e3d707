/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hooks, as numbers in images (which hooks an image needs), in events and
 * in the loader. X(enumerator, number, program's hook name, since) where
 * `since` tells whether every kernel of the list has it (1) or only some (0).
 */
#pragma once

#include "types.h"

#define GL_HOOKS(X)                                                                      \
	X(TASK_ALLOC, 1, "task_alloc", 1)                                                \
	X(TASK_FREE, 2, "task_free", 1)                                                  \
	X(BPRM_CHECK, 3, "bprm_check_security", 1)                                       \
	X(BPRM_COMMITTED, 4, "bprm_committed_creds", 1)                                  \
	X(FILE_OPEN, 5, "file_open", 1)                                                  \
	X(MMAP_FILE, 6, "mmap_file", 1)                                                  \
	X(FILE_MPROTECT, 7, "file_mprotect", 1)                                          \
	X(FILE_LOCK, 8, "file_lock", 1)                                                  \
	X(FILE_FCNTL, 9, "file_fcntl", 1)                                                \
	X(FILE_TRUNCATE, 10, "file_truncate", 0)                                         \
	X(PATH_UNLINK, 11, "path_unlink", 1)                                             \
	X(PATH_MKDIR, 12, "path_mkdir", 1)                                               \
	X(PATH_RMDIR, 13, "path_rmdir", 1)                                               \
	X(PATH_MKNOD, 14, "path_mknod", 1)                                               \
	X(PATH_SYMLINK, 15, "path_symlink", 1)                                           \
	X(PATH_LINK, 16, "path_link", 1)                                                 \
	X(PATH_RENAME, 17, "path_rename", 1)                                             \
	X(PATH_TRUNCATE, 18, "path_truncate", 1)                                         \
	X(PATH_CHMOD, 19, "path_chmod", 1)                                               \
	X(PATH_CHOWN, 20, "path_chown", 1)                                               \
	X(SOCKET_CREATE, 21, "socket_create", 1)                                         \
	X(SOCKET_BIND, 22, "socket_bind", 1)                                             \
	X(SOCKET_CONNECT, 23, "socket_connect", 1)                                       \
	X(SOCKET_LISTEN, 24, "socket_listen", 1)                                         \
	X(SOCKET_SENDMSG, 25, "socket_sendmsg", 1)                                       \
	X(UNIX_STREAM_CONNECT, 26, "unix_stream_connect", 1)                             \
	X(UNIX_MAY_SEND, 27, "unix_may_send", 1)                                         \
	X(CAPABLE, 28, "capable", 1)                                                     \
	X(INODE_INIT_ANON, 29, "inode_init_security_anon", 1)                            \
	X(PTRACE_ACCESS_CHECK, 30, "ptrace_access_check", 1)                             \
	X(PTRACE_TRACEME, 31, "ptrace_traceme", 1)                                       \
	X(TASK_KILL, 32, "task_kill", 1)                                                 \
	X(TASK_SETNICE, 33, "task_setnice", 1)                                           \
	X(TASK_SETSCHEDULER, 34, "task_setscheduler", 1)                                 \
	X(TASK_SETIOPRIO, 35, "task_setioprio", 1)                                       \
	X(TASK_SETRLIMIT, 36, "task_setrlimit", 1)                                       \
	X(SB_MOUNT, 37, "sb_mount", 1)                                                   \
	X(MOVE_MOUNT, 38, "move_mount", 1)                                               \
	X(SB_UMOUNT, 39, "sb_umount", 1)                                                 \
	X(SB_PIVOTROOT, 40, "sb_pivotroot", 1)                                           \
	X(PATH_CHROOT, 41, "path_chroot", 1)                                             \
	X(SB_REMOUNT, 42, "sb_remount", 1)                                               \
	X(USERNS_CREATE, 43, "userns_create", 1)                                         \
	X(BPF, 44, "bpf", 1)                                                             \
	X(PERF_EVENT_OPEN, 45, "perf_event_open", 1)                                     \
	X(KERNEL_READ_FILE, 46, "kernel_read_file", 1)                                   \
	X(KERNEL_LOAD_DATA, 47, "kernel_load_data", 1)                                   \
	X(KEY_PERMISSION, 48, "key_permission", 1)                                       \
	X(URING_OVERRIDE_CREDS, 49, "uring_override_creds", 1)                           \
	X(URING_SQPOLL, 50, "uring_sqpoll", 1)                                           \
	X(URING_CMD, 51, "uring_cmd", 1)                                                 \
	X(SYSLOG, 52, "syslog", 1)                                                       \
	X(BPRM_CREDS_FROM_FILE, 53, "bprm_creds_from_file", 1)                           \
	X(FILE_RECEIVE, 54, "file_receive", 1)                                           \
	X(FILE_IOCTL, 55, "file_ioctl", 1)                                               \
	X(FILE_IOCTL_COMPAT, 56, "file_ioctl_compat", 0)                                 \
	X(IPC_PERMISSION, 57, "ipc_permission", 1)                                       \
	X(SHM_ALLOC, 58, "shm_alloc_security", 1)                                        \
	X(SHM_CTL, 59, "shm_shmctl", 1)                                                  \
	X(MSG_ALLOC, 60, "msg_queue_alloc_security", 1)                                  \
	X(MSG_CTL, 61, "msg_queue_msgctl", 1)                                            \
	X(SEM_ALLOC, 62, "sem_alloc_security", 1)                                        \
	X(SEM_CTL, 63, "sem_semctl", 1)                                                  \
	X(INODE_SETATTR, 64, "inode_setattr", 1)                                         \
	X(INODE_SETXATTR, 65, "inode_setxattr", 1)                                       \
	X(INODE_REMOVEXATTR, 66, "inode_removexattr", 1)                                 \
	X(INODE_SET_ACL, 67, "inode_set_acl", 0)                                         \
	X(INODE_REMOVE_ACL, 68, "inode_remove_acl", 0)                                   \
	X(INODE_FILE_SETATTR, 69, "inode_file_setattr", 0)                               \
	X(CGROUP_SYSCTL, 70, "cgroup_sysctl", 1) /* of the root cgroup, no LSM hook */   \
	X(BPF_MAP, 71, "bpf_map", 1)                                                     \
	X(BPF_PROG, 72, "bpf_prog", 1)                                                   \
	X(INODE_UNLINK, 73, "inode_unlink", 1)                                           \
	X(INODE_RMDIR, 74, "inode_rmdir", 1)                                             \
	X(INODE_RENAME, 75, "inode_rename", 1)

#define GL_X_HOOK(n, v, w, s) GL_HOOK_##n = (v),
enum gl_hook { GL_HOOK_NONE = 0, GL_HOOKS(GL_X_HOOK) GL_HOOK_COUNT = 76 };

/* Hooks as a set: hook h is bit h % 64 of word h / 64. */
struct gl_hook_set {
	__u64 words[2];
};
GL_STATIC_ASSERT(GL_HOOK_COUNT <= 128, "gl_hook_set");

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The words of the language as bits: what a subject may do to an object.
 * Every list is an X-macro, so that names, bits and tests come from one place.
 * Bits are never reused.
 */
#pragma once

#include "types.h"

/* X(enumerator, bit, "word"): accesses to an object that has a path. */
#define GL_FILE_ACCESSES(X)                                                              \
	X(READ, 0, "read")                                                               \
	X(WRITE, 1, "write")                                                             \
	X(APPEND, 2, "append")                                                           \
	X(EXECUTE, 3, "execute")                                                         \
	X(MAP_EXEC, 4, "map_exec")                                                       \
	X(CREATE, 5, "create")                                                           \
	X(UNLINK, 6, "unlink")                                                           \
	X(RENAME, 7, "rename")                                                           \
	X(LINK, 8, "link")                                                               \
	X(SYMLINK, 9, "symlink")                                                         \
	X(MKDIR, 10, "mkdir")                                                            \
	X(RMDIR, 11, "rmdir")                                                            \
	X(MKNOD, 12, "mknod")                                                            \
	X(CHMOD, 13, "chmod")                                                            \
	X(CHOWN, 14, "chown")                                                            \
	X(TRUNCATE, 15, "truncate")                                                      \
	X(LOCK, 16, "lock")                                                              \
	X(UNIX_BIND, 17, "unix_bind")	    /* written as a [[net]] rule */              \
	X(UNIX_CONNECT, 18, "unix_connect") /* written as a [[net]] rule */              \
	X(UNIX_SEND, 19, "unix_send")	    /* written as a [[net]] rule */              \
	X(MOUNT, 20, "mount")		    /* something over this place */              \
	X(UMOUNT, 21, "umount")		    /* also to move what is mounted away */      \
	X(PIVOT_ROOT, 22, "pivot_root")                                                  \
	X(CHROOT, 23, "chroot")                                                          \
	X(SET_ID, 24, "set_id") /* exec that gives the file's user, group or caps */     \
	X(IOCTL, 25, "ioctl")	/* the dangerous ones: lsm/decide/ioctl.h */             \
	X(ATTRIBUTES, 26, "attributes") /* times, extended attributes, access lists */   \
	X(INTERPRET, 27,                                                                 \
	  "interpret") /* exec on behalf of a script; execute has it too */              \
	X(TRANSITION, 28, "transition") /* written as an [[exec.transition]] */          \
	X(ATTACH, 29, "attach")		/* enters the domain: written in [attach] */     \
	X(OUTSIDE, 30, "outside")	/* stays outside it, though its unit attaches */ \
	X(DIGEST, 31, "digest")		/* is code only as it was: an [[exec.digest]] */

/* Where a walk from an object to the root of its tree ended. Only `rooted`
 * (the walk met the root recorded in the subject's label) is matched against
 * path patterns; every other ending is refused unless granted by its word. */
#define GL_ENDINGS(X)                                                                    \
	X(ROOTED, 1, "rooted")                                                           \
	X(FOREIGN_ROOT, 2, "foreign_root") /* another root than the label's */           \
	X(DETACHED, 3, "detached")	   /* mount in no mount namespace */             \
	X(INTERNAL, 4, "internal")	   /* mount made by the kernel */                \
	X(DISCONNECTED, 5, "disconnected") /* not below its mount's root */              \
	X(UNLINKED, 6, "unlinked")	   /* exists, but has no name */                 \
	X(ANONYMOUS, 7, "anonymous")	   /* memfd, pipe, socket, queue ... */          \
	X(TOO_LONG, 8, "too_long")	   /* more components than we follow */          \
	X(UNSTABLE, 9, "unstable")	   /* no two walks agreed */                     \
	X(UNREADABLE, 10, "unreadable")	   /* kernel memory could not be read */         \
	X(PIDFD, 11, "pidfd")		   /* a process, from 6.9 on */

/* Kinds of socket; lsm/decide/socket.h maps (family, type, protocol) to one.
 * What has no kind here can't be granted and is always refused. */
#define GL_SOCKETS(X)                                                                    \
	X(TCP, 1, "tcp")                                                                 \
	X(UDP, 2, "udp")                                                                 \
	X(UDPLITE, 3, "udplite")                                                         \
	X(PING, 4, "ping") /* unprivileged ICMP echo */                                  \
	X(RAW, 5, "raw")   /* AF_INET and AF_INET6, type raw */                          \
	X(SCTP, 6, "sctp")                                                               \
	X(MPTCP, 7, "mptcp")                                                             \
	X(DCCP, 8, "dccp")                                                               \
	X(PACKET, 9, "packet")                                                           \
	X(UNIX, 10, "unix")                                                              \
	X(NETLINK_ROUTE, 11, "netlink_route")                                            \
	X(NETLINK_AUDIT, 12, "netlink_audit")                                            \
	X(NETLINK_UEVENT, 13, "netlink_uevent")                                          \
	X(NETLINK_DIAG, 14, "netlink_diag")                                              \
	X(NETLINK_GENERIC, 15, "netlink_generic")                                        \
	X(NETLINK_OTHER, 16, "netlink_other")                                            \
	X(VSOCK, 17, "vsock")                                                            \
	X(ALG, 18, "alg")                                                                \
	X(BLUETOOTH, 19, "bluetooth")                                                    \
	X(CAN, 20, "can")                                                                \
	X(TIPC, 21, "tipc")                                                              \
	X(RDS, 22, "rds")                                                                \
	X(SMC, 23, "smc")                                                                \
	X(XDP, 24, "xdp")                                                                \
	X(KCM, 25, "kcm")

/* What a subject does with a socket. */
#define GL_NET_OPS(X)                                                                    \
	X(BIND, 1, "bind")	 /* bind(2), and listen(2) on the bound address */       \
	X(CONNECT, 2, "connect") /* connect(2), TCP fast open */                         \
	X(SEND, 3, "send")	 /* a datagram with an address of its own */             \
	X(CREATE, 4, "create")	 /* socket(2): decided by kind alone */

/* Memory that is code: each word is an exception to W^X. */
#define GL_MEMORY(X)                                                                     \
	X(EXEC_ANON, 0, "exec_anon") /* anonymous memory, executable */                  \
	X(EXEC_HEAP, 1, "exec_heap")                                                     \
	X(EXEC_STACK, 2, "exec_stack")                                                   \
	X(EXEC_MODIFIED, 3, "exec_modified") /* private pages that changed */            \
	X(WRITE_EXEC, 4, "write_exec")	     /* writable and executable at once */

/* Doors to the kernel that are granted by name. */
#define GL_KERNEL(X)                                                                     \
	X(IO_URING, 0, "io_uring")                                                       \
	X(USERFAULTFD, 1, "userfaultfd")                                                 \
	X(BPF, 2, "bpf")                                                                 \
	X(PERF_EVENT, 3, "perf_event")                                                   \
	X(MODULE, 4, "module")                                                           \
	X(KEXEC, 5, "kexec")                                                             \
	X(KEYS, 6, "keys")                                                               \
	X(USER_NAMESPACE, 7, "user_namespace")                                           \
	X(IO_URING_SQPOLL, 8, "io_uring_sqpoll")                                         \
	X(IO_URING_PERSONALITY, 9, "io_uring_personality")                               \
	X(IO_URING_CMD, 10, "io_uring_cmd")                                              \
	X(SYSLOG, 11, "syslog")                                                          \
	X(REMOUNT, 12, "remount") /* of a filesystem as a whole */                       \
	X(SYSV_IPC, 13, "sysv_ipc")

/* What a task does to another one. */
#define GL_TASKS(X)                                                                      \
	X(SIGNAL, 0, "signal")                                                           \
	X(INSPECT, 1, "inspect")   /* its memory map, environment, descriptors */        \
	X(TRACE, 2, "trace")	   /* its memory and registers, or a descriptor */       \
	X(SCHEDULE, 3, "schedule") /* priority, scheduler, resource limits */            \
	X(CONNECT, 4, "connect")   /* written as a [[net]] rule */

/* What nobody may do to what enforces, confined or not: no rule speaks of these. */
#define GL_GUARDS(X)                                                                     \
	X(UNMOUNT, 0, "unmount")     /* the file system of the pins, or one below it */  \
	X(OVERMOUNT, 1, "overmount") /* to hide it */                                    \
	X(MOVE, 2, "move")                                                               \
	X(REMOUNT, 3, "remount")                                                         \
	X(FTRACE, 4, "ftrace") /* kernel.ftrace_enabled, without which no hook runs */   \
	X(UNPIN, 5, "unpin")   /* locked: pins are removed or renamed */                 \
	X(TAKE, 6, "take")     /* locked: to write to maps that decide */                \
	X(DETACH, 7, "detach") /* locked: links are ended or changed */

/* Capabilities, numbered as in include/uapi/linux/capability.h. */
#define GL_CAPABILITIES(X)                                                               \
	X(CHOWN, 0, "chown")                                                             \
	X(DAC_OVERRIDE, 1, "dac_override")                                               \
	X(DAC_READ_SEARCH, 2, "dac_read_search")                                         \
	X(FOWNER, 3, "fowner")                                                           \
	X(FSETID, 4, "fsetid")                                                           \
	X(KILL, 5, "kill")                                                               \
	X(SETGID, 6, "setgid")                                                           \
	X(SETUID, 7, "setuid")                                                           \
	X(SETPCAP, 8, "setpcap")                                                         \
	X(LINUX_IMMUTABLE, 9, "linux_immutable")                                         \
	X(NET_BIND_SERVICE, 10, "net_bind_service")                                      \
	X(NET_BROADCAST, 11, "net_broadcast")                                            \
	X(NET_ADMIN, 12, "net_admin")                                                    \
	X(NET_RAW, 13, "net_raw")                                                        \
	X(IPC_LOCK, 14, "ipc_lock")                                                      \
	X(IPC_OWNER, 15, "ipc_owner")                                                    \
	X(SYS_MODULE, 16, "sys_module")                                                  \
	X(SYS_RAWIO, 17, "sys_rawio")                                                    \
	X(SYS_CHROOT, 18, "sys_chroot")                                                  \
	X(SYS_PTRACE, 19, "sys_ptrace")                                                  \
	X(SYS_PACCT, 20, "sys_pacct")                                                    \
	X(SYS_ADMIN, 21, "sys_admin")                                                    \
	X(SYS_BOOT, 22, "sys_boot")                                                      \
	X(SYS_NICE, 23, "sys_nice")                                                      \
	X(SYS_RESOURCE, 24, "sys_resource")                                              \
	X(SYS_TIME, 25, "sys_time")                                                      \
	X(SYS_TTY_CONFIG, 26, "sys_tty_config")                                          \
	X(MKNOD, 27, "mknod")                                                            \
	X(LEASE, 28, "lease")                                                            \
	X(AUDIT_WRITE, 29, "audit_write")                                                \
	X(AUDIT_CONTROL, 30, "audit_control")                                            \
	X(SETFCAP, 31, "setfcap")                                                        \
	X(MAC_OVERRIDE, 32, "mac_override")                                              \
	X(MAC_ADMIN, 33, "mac_admin")                                                    \
	X(SYSLOG, 34, "syslog")                                                          \
	X(WAKE_ALARM, 35, "wake_alarm")                                                  \
	X(BLOCK_SUSPEND, 36, "block_suspend")                                            \
	X(AUDIT_READ, 37, "audit_read")                                                  \
	X(PERFMON, 38, "perfmon")                                                        \
	X(BPF, 39, "bpf")                                                                \
	X(CHECKPOINT_RESTORE, 40, "checkpoint_restore")

/* What the bits of an event or a request are about: the first half of a
 * blocker's name, as in `file.write`. */
#define GL_CLASSES(X)                                                                    \
	X(FILE, 1, "file")                                                               \
	X(MEMORY, 2, "memory")                                                           \
	X(NET, 3, "net")                                                                 \
	X(CAPABILITY, 4, "capability")                                                   \
	X(KERNEL, 5, "kernel")                                                           \
	X(TASK, 6, "task")                                                               \
	X(GUARD, 7, "guard")

#define GL_X_BIT(prefix, name, bit) prefix##name = 1u << (bit),
#define GL_X_FILE(n, b, w) GL_X_BIT(GL_FILE_, n, b)
#define GL_X_MEMORY(n, b, w) GL_X_BIT(GL_MEMORY_, n, b)
#define GL_X_KERNEL(n, b, w) GL_X_BIT(GL_KERNEL_, n, b)
#define GL_X_TASK(n, b, w) GL_X_BIT(GL_TASK_, n, b)
#define GL_X_GUARD(n, b, w) GL_X_BIT(GL_GUARD_, n, b)
#define GL_X_ENDING(n, v, w) GL_ENDING_##n = (v),
#define GL_X_SOCKET(n, v, w) GL_SOCKET_##n = (v),
#define GL_X_NET_OP(n, v, w) GL_NET_##n = (v),
#define GL_X_CAP(n, v, w) GL_CAP_##n = (v),
#define GL_X_CLASS(n, v, w) GL_CLASS_##n = (v),

enum gl_file_access {
	GL_FILE_ACCESSES(GL_X_FILE) GL_FILE_ALL = (1u << 29) - 1,
	/* What is done by the name of a Unix socket. */
	GL_FILE_UNIX = GL_FILE_UNIX_BIND | GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND,
	/* What is done to a file rather than to its name: a link must not give it. */
	GL_FILE_CONTENT =
	    GL_FILE_READ | GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_EXECUTE |
	    GL_FILE_MAP_EXEC | GL_FILE_CHMOD | GL_FILE_CHOWN | GL_FILE_TRUNCATE |
	    GL_FILE_LOCK | GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND | GL_FILE_SET_ID |
	    GL_FILE_IOCTL | GL_FILE_ATTRIBUTES | GL_FILE_INTERPRET | GL_FILE_TRANSITION,
	/* What makes code of a file. */
	GL_FILE_CODE =
	    GL_FILE_EXECUTE | GL_FILE_MAP_EXEC | GL_FILE_INTERPRET | GL_FILE_TRANSITION,
	/* Not what a subject does, but who becomes one, or what a file must be: no rule
	 * refuses them. */
	GL_FILE_MARKS = 1u << 29 | 1u << 30 | 1u << 31,
};
enum gl_memory_access { GL_MEMORY(GL_X_MEMORY) GL_MEMORY_ALL = (1u << 5) - 1 };
enum gl_kernel_access { GL_KERNEL(GL_X_KERNEL) GL_KERNEL_ALL = (1u << 14) - 1 };
enum gl_task_access { GL_TASKS(GL_X_TASK) GL_TASK_ALL = (1u << 5) - 1 };
enum gl_guard_access { GL_GUARDS(GL_X_GUARD) GL_GUARD_ALL = (1u << 8) - 1 };
enum gl_ending { GL_ENDING_NONE = 0, GL_ENDINGS(GL_X_ENDING) GL_ENDING_COUNT = 12 };
enum gl_socket { GL_SOCKET_NONE = 0, GL_SOCKETS(GL_X_SOCKET) GL_SOCKET_COUNT = 26 };
enum gl_net_op { GL_NET_NONE = 0, GL_NET_OPS(GL_X_NET_OP) GL_NET_OP_COUNT = 5 };
enum gl_capability { GL_CAPABILITIES(GL_X_CAP) GL_CAP_COUNT = 41 };
enum gl_class { GL_CLASS_NONE = 0, GL_CLASSES(GL_X_CLASS) GL_CLASS_COUNT = 8 };

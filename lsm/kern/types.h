/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types, by hand and only the fields that are read: CO-RE finds
 * their offsets in the running kernel. Never read one of these by value.
 * A name with three underscores is the same type in another kernel version.
 */
#pragma once

#include "../abi/types.h"

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))

typedef struct {
	__u32 val;
} CORE kuid_t;

struct qstr {
	__u32 hash;
	__u32 len; /* behind hash on little-endian machines: read as one word */
	const unsigned char *name;
} CORE;

struct seqcount {
	__u32 sequence;
} CORE;

struct seqcount_spinlock {
	struct seqcount seqcount;
} CORE;

struct hlist_node {
	struct hlist_node *next;
} CORE;

struct hlist_head {
	struct hlist_node *first;
} CORE;

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
} CORE;

struct list_head {
	struct list_head *next;
} CORE;

struct iattr {
	__u32 ia_valid;
} CORE;

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	__u32 s_time_gran;
} CORE;

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
} CORE;

struct inode {
	__u16 i_mode;
	kuid_t i_uid;
	__u32 i_rdev;
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_nlink;
	__u32 i_generation;
	__u32 i_flags;
	__s64 i_size;
	/* the change time: up to 6.5, up to 6.10, since */
	struct timespec64 i_ctime;
	struct timespec64 __i_ctime;
	__s64 i_ctime_sec;
	__u32 i_ctime_nsec;
} CORE;

union shortname_store {
	__u8 string[40];
} CORE;

struct dentry {
	__u32 d_flags;
	struct seqcount_spinlock d_seq;
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	/* the short name: up to 6.12, since */
	__u8 d_iname[32];
	union shortname_store d_shortname;
	struct super_block *d_sb;
} CORE;

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
} CORE;

struct ns_common {
	__u32 inum;
} CORE;

struct mnt_namespace {
	struct ns_common ns;
} CORE;

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
	struct list_head mnt_instance; /* up to 6.17 */
	struct mount *mnt_next_for_sb; /* since */
	int mnt_id;
	int mnt_group_id; /* of the mounts that share what is mounted on them, or 0 */
} CORE;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
} CORE;

struct file {
	__u32 f_mode;
	__u32 f_flags;
	struct path f_path;
	struct inode *f_inode;
} CORE;

struct backing_file {
	struct path user_path;
} CORE;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec;
	unsigned long *open_fds;
} CORE;

struct files_struct {
	struct fdtable *fdt;
} CORE;

struct fs_struct {
	struct path root;
} CORE;

struct kernel_cap_struct {
	__u32 cap[2];
} CORE;

struct cred {
	kuid_t uid;
	kuid_t gid;
	kuid_t euid;
	kuid_t egid;
	kuid_t fsuid;
	struct kernel_cap_struct cap_permitted; /* 64 bits, in words of either size */
	struct kernel_cap_struct cap_effective;
	union {
		int non_rcu;
	};
} CORE;

struct mm_struct {
	unsigned long exec_vm;
	unsigned long start_brk, brk, start_stack;
	struct file *exe_file;
} CORE;

struct bpf_local_storage_map;

struct bpf_local_storage_data {
	struct bpf_local_storage_map *smap;
	__u8 data[];
} CORE;

struct bpf_local_storage_elem {
	struct hlist_node snode;
	struct bpf_local_storage_data sdata;
} CORE;

struct bpf_local_storage {
	struct bpf_local_storage_data *cache[16];
	struct hlist_head list;
} CORE;

struct bpf_map {
	__u32 id;
} CORE;

struct bpf_prog_aux {
	__u32 used_map_cnt;
	struct bpf_map **used_maps;
} CORE;

struct bpf_prog {
	struct bpf_prog_aux *aux;
} CORE;

struct bpf_local_storage_map {
	struct bpf_map map;
} CORE;

struct upid {
	int nr;
} CORE;

struct pid {
	unsigned int level;
	struct upid numbers[];
} CORE;

struct pid_namespace {
	struct task_struct *child_reaper;
} CORE;

struct kernfs_node {
	const char *name;
} CORE;

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[];
} CORE;

struct css_set {
	struct cgroup *dfl_cgrp;
} CORE;

struct task_struct {
	__u32 flags;
	__u32 personality;
	int pid;
	int tgid;
	__u64 self_exec_id;
	__u64 start_boottime;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	const struct cred *cred;
	const struct cred *real_cred;
	struct fs_struct *fs;
	struct files_struct *files;
	struct mm_struct *mm;
	struct bpf_local_storage *bpf_storage;
	struct io_uring_task *io_uring;
	struct css_set *cgroups;
	char comm[16];
} CORE;

struct linux_binprm {
	struct file *file;
	struct cred *cred;
	int unsafe;
	const char *filename; /* that was asked for ... */
	const char *interp;   /* ... and that is being executed: another for a script */
} CORE;

enum kernel_read_file_id {
	READING_FIRMWARE = 1,
	READING_KEXEC_IMAGE = 3,
	READING_KEXEC_INITRAMFS = 4,
};

enum kernel_load_data_id {
	LOADING_FIRMWARE = 1,
	LOADING_KEXEC_IMAGE = 3,
	LOADING_KEXEC_INITRAMFS = 4,
};

struct vm_area_struct {
	unsigned long vm_start, vm_end;
	unsigned long vm_flags;
	struct mm_struct *vm_mm;
	struct file *vm_file;
	void *anon_vma;
} CORE;

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
} CORE;

struct sock_common {
	__u16 skc_family;
	__u16 skc_num; /* local port, host order */
	__u32 skc_rcv_saddr;
	struct in6_addr skc_v6_rcv_saddr;
} CORE;

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
} CORE;

struct socket {
	struct sock *sk;
} CORE;

struct sockaddr {
	__u16 sa_family;
} CORE;

struct msghdr {
	void *msg_name;
	int msg_namelen;
	__u32 msg_flags;
} CORE;

struct sockaddr_un {
	__u16 sun_family;
} CORE;

struct unix_address {
	int len;
	struct sockaddr_un name[];
} CORE;

struct unix_sock {
	struct unix_address *addr;
	struct path path;
} CORE;

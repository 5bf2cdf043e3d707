/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Another BPF agent on the same host, of the kind that hurts on 6.1: a sleepable
 * program that creates task storage. While it sleeps in the allocation it holds
 * this CPU's one busy counter, and everybody's look-ups fail.
 */
#include <linux/types.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct task_struct;
struct file;

struct value {
	__u64 words[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct value);
} notes SEC(".maps");

SEC("lsm.s/file_open")
int BPF_PROG(agent_file_open, struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf();

	bpf_task_storage_delete(&notes, task);
	bpf_task_storage_get(&notes, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

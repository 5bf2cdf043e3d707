// SPDX-License-Identifier: Apache-2.0
// Doors to the kernel, by raw system calls.
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"

static void make_map(int argc, char **argv, struct act_result *res)
{
	union bpf_attr attr;
	int fd;

	(void)argc, (void)argv;
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	act_done(fd, "bpf", true, res);
	if (fd >= 0)
		close(fd);
}

static void count_clock(int argc, char **argv, struct act_result *res)
{
	struct perf_event_attr attr;
	int fd;

	(void)argc, (void)argv;
	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_SOFTWARE;
	attr.size = sizeof(attr);
	attr.config = PERF_COUNT_SW_TASK_CLOCK;
	attr.exclude_kernel = 1;
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	act_done(fd, "perf_event_open", true, res);
	if (fd >= 0)
		close(fd);
}

static void add_key(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	act_done(syscall(SYS_add_key, "user", "glacis", "x", 1, KEY_SPEC_PROCESS_KEYRING),
		 "add_key", true, res);
}

static void load_module(int argc, char **argv, struct act_result *res)
{
	int fd = act_open(argv[1], O_RDONLY, res);

	(void)argc;
	if (fd < 0)
		return;
	act_done(syscall(SYS_finit_module, fd, "", 0), "finit_module", true, res);
	close(fd);
}

/* No segments: takes away what nobody prepared. */
static void load_kernel(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	act_done(syscall(SYS_kexec_load, 0, 0, NULL, 0), "kexec_load", true, res);
}

static void read_log(int argc, char **argv, struct act_result *res)
{
	const int size_of_buffer = 10;

	(void)argc, (void)argv;
	act_done(klogctl(size_of_buffer, NULL, 0), "syslog", true, res);
}

static void new_user_namespace(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	act_done(unshare(CLONE_NEWUSER), "unshare", true, res);
}

const struct act act_kernel_table[] = {
    {"kernel.bpf", "", 0, 0, make_map},
    {"kernel.perf", "", 0, 0, count_clock},
    {"kernel.key", "", 0, 0, add_key},
    {"kernel.module", "FILE", 1, 1, load_module},
    {"kernel.kexec", "", 0, 0, load_kernel},
    {"kernel.syslog", "", 0, 0, read_log},
    {"kernel.user_namespace", "", 0, 0, new_user_namespace},
    {NULL, NULL, 0, 0, NULL},
};

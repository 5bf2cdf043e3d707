// SPDX-License-Identifier: Apache-2.0
// What a process does to another one, whose number is given or in a file.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"
#include "act_net.h"

enum { WAIT_MS = 5000, NAP_MS = 20 };

static void nap(void) { usleep(NAP_MS * 1000); }

/*
 * The number itself, where no file may be opened; else the one in the file, which may
 * not be there yet. 0 and untried without one.
 */
static pid_t read_pid(const char *path, struct act_result *res)
{
	char text[32] = "";

	if (path[0] && strspn(path, "0123456789") == strlen(path))
		return (pid_t)strtol(path, NULL, 10);

	for (int ms = 0; ms < WAIT_MS; ms += NAP_MS, nap()) {
		int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
		ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

		if (fd >= 0)
			close(fd);
		if (got > 0 && strchr(text, '\n'))
			return (pid_t)strtol(text, NULL, 10);
	}
	act_untried(res, "no process to do it to");
	return 0;
}

static bool appears(const char *path)
{
	for (int ms = 0; ms < WAIT_MS; ms += NAP_MS, nap())
		if (access(path, F_OK) == 0)
			return true;
	return false;
}

/* The other process makes a file when it gets the signal. */
static void send_signal(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);

	(void)argc;
	if (!pid)
		return;
	act_done(kill(pid, atoi(argv[2])), "kill", true, res);
	if (res->ok)
		res->effect = appears(argv[3]);
}

/* Asks only whether it is there. */
static void probe_signal(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);

	(void)argc;
	if (pid)
		act_done(kill(pid, 0), "kill", true, res);
}

static void signal_child(int argc, char **argv, struct act_result *res)
{
	int status = 0, ours[2];
	char none;
	pid_t pid;

	(void)argc, (void)argv;
	if (pipe2(ours, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		act_failed(res, "pipe or fork", errno);
		return;
	}
	if (pid == 0) { /* ends with its parent, which may not be let to end it */
		close(ours[1]);
		_exit(read(ours[0], &none, 1) != 0);
	}
	act_done(kill(pid, SIGTERM), "kill", true, res);
	if (res->ok)
		res->effect = waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

/* Whoever owns a descriptor gets SIGIO when it is ready. */
static void own(int cmd, long arg, struct act_result *res)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		act_failed(res, "socketpair", errno);
		return;
	}
	act_done(fcntl(fds[0], cmd, arg), "F_SETOWN", true, res);
	close(fds[0]);
	close(fds[1]);
}

static void own_by_other(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);

	(void)argc;
	if (pid)
		own(F_SETOWN, pid, res);
}

static void own_by_group(int argc, char **argv, struct act_result *res)
{
	struct f_owner_ex owner = {.type = F_OWNER_PGRP, .pid = getpgrp()};

	(void)argc, (void)argv;
	own(F_SETOWN_EX, (long)&owner, res);
}

static void own_by_self(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	own(F_SETOWN, getpid(), res);
}

static void seize(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);

	(void)argc;
	if (pid)
		act_done(ptrace(PTRACE_SEIZE, pid, NULL, NULL), "seize", true, res);
}

static void get_descriptor(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);
	int pidfd, fd;

	(void)argc;
	if (!pid)
		return;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		act_failed(res, "pidfd_open", errno);
		return;
	}
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, 1, 0);
	act_done(fd, "pidfd_getfd", true, res);
	if (fd >= 0)
		close(fd);
	close(pidfd);
}

/* /proc/PID/NAME: opening `mem` needs to be allowed to trace, `environ` to look. */
static void open_proc(pid_t pid, const char *name, int flags, struct act_result *res)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC);
	act_done(fd, name, true, res);
	if (fd >= 0)
		close(fd);
}

static void open_memory(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);

	(void)argc;
	if (pid)
		open_proc(pid, "mem", O_RDWR, res);
}

/* One byte of it is changed, by a call that opens nothing. */
static void write_memory(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);
	char byte = 'X';
	struct iovec from = {.iov_base = &byte, .iov_len = 1};
	struct iovec to = {.iov_len = 1};
	unsigned long address = strtoul(argv[2], NULL, 0);

	(void)argc;
	memcpy(&to.iov_base, &address, sizeof(address));
	if (pid)
		act_done(process_vm_writev(pid, &from, 1, &to, 1, 0), "process_vm_writev",
			 true, res);
}

/* The same by a debugger's means. */
static void poke(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);
	unsigned long address = strtoul(argv[2], NULL, 0);

	(void)argc;
	if (!pid)
		return;
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0) {
		act_failed(res, "attach", errno);
		return;
	}
	waitpid(pid, NULL, __WALL);
	act_done(ptrace(PTRACE_POKEDATA, pid, address, (long)'X'), "poke", true, res);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

static void open_environment(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);

	(void)argc;
	if (pid)
		open_proc(pid, "environ", O_RDONLY, res);
}

static void set_nice(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);

	(void)argc;
	if (pid)
		act_done(setpriority(PRIO_PROCESS, (id_t)pid, 5), "setpriority", true,
			 res);
}

static void set_processors(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);
	cpu_set_t set;

	(void)argc;
	if (!pid)
		return;
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	act_done(sched_setaffinity(pid, sizeof(set), &set), "sched_setaffinity", true,
		 res);
}

static void set_io_priority(int argc, char **argv, struct act_result *res)
{
	pid_t pid = read_pid(argv[1], res);
	const int best_effort = 2 << 13 | 5;

	(void)argc;
	if (pid)
		act_done(syscall(SYS_ioprio_set, 1, pid, best_effort), "ioprio_set", true,
			 res);
}

static void set_limit(int argc, char **argv, struct act_result *res)
{
	struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};
	pid_t pid = read_pid(argv[1], res);

	(void)argc;
	if (pid)
		act_done(prlimit(pid, RLIMIT_NOFILE, &limit, NULL), "prlimit", true, res);
}

/* A child that asks to be traced by this process. */
static void trace_me(int argc, char **argv, struct act_result *res)
{
	int status = 0;
	pid_t pid = fork();

	(void)argc, (void)argv;
	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
		act_untried(res, "no child");
		return;
	}
	errno = WEXITSTATUS(status);
	act_done(errno ? -1 : 0, "traceme", true, res);
}

const struct act act_process_table[] = {
    {"process.signal", "PIDFILE|PID SIGNAL FILE", 3, 3, send_signal},
    {"process.probe", "PIDFILE|PID", 1, 1, probe_signal},
    {"process.signal_child", "", 0, 0, signal_child},
    {"process.own_by_other", "PIDFILE|PID", 1, 1, own_by_other},
    {"process.own_by_group", "", 0, 0, own_by_group},
    {"process.own_by_self", "", 0, 0, own_by_self},
    {"process.seize", "PIDFILE|PID", 1, 1, seize},
    {"process.traceme", "", 0, 0, trace_me},
    {"process.getfd", "PIDFILE|PID", 1, 1, get_descriptor},
    {"process.open_memory", "PIDFILE|PID", 1, 1, open_memory},
    {"process.write_memory", "PIDFILE|PID ADDRESS", 2, 2, write_memory},
    {"process.poke", "PIDFILE|PID ADDRESS", 2, 2, poke},
    {"process.open_environment", "PIDFILE|PID", 1, 1, open_environment},
    {"process.set_nice", "PIDFILE|PID", 1, 1, set_nice},
    {"process.set_processors", "PIDFILE|PID", 1, 1, set_processors},
    {"process.set_io_priority", "PIDFILE|PID", 1, 1, set_io_priority},
    {"process.set_limit", "PIDFILE|PID", 1, 1, set_limit},
    {NULL, NULL, 0, 0, NULL},
};

// SPDX-License-Identifier: Apache-2.0
// What a program takes along when it is run: descriptors that its parent left open.
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"

extern char **environ;

enum { KEPT = 50, NOT_EXECUTED = 99 };

static void exec_or_end(char **argv)
{
	execve(argv[0], argv, environ);
	_exit(NOT_EXECUTED + errno);
}

/* ok: the program was run and ended with 0. */
static void run(char **argv, struct act_result *res)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		exec_or_end(argv);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		act_failed(res, "fork", errno);
	} else if (WIFSIGNALED(status)) {
		res->signal = WTERMSIG(status);
		act_failed(res, "program", 0);
	} else if (WEXITSTATUS(status) > NOT_EXECUTED) {
		act_failed(res, "execve", WEXITSTATUS(status) - NOT_EXECUTED);
	} else if (WEXITSTATUS(status)) {
		act_failed(res, "program", 0);
	} else {
		act_ok(res, true);
	}
}

static void run_with(int fd, int flags, char **argv, struct act_result *res)
{
	if (fd < 0)
		return;
	if (dup3(fd, KEPT, flags) < 0)
		act_failed(res, "dup3", errno);
	else
		run(argv, res);
	close(KEPT);
	close(fd);
}

static void keep(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	run_with(act_open(argv[1], O_RDONLY | O_CLOEXEC, res), 0, argv + 2, res);
}

static void keep_closing(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	run_with(act_open(argv[1], O_RDONLY | O_CLOEXEC, res), O_CLOEXEC, argv + 2, res);
}

static void keep_name(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	run_with(act_open(argv[1], O_PATH | O_CLOEXEC, res), 0, argv + 2, res);
}

static void keep_ring(int argc, char **argv, struct act_result *res)
{
	struct io_uring_params params = {0};
	int fd = (int)syscall(SYS_io_uring_setup, 4, &params);

	(void)argc;
	if (fd < 0)
		act_failed(res, "io_uring_setup", errno);
	run_with(fd, 0, argv + 1, res);
}

static void keep_memory(int argc, char **argv, struct act_result *res)
{
	int fd = memfd_create("granted", MFD_CLOEXEC);

	(void)argc;
	if (fd < 0)
		act_failed(res, "memfd_create", errno);
	run_with(fd, 0, argv + 1, res);
}

static pid_t share_table(void)
{
	struct clone_args how = {.flags = CLONE_FILES, .exit_signal = SIGCHLD};

	return (pid_t)syscall(SYS_clone3, &how, sizeof(how));
}

/* Puts a file under a number and takes it away, in a table that it shares. */
static pid_t start_storm(int fd)
{
	pid_t pid = share_table();

	if (pid == 0)
		for (;;) {
			dup2(fd, KEPT);
			close(KEPT);
		}
	return pid;
}

/*
 * Runs a program again and again, each time by a task whose table another one is
 * changing. The program (descriptor.absent) fails if it got the file: `seen`.
 */
static void race(int argc, char **argv, struct act_result *res)
{
	int fd = act_open(argv[1], O_RDONLY | O_CLOEXEC, res), status = 0;
	unsigned long ran = 0, refused = 0, killed = 0, seen = 0;
	pid_t storm = fd < 0 ? -1 : start_storm(fd);

	(void)argc;
	for (int i = atoi(argv[2]); i > 0 && storm > 0; i--) {
		pid_t pid = share_table();

		if (pid == 0)
			exec_or_end(argv + 3);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			break;
		ran += WIFEXITED(status) && !WEXITSTATUS(status);
		refused += WIFEXITED(status) && WEXITSTATUS(status) > NOT_EXECUTED;
		killed += WIFSIGNALED(status);
		seen += WIFEXITED(status) && WEXITSTATUS(status) == ACT_EXIT_REFUSED;
	}
	if (storm <= 0)
		return;
	kill(storm, SIGKILL);
	waitpid(storm, &status, 0);
	snprintf(res->counts, sizeof(res->counts),
		 "\"ran\":%lu,\"refused\":%lu,\"killed\":%lu,\"seen\":%lu", ran, refused,
		 killed, seen);
	act_ok(res, true);
}

static void absent(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	if (fcntl(atoi(argv[1]), F_GETFD) >= 0)
		act_failed(res, "descriptor", 0);
	else
		act_ok(res, true);
}

const struct act act_inherit_table[] = {
    {"exec.keep", "FILE PATH [ARG...]", 2, 20, keep},
    {"exec.keep_closing", "FILE PATH [ARG...]", 2, 20, keep_closing},
    {"exec.keep_name", "FILE PATH [ARG...]", 2, 20, keep_name},
    {"exec.keep_ring", "PATH [ARG...]", 1, 20, keep_ring},
    {"exec.keep_memory", "PATH [ARG...]", 1, 20, keep_memory},
    {"exec.race", "FILE COUNT PATH [ARG...]", 3, 20, race},
    {"descriptor.absent", "NUMBER", 1, 1, absent},
    {NULL, NULL, 0, 0, NULL},
};

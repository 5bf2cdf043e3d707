// SPDX-License-Identifier: Apache-2.0
// Programs run while somebody else has a hand in the task, or by another of its
// threads, or by this very process.
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"

extern char **environ;

enum { NOT_EXECUTED = 99 };

/* The errno of an exec that failed is what the child ends with. */
static void exec_or_end(char **argv)
{
	execve(argv[0], argv, environ);
	_exit(NOT_EXECUTED + errno);
}

/* ok: the program was run and ended with 0. A tracee is let go on. */
static void wait_for(pid_t pid, struct act_result *res)
{
	int status = 0;

	if (pid < 0) {
		act_failed(res, "fork", errno);
		return;
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	if (WIFSIGNALED(status)) {
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

static void traced(int argc, char **argv, struct act_result *res)
{
	pid_t pid = fork();

	(void)argc;
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(1);
		exec_or_end(argv + 1);
	}
	wait_for(pid, res);
}

static void no_new_privs(int argc, char **argv, struct act_result *res)
{
	pid_t pid = fork();

	(void)argc;
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(1);
		exec_or_end(argv + 1);
	}
	wait_for(pid, res);
}

/* The parent can move the child's root and working directory. */
static void shared_fs(int argc, char **argv, struct act_result *res)
{
	struct clone_args how = {.flags = CLONE_FS, .exit_signal = SIGCHLD};
	pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof(how));

	(void)argc;
	if (pid == 0)
		exec_or_end(argv + 1);
	wait_for(pid, res);
}

/* The child has its parent's memory until its exec. */
static void vforked(int argc, char **argv, struct act_result *res)
{
	pid_t pid = vfork();

	(void)argc;
	if (pid == 0)
		exec_or_end(argv + 1);
	wait_for(pid, res);
}

static void *exec_thread(void *argv)
{
	exec_or_end(argv);
	return NULL;
}

static void by_thread(int argc, char **argv, struct act_result *res)
{
	pid_t pid = fork();

	(void)argc;
	if (pid == 0) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, exec_thread, argv + 1))
			_exit(1);
		pthread_join(thread, NULL);
		_exit(1);
	}
	wait_for(pid, res);
}

/* The program takes this one's place; its word is the act's. */
static void replace(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	execve(argv[1], argv + 1, environ);
	act_failed(res, "execve", errno);
}

/* What the kernel says of the program's own start. */
static void secure(int argc, char **argv, struct act_result *res)
{
	const unsigned long want = strtoul(argv[1], NULL, 10);

	(void)argc;
	if (getauxval(AT_SECURE) == want)
		act_ok(res, true);
	else
		act_failed(res, "AT_SECURE", 0);
}

const struct act act_transition_table[] = {
    {"exec.traced", "PATH [ARG...]", 1, 20, traced},
    {"exec.no_new_privs", "PATH [ARG...]", 1, 20, no_new_privs},
    {"exec.shared_fs", "PATH [ARG...]", 1, 20, shared_fs},
    {"exec.vfork", "PATH [ARG...]", 1, 20, vforked},
    {"exec.by_thread", "PATH [ARG...]", 1, 20, by_thread},
    {"exec.replace", "PATH [ARG...]", 1, 20, replace},
    {"task.secure", "0|1", 1, 1, secure},
    {NULL, NULL, 0, 0, NULL},
};

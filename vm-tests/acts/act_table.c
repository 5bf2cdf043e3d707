// SPDX-License-Identifier: Apache-2.0
// Finds acts by name and performs them, here or in a child.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"

enum { CHILD_SECONDS = 90 };

static const struct act *const tables[] = {
    act_exec_table,   act_file_table,	    act_path_table,	  act_ending_table,
    act_memory_table, act_net_table,	    act_unix_table,	  act_cap_table,
    act_uring_table,  act_task_table,	    act_process_table,	  act_mount_table,
    act_ipc_table,    act_kernel_table,	    act_descriptor_table, act_syscall_table,
    act_stress_table, act_transition_table, act_attribute_table,  act_inherit_table,
};

const struct act *act_find(const char *name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct act *act = tables[i]; act->name; act++)
			if (strcmp(act->name, name) == 0)
				return act;
	return NULL;
}

void act_list(FILE *out)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct act *act = tables[i]; act->name; act++)
			fprintf(out, "%s%s%s\n", act->name, act->args[0] ? " " : "",
				act->args);
}

void act_perform(int argc, char **argv, struct act_result *res)
{
	const struct act *act = argc > 0 ? act_find(argv[0]) : NULL;

	if (!act) {
		res->usage = true;
		act_detail(res, "no such act; see --list");
	} else if (argc - 1 < act->min_args || argc - 1 > act->max_args) {
		res->usage = true;
		act_detail(res, "usage: %s %s", act->name, act->args);
	} else {
		act->run(argc, argv, res);
	}
}

static void reset_signals(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
}

static void child(int argc, char **argv, const sigset_t *mask, int out)
{
	struct act_result res = {0};

	reset_signals();
	sigprocmask(SIG_SETMASK, mask, NULL);
	alarm(CHILD_SECONDS);
	act_perform(argc, argv, &res);
	ssize_t written = write(out, &res, sizeof(res));
	_exit(written == (ssize_t)sizeof(res) ? 0 : 1);
}

/* The child's word, or how it died without one. */
static void collect(pid_t pid, int in, struct act_result *res)
{
	struct act_result got;
	size_t have = 0;
	ssize_t n = 0;
	int status = 0;

	while (have < sizeof(got) &&
	       (n = read(in, (char *)&got + have, sizeof(got) - have)) != 0) {
		if (n > 0)
			have += (size_t)n;
		else if (errno != EINTR)
			break;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (have == sizeof(got)) {
		*res = got;
		return;
	}
	res->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	act_failed(res, "child", 0);
	act_detail(res, "the child ended without a result (wait status %d)", status);
}

/*
 * SIGCHLD stays blocked until the child was waited for, since a host program's
 * handler (nginx has one) may reap it first.
 */
void act_perform_in_child(int argc, char **argv, struct act_result *res)
{
	sigset_t chld, mask;
	int fds[2];

	if (pipe(fds) < 0) {
		act_untried(res, "no pipe");
		return;
	}
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &mask);
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child(argc, argv, &mask, fds[1]);
	}
	int err = errno;
	close(fds[1]);
	if (pid < 0)
		act_failed(res, "fork", err);
	else
		collect(pid, fds[0], res);
	close(fds[0]);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

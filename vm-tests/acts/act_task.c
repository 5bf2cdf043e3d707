// SPDX-License-Identifier: Apache-2.0
// Another task performs an act: does it inherit what its parent is bound by?
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"

extern char **environ;

static void nothing(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	act_ok(res, true);
}

static void by_fork(int argc, char **argv, struct act_result *res)
{
	act_perform_in_child(argc - 1, argv + 1, res);
}

/* Gives up root first, in a folder that need not be reached as the other user. */
static void by_user(int argc, char **argv, struct act_result *res)
{
	const uid_t uid = (uid_t)strtoul(argv[1], NULL, 10);

	if (chdir(argv[2]) < 0)
		act_failed(res, "chdir", errno);
	else if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		act_failed(res, "setresuid", errno);
	else
		act_perform(argc - 3, argv + 3, res);
}

struct thread_work {
	int argc;
	char **argv;
	struct act_result *res;
};

static void *thread_main(void *argument)
{
	struct thread_work *work = argument;

	act_perform(work->argc, work->argv, work->res);
	return NULL;
}

static void by_thread(int argc, char **argv, struct act_result *res)
{
	struct thread_work work = {argc - 1, argv + 1, res};
	pthread_t thread;
	int err = pthread_create(&thread, NULL, thread_main, &work);

	if (err)
		act_failed(res, "pthread_create", err);
	else
		pthread_join(thread, NULL);
}

/* The usual way to leave one's parent: fork, setsid, fork. */
static void daemon_child(int argc, char **argv, int out)
{
	struct act_result res = {0};

	setsid();
	pid_t pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	act_perform(argc, argv, &res);
	ssize_t n = write(out, &res, sizeof(res));
	_exit(n != (ssize_t)sizeof(res));
}

static void by_daemon(int argc, char **argv, struct act_result *res)
{
	struct act_result got;
	int fds[2];

	if (pipe(fds) < 0) {
		act_untried(res, "no pipe");
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		daemon_child(argc - 1, argv + 1, fds[1]);
	}
	int err = errno;
	close(fds[1]);
	if (pid < 0)
		act_failed(res, "fork", err);
	else if (read(fds[0], &got, sizeof(got)) == (ssize_t)sizeof(got))
		*res = got;
	else
		act_failed(res, "child", 0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	close(fds[0]);
}

/* What the executed copy of ourselves printed. */
static void from_json(const char *line, struct act_result *res)
{
	const char *err = strstr(line, "\"errno\":");

	if (!err) {
		act_failed(res, "child", 0);
		act_detail(res, "no result: %.200s", line);
		return;
	}
	res->ok = strstr(line, "\"ok\":true") != NULL;
	res->effect = strstr(line, "\"effect\":true") != NULL;
	res->untried = strstr(line, "\"untried\":true") != NULL;
	res->err = (int)strtol(err + strlen("\"errno\":"), NULL, 10);
	act_detail(res, "%.200s", line);
}

static void by_exec(int argc, char **argv, struct act_result *res)
{
	char self[1024] = "", line[2048] = "";
	int fds[2];

	(void)argc;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || pipe(fds) < 0) {
		act_untried(res, "no path of this program");
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		char **args =
		    argv; /* argv[0], the act's name, stands for the program's */

		dup2(fds[1], STDOUT_FILENO);
		execve(self, args, environ);
		_exit(errno == EACCES ? 126 : 127);
	}
	close(fds[1]);
	size_t used = 0;
	for (ssize_t n; (n = read(fds[0], line + used, sizeof(line) - 1 - used)) > 0;)
		used += (size_t)n;
	close(fds[0]);
	waitpid(pid, NULL, 0);
	from_json(line, res);
}

const struct act act_task_table[] = {
    {"task.nothing", "", 0, 0, nothing},
    {"task.fork", "ACT...", 1, 20, by_fork},
    {"task.user", "UID FOLDER ACT...", 3, 20, by_user},
    {"task.thread", "ACT...", 1, 20, by_thread},
    {"task.daemon", "ACT...", 1, 20, by_daemon},
    {"task.exec", "ACT...", 1, 20, by_exec},
    {NULL, NULL, 0, 0, NULL},
};

// SPDX-License-Identifier: Apache-2.0
/*
 * Processes to be adopted while they run.
 *
 * hold: threads and children wait until stdin brings a line or ends; then each
 * tries to read PATH. hold.storm: threads create threads and children without
 * pause, each of which tries to read PATH; what *began* after stdin brought a
 * line is counted apart ("after"), for SECONDS more. First line on stdout is
 * {"ready":true,"pid":N}. ok: no read was refused after the mark.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "act.h"

enum { MAX_TASKS = 512, STORM_LIMIT_SECONDS = 120 };

struct shared {
	atomic_int marked;
	atomic_int stop;
	atomic_ulong before_ok, before_refused, after_ok, after_refused, other;
};

static struct shared *shared;
static const char *target;

static bool share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared != MAP_FAILED;
}

static void try_read(void)
{
	const bool after = atomic_load(&shared->marked) != 0;
	long fd = syscall(SYS_openat, AT_FDCWD, target, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		close((int)fd);
		atomic_fetch_add(after ? &shared->after_ok : &shared->before_ok, 1);
	} else if (errno == EACCES || errno == EPERM) {
		atomic_fetch_add(after ? &shared->after_refused : &shared->before_refused,
				 1);
	} else {
		atomic_fetch_add(&shared->other, 1);
	}
}

static void announce(void)
{
	char line[64];
	int len =
	    snprintf(line, sizeof(line), "{\"ready\":true,\"pid\":%d}\n", (int)getpid());

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(ACT_EXIT_UNTRIED);
}

static bool await_mark(int timeout_ms)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, timeout_ms) > 0;
}

static void wait_for_mark(void)
{
	const struct timespec step = {.tv_nsec = 5 * 1000 * 1000};

	while (!atomic_load(&shared->marked))
		nanosleep(&step, NULL);
}

static void report(struct act_result *res)
{
	const unsigned long refused = atomic_load(&shared->after_refused);

	snprintf(res->counts, sizeof(res->counts),
		 "\"before_ok\":%lu,\"before_refused\":%lu,\"after_ok\":%lu,"
		 "\"after_refused\":%lu,\"other\":%lu",
		 atomic_load(&shared->before_ok), atomic_load(&shared->before_refused),
		 atomic_load(&shared->after_ok), refused, atomic_load(&shared->other));
	if (refused)
		act_failed(res, "open", EACCES);
	else
		act_ok(res, true);
	res->effect = atomic_load(&shared->after_ok) > 0;
}

static void *waiting_thread(void *unused)
{
	(void)unused;
	wait_for_mark();
	try_read();
	return NULL;
}

void act_hold(int argc, char **argv, struct act_result *res)
{
	const int threads = atoi(argv[1]), children = atoi(argv[2]);
	pthread_t ids[MAX_TASKS];
	int started = 0;

	(void)argc;
	target = argv[3];
	if (!share() || threads > MAX_TASKS || children > MAX_TASKS) {
		act_untried(res, "too many tasks");
		return;
	}
	for (int i = 0; i < children; i++)
		if (fork() == 0) {
			waiting_thread(NULL);
			_exit(0);
		}
	while (started < threads &&
	       pthread_create(&ids[started], NULL, waiting_thread, NULL) == 0)
		started++;
	announce();
	await_mark(-1);
	atomic_store(&shared->marked, 1);
	try_read();
	for (int i = 0; i < started; i++)
		pthread_join(ids[i], NULL);
	while (wait(NULL) > 0)
		;
	report(res);
}

static void *one_read(void *unused)
{
	(void)unused;
	try_read();
	return NULL;
}

static void spawn_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		try_read();
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void *storming_thread(void *unused)
{
	pthread_t thread;

	(void)unused;
	while (!atomic_load(&shared->stop)) {
		if (pthread_create(&thread, NULL, one_read, NULL) == 0)
			pthread_join(thread, NULL);
		spawn_child();
		try_read();
	}
	return NULL;
}

void act_hold_storm(int argc, char **argv, struct act_result *res)
{
	const int threads = atoi(argv[1]);
	const struct timespec rest = {.tv_sec = atoi(argv[2])};
	pthread_t ids[MAX_TASKS];
	int started = 0;

	(void)argc;
	target = argv[3];
	if (!share() || threads > MAX_TASKS) {
		act_untried(res, "too many tasks");
		return;
	}
	while (started < threads &&
	       pthread_create(&ids[started], NULL, storming_thread, NULL) == 0)
		started++;
	announce();
	await_mark(STORM_LIMIT_SECONDS * 1000);
	atomic_store(&shared->marked, 1);
	nanosleep(&rest, NULL);
	atomic_store(&shared->stop, 1);
	for (int i = 0; i < started; i++)
		pthread_join(ids[i], NULL);
	report(res);
}

// SPDX-License-Identifier: Apache-2.0
// The same thing many times, counted. The storms are for an unconfined task
// that disturbs others; they succeed when they could do their work.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "act.h"

struct tally {
	unsigned long ok, refused, failed;
	int err; /* of the first failure */
};

static void tally_call(struct tally *tally, long rc)
{
	if (rc >= 0) {
		tally->ok++;
		return;
	}
	if (!tally->err)
		tally->err = errno;
	if (errno == EACCES || errno == EPERM)
		tally->refused++;
	else
		tally->failed++;
}

/* ok: nothing was refused and nothing failed. */
static void report(const struct tally *tally, struct act_result *res)
{
	snprintf(res->counts, sizeof(res->counts),
		 "\"ok\":%lu,\"refused\":%lu,\"failed\":%lu", tally->ok, tally->refused,
		 tally->failed);
	if (tally->refused || tally->failed)
		act_failed(res, "some", tally->err);
	else
		act_ok(res, tally->ok > 0);
	res->effect = tally->ok > 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct tally open_often(const char *path, unsigned long count)
{
	struct tally tally = {0};

	for (unsigned long i = 0; i < count; i++) {
		long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

		tally_call(&tally, fd);
		if (fd >= 0)
			close((int)fd);
	}
	return tally;
}

static void opens(int argc, char **argv, struct act_result *res)
{
	const struct tally tally = open_often(argv[1], strtoul(argv[2], NULL, 10));

	(void)argc;
	report(&tally, res);
}

/* The same by several tasks at once, counted together. */
static void crowd(int argc, char **argv, struct act_result *res)
{
	const unsigned long tasks = strtoul(argv[2], NULL, 10);
	const unsigned long count = strtoul(argv[3], NULL, 10);
	struct tally all = {0}, one;
	int ends[2];

	(void)argc;
	if (pipe2(ends, O_CLOEXEC)) {
		act_untried(res, "no pipe");
		return;
	}
	for (unsigned long i = 0; i < tasks; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			one = open_often(argv[1], count);
			_exit(write(ends[1], &one, sizeof(one)) != sizeof(one));
		}
		if (pid < 0)
			tally_call(&all, -1);
	}
	close(ends[1]);
	while (read(ends[0], &one, sizeof(one)) == sizeof(one)) {
		all.ok += one.ok;
		all.refused += one.refused;
		all.failed += one.failed;
		all.err = all.err ? all.err : one.err;
	}
	close(ends[0]);
	while (wait(NULL) > 0)
		;
	report(&all, res);
}

/* By one task for a number of seconds, while something else goes on. */
static void opens_for(int argc, char **argv, struct act_result *res)
{
	const double end = now() + strtod(argv[2], NULL);
	struct tally tally = {0};

	(void)argc;
	while (now() < end) {
		long fd = syscall(SYS_openat, AT_FDCWD, argv[1], O_RDONLY | O_CLOEXEC);

		tally_call(&tally, fd);
		if (fd >= 0)
			close((int)fd);
	}
	report(&tally, res);
}

/* The same, and only what began and ended while GATE was there is counted. */
static void opens_gated(int argc, char **argv, struct act_result *res)
{
	const double end = now() + strtod(argv[3], NULL);
	struct tally tally = {0};

	(void)argc;
	while (now() < end) {
		const int before = access(argv[2], F_OK) == 0;
		long fd = syscall(SYS_openat, AT_FDCWD, argv[1], O_RDONLY | O_CLOEXEC);
		const int err = errno;

		if (before && access(argv[2], F_OK) == 0) {
			errno = err;
			tally_call(&tally, fd);
		}
		if (fd >= 0)
			close((int)fd);
	}
	report(&tally, res);
}

struct names {
	char a[512], b[512], dir[512];
};

static void make_names(const char *dir, struct names *names)
{
	snprintf(names->dir, sizeof(names->dir), "%s", dir);
	snprintf(names->a, sizeof(names->a), "%s/storm-a", dir);
	snprintf(names->b, sizeof(names->b), "%s/storm-b", dir);
}

static long make_file(const char *path)
{
	long fd =
	    syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close((int)fd);
	return fd < 0 ? -1 : 0;
}

/* One turn of a storm. */
typedef void turn(struct tally *tally, const char *a, const char *b);

static struct tally storm(const char *seconds, turn *once, const char *a, const char *b)
{
	const double end = now() + strtod(seconds, NULL);
	struct tally tally = {0};

	while (now() < end)
		once(&tally, a, b);
	return tally;
}

static void swap_names(struct tally *tally, const char *a, const char *b)
{
	tally_call(tally,
		   syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE));
}

/* One file that has now this name and now that one, and always the same inode:
 * a rename that neither rename_lock nor mount_lock sees. */
static void link_there_and_back(struct tally *tally, const char *a, const char *b)
{
	tally_call(tally, link(a, b));
	tally_call(tally, unlink(a));
	tally_call(tally, link(b, a));
	tally_call(tally, unlink(b));
}

/* A second name, taken away again where it could be made. */
static void link_once(struct tally *tally, const char *a, const char *b)
{
	const long rc = link(a, b);

	tally_call(tally, rc);
	if (rc == 0)
		tally_call(tally, unlink(b));
}

/* A folder with a file in it, made and removed. */
static void make_and_remove(struct tally *tally, const char *folder)
{
	char file[4096];

	snprintf(file, sizeof(file), "%s/x", folder);
	tally_call(tally, mkdir(folder, 0700));
	tally_call(tally, make_file(file));
	for (int i = 0; i < 50; i++) /* time for an opener to see it */
		access(file, F_OK);
	tally_call(tally, unlink(file));
	tally_call(tally, rmdir(folder));
}

/* What the kernel frees of one may come back at the same address for the other. */
static void make_and_remove_both(struct tally *tally, const char *a, const char *b)
{
	make_and_remove(tally, a);
	make_and_remove(tally, b);
}

static void mount_and_unmount(struct tally *tally, const char *at, const char *b)
{
	(void)b;
	tally_call(tally, mount("storm", at, "tmpfs", 0, "size=64k"));
	tally_call(tally, umount2(at, 0));
}

static void rename_storm(int argc, char **argv, struct act_result *res)
{
	struct names names;
	struct tally tally;

	(void)argc;
	make_names(argv[1], &names);
	mkdir(names.a, 0700);
	mkdir(names.b, 0700);
	tally = storm(argv[2], swap_names, names.a, names.b);
	rmdir(names.a);
	rmdir(names.b);
	report(&tally, res);
}

/* Swaps two given names without pause: an opener sees one or the other. */
static void exchange_storm(int argc, char **argv, struct act_result *res)
{
	struct tally tally = storm(argv[3], swap_names, argv[1], argv[2]);

	(void)argc;
	if (tally.ok % 2) /* back to how it was */
		swap_names(&tally, argv[1], argv[2]);
	report(&tally, res);
}

static void link_unlink_storm(int argc, char **argv, struct act_result *res)
{
	struct tally first = {0}, tally;
	struct names names;

	(void)argc;
	make_names(argv[1], &names);
	tally_call(&first, make_file(names.a));
	tally = storm(argv[2], link_there_and_back, names.a, names.b);
	unlink(names.a);
	report(first.ok ? &tally : &first, res);
}

static void remake_storm(int argc, char **argv, struct act_result *res)
{
	const struct tally tally = storm(argv[3], make_and_remove_both, argv[1], argv[2]);

	(void)argc;
	report(&tally, res);
}

static void move_storm(int argc, char **argv, struct act_result *res)
{
	const struct tally tally = storm(argv[3], link_there_and_back, argv[1], argv[2]);

	(void)argc;
	report(&tally, res);
}

static void links_for(int argc, char **argv, struct act_result *res)
{
	const struct tally tally = storm(argv[3], link_once, argv[1], argv[2]);

	(void)argc;
	report(&tally, res);
}

static void mount_storm(int argc, char **argv, struct act_result *res)
{
	struct names names;
	struct tally tally;

	(void)argc;
	make_names(argv[1], &names);
	mkdir(names.a, 0700);
	tally = storm(argv[2], mount_and_unmount, names.a, "");
	rmdir(names.a);
	report(&tally, res);
}

static long fork_and_exec(char **argv)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		syscall(SYS_execve, argv[0], argv, NULL);
		_exit(errno == EACCES || errno == EPERM ? 126 : 127);
	}
	if (pid < 0)
		return -1;
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) < 126)
		return 0;
	errno = WIFEXITED(status) && WEXITSTATUS(status) == 126 ? EACCES : ENOEXEC;
	return -1;
}

static void fork_exec(int argc, char **argv, struct act_result *res)
{
	const unsigned long count = strtoul(argv[2], NULL, 10);
	struct tally tally = {0};
	char *args[] = {argv[1], NULL};

	(void)argc;
	for (unsigned long i = 0; i < count; i++)
		tally_call(&tally, fork_and_exec(args));
	report(&tally, res);
}

/* Any act, COUNT times in this process. */
static void repeat(int argc, char **argv, struct act_result *res)
{
	const unsigned long count = strtoul(argv[1], NULL, 10);
	struct tally tally = {0};

	for (unsigned long i = 0; i < count; i++) {
		struct act_result one = {0};

		act_perform(argc - 2, argv + 2, &one);
		if (one.usage || one.untried) {
			*res = one;
			return;
		}
		errno = one.err;
		tally_call(&tally, one.ok ? 0 : -1);
	}
	report(&tally, res);
}

const struct act act_stress_table[] = {
    {"stress.opens", "PATH COUNT", 2, 2, opens},
    {"stress.opens_for", "PATH SECONDS", 2, 2, opens_for},
    {"stress.opens_gated", "PATH GATE SECONDS", 3, 3, opens_gated},
    {"stress.crowd", "PATH TASKS COUNT", 3, 3, crowd},
    {"stress.repeat", "COUNT ACT...", 2, 20, repeat},
    {"stress.rename", "DIR SECONDS", 2, 2, rename_storm},
    {"stress.exchange", "A B SECONDS", 3, 3, exchange_storm},
    {"stress.link_unlink", "DIR SECONDS", 2, 2, link_unlink_storm},
    {"stress.move", "A B SECONDS", 3, 3, move_storm},
    {"stress.links_for", "A B SECONDS", 3, 3, links_for},
    {"stress.remake", "A B SECONDS", 3, 3, remake_storm},
    {"stress.mount", "DIR SECONDS", 2, 2, mount_storm},
    {"stress.fork_exec", "PROGRAM COUNT", 2, 2, fork_exec},
    {"hold", "THREADS CHILDREN PATH", 3, 3, act_hold},
    {"hold.storm", "THREADS SECONDS PATH", 3, 3, act_hold_storm},
    {NULL, NULL, 0, 0, NULL},
};

// SPDX-License-Identifier: Apache-2.0
// Opening files in every way that asks for a different access.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"

static const char note[] = "glacis\n";

int act_open(const char *path, int flags, struct act_result *res)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		act_failed(res, "open", errno);
	return fd;
}

void act_read_fd(int fd, struct act_result *res)
{
	char buf[512];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0) {
		act_failed(res, "read", errno);
		return;
	}
	act_ok(res, n > 0);
	act_detail(res, "%zd bytes were read", n);
}

void act_write_fd(int fd, struct act_result *res)
{
	ssize_t n = write(fd, note, sizeof(note) - 1);

	if (n < 0) {
		act_failed(res, "write", errno);
		return;
	}
	act_ok(res, n == (ssize_t)sizeof(note) - 1);
	act_detail(res, "%zd bytes were written", n);
}

static void open_and(const char *path, int flags, void (*use)(int, struct act_result *),
		     struct act_result *res)
{
	int fd = act_open(path, flags, res);

	if (fd >= 0) {
		use(fd, res);
		close(fd);
	}
}

static void file_read(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_RDONLY | O_NONBLOCK, act_read_fd, res);
}

static void file_write(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_WRONLY | O_NONBLOCK, act_write_fd, res);
}

static void file_append(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_WRONLY | O_APPEND, act_write_fd, res);
}

/* Reads what was written back through the same descriptor. */
/* Access mode 3: a descriptor that can't be read or written, for ioctl alone. */
static void file_open_ioctl(int argc, char **argv, struct act_result *res)
{
	int queued = 0, fd = act_open(argv[1], O_ACCMODE, res);

	(void)argc;
	if (fd < 0)
		return;
	act_ok(res, ioctl(fd, FIONREAD, &queued) == 0);
	close(fd);
}

static void file_rdwr(int argc, char **argv, struct act_result *res)
{
	char back[sizeof(note)] = "";
	int fd = act_open(argv[1], O_RDWR, res);

	(void)argc;
	if (fd < 0)
		return;
	act_write_fd(fd, res);
	if (res->ok)
		res->effect =
		    pread(fd, back, sizeof(note) - 1, 0) == (ssize_t)sizeof(note) - 1 &&
		    strcmp(back, note) == 0;
	close(fd);
}

static void file_create(int argc, char **argv, struct act_result *res)
{
	struct stat st;
	int fd = act_open(argv[1], O_WRONLY | O_CREAT | O_EXCL, res);

	(void)argc;
	if (fd < 0)
		return;
	act_ok(res, lstat(argv[1], &st) == 0);
	close(fd);
}

static void see_empty(int fd, struct act_result *res)
{
	struct stat st;

	act_ok(res, fstat(fd, &st) == 0 && st.st_size == 0);
}

static void file_open_trunc(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_WRONLY | O_TRUNC, see_empty, res);
}

/* Truncates although it asks for no write access. */
static void file_rdonly_trunc(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_RDONLY | O_TRUNC, see_empty, res);
}

static void truncate_fd(int fd, struct act_result *res)
{
	if (ftruncate(fd, 0) < 0)
		act_failed(res, "ftruncate", errno);
	else
		see_empty(fd, res);
}

static void file_append_ftruncate(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_WRONLY | O_APPEND, truncate_fd, res);
}

static void file_ftruncate(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_WRONLY, truncate_fd, res);
}

static void file_truncate(int argc, char **argv, struct act_result *res)
{
	struct stat st;

	(void)argc;
	if (syscall(SYS_truncate, argv[1], 0) < 0)
		act_failed(res, "truncate", errno);
	else
		act_ok(res, stat(argv[1], &st) == 0 && st.st_size == 0);
}

static void lock_fd(int fd, struct act_result *res)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		act_failed(res, "flock", errno);
	else
		act_ok(res, true);
}

static void file_lock(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_RDONLY, lock_fd, res);
}

static void posix_lock_fd(int fd, struct act_result *res)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_SETLK, &lock) < 0)
		act_failed(res, "fcntl", errno);
	else
		act_ok(res, true);
}

static void file_posix_lock(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_RDONLY, posix_lock_fd, res);
}

static void list_fd(int fd, struct act_result *res)
{
	char buf[4096];
	long n = syscall(SYS_getdents64, fd, buf, sizeof(buf));

	if (n < 0)
		act_failed(res, "getdents64", errno);
	else
		act_ok(res, n > 0);
}

static void file_read_dir(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_RDONLY | O_DIRECTORY, list_fd, res);
}

/* A descriptor without access, turned into one with: decided at the reopen. */
static void file_reopen(int argc, char **argv, struct act_result *res)
{
	char proc[64];
	int fd = act_open(argv[1], O_PATH, res);

	(void)argc;
	if (fd < 0)
		return;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	open_and(proc, O_RDONLY, act_read_fd, res);
	close(fd);
}

static void see_fd(int fd, struct act_result *res)
{
	struct stat st;

	act_ok(res, fstat(fd, &st) == 0);
}

static void file_opath(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_PATH, see_fd, res);
}

static void file_stat(int argc, char **argv, struct act_result *res)
{
	struct stat st;

	(void)argc;
	if (stat(argv[1], &st) < 0)
		act_failed(res, "stat", errno);
	else
		act_ok(res, true);
}

/* Rewrites history that was only to be appended to. */
static void clear_append_fd(int fd, struct act_result *res)
{
	char first[2] = "";

	if (fcntl(fd, F_SETFL, 0) < 0) {
		act_failed(res, "fcntl", errno);
		return;
	}
	if (pwrite(fd, "!", 1, 0) != 1) {
		act_failed(res, "pwrite", errno);
		return;
	}
	act_ok(res, (fcntl(fd, F_GETFL) & O_APPEND) == 0 && pread(fd, first, 1, 0) <= 1);
}

static void file_clear_append(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_WRONLY | O_APPEND, clear_append_fd, res);
}

static void map_shared_fd(int fd, struct act_result *res)
{
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char first = 0;

	if (map == MAP_FAILED) {
		act_failed(res, "mmap", errno);
		return;
	}
	map[0] = '!';
	act_ok(res, pread(fd, &first, 1, 0) == 1 && first == '!');
	munmap(map, 4096);
}

static void file_append_mmap(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	open_and(argv[1], O_RDWR | O_APPEND, map_shared_fd, res);
}

/* On an overlay: the file is below, so the write copies it up first. */
static void file_copyup(int argc, char **argv, struct act_result *res)
{
	struct stat before, after;

	(void)argc;
	if (stat(argv[1], &before) < 0) {
		act_failed(res, "stat", errno);
		return;
	}
	open_and(argv[1], O_WRONLY | O_APPEND, act_write_fd, res);
	if (res->ok)
		res->effect =
		    stat(argv[1], &after) == 0 && after.st_size > before.st_size;
}

const struct act act_file_table[] = {
    {"file.read", "PATH", 1, 1, file_read},
    {"file.write", "PATH", 1, 1, file_write},
    {"file.rdwr", "PATH", 1, 1, file_rdwr},
    {"file.open_ioctl", "PATH", 1, 1, file_open_ioctl},
    {"file.append", "PATH", 1, 1, file_append},
    {"file.create", "PATH", 1, 1, file_create},
    {"file.open_trunc", "PATH", 1, 1, file_open_trunc},
    {"file.rdonly_trunc", "PATH", 1, 1, file_rdonly_trunc},
    {"file.truncate", "PATH", 1, 1, file_truncate},
    {"file.ftruncate", "PATH", 1, 1, file_ftruncate},
    {"file.append_ftruncate", "PATH", 1, 1, file_append_ftruncate},
    {"file.lock", "PATH", 1, 1, file_lock},
    {"file.posix_lock", "PATH", 1, 1, file_posix_lock},
    {"file.read_dir", "DIR", 1, 1, file_read_dir},
    {"file.reopen", "PATH", 1, 1, file_reopen},
    {"file.opath", "PATH", 1, 1, file_opath},
    {"file.stat", "PATH", 1, 1, file_stat},
    {"file.clear_append", "PATH", 1, 1, file_clear_append},
    {"file.append_mmap", "PATH", 1, 1, file_append_mmap},
    {"file.copyup", "PATH", 1, 1, file_copyup},
    {NULL, NULL, 0, 0, NULL},
};

// SPDX-License-Identifier: Apache-2.0
// Files whose path does not lead to the root that the task was given: without
// a name, in a detached tree, below another root, or never in any tree.
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"

static void reopen_and_read(int fd, struct act_result *res)
{
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	int again = act_open(proc, O_RDONLY, res);
	if (again >= 0) {
		act_read_fd(again, res);
		close(again);
	}
}

static void ending_memfd(int argc, char **argv, struct act_result *res)
{
	int fd = (int)syscall(SYS_memfd_create, argc > 1 ? argv[1] : "act", MFD_CLOEXEC);

	if (fd < 0 || write(fd, "memory", 6) != 6) {
		act_failed(res, fd < 0 ? "memfd_create" : "write", errno);
		return;
	}
	reopen_and_read(fd, res);
	close(fd);
}

static void ending_unlinked(int argc, char **argv, struct act_result *res)
{
	int fd = act_open(argv[1], O_RDWR | O_CREAT, res);

	(void)argc;
	if (fd < 0)
		return;
	if (write(fd, "gone", 4) != 4 || unlink(argv[1]) < 0)
		act_failed(res, "prepare", errno);
	else
		reopen_and_read(fd, res);
	close(fd);
}

static void ending_tmpfile(int argc, char **argv, struct act_result *res)
{
	int fd = act_open(argv[1], O_RDWR | O_TMPFILE, res);

	(void)argc;
	if (fd < 0)
		return;
	act_write_fd(fd, res);
	close(fd);
}

static void read_below(int dir, const char *path, struct act_result *res)
{
	int fd = (int)syscall(SYS_openat, dir, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		act_failed(res, "open", errno);
		return;
	}
	act_read_fd(fd, res);
	close(fd);
}

static void ending_detached(int argc, char **argv, struct act_result *res)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, argv[1],
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	(void)argc;
	if (tree < 0) {
		act_failed(res, "open_tree", errno);
		return;
	}
	read_below(tree, argv[2], res);
	close(tree);
}

/* DIR is a mount point that is unmounted while we stand in it. */
static void ending_lazy_umount(int argc, char **argv, struct act_result *res)
{
	int dir = act_open(argv[1], O_PATH | O_DIRECTORY, res);

	(void)argc;
	if (dir < 0)
		return;
	if (umount2(argv[1], MNT_DETACH) < 0)
		act_failed(res, "umount2", errno);
	else
		read_below(dir, argv[2], res);
	close(dir);
}

/* The same text of a path, below another root. */
static void ending_chroot(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	if (chroot(argv[1]) < 0) {
		act_failed(res, "chroot", errno);
		return;
	}
	if (chdir("/") < 0) {
		act_failed(res, "chdir", errno);
		return;
	}
	read_below(AT_FDCWD, argv[2], res);
}

/* A descriptor of the outside, used from within another root. */
static void ending_chroot_outside(int argc, char **argv, struct act_result *res)
{
	int dir = act_open("/", O_PATH | O_DIRECTORY, res);

	(void)argc;
	if (dir < 0)
		return;
	if (chroot(argv[1]) < 0)
		act_failed(res, "chroot", errno);
	else
		read_below(dir, argv[2], res);
	close(dir);
}

/* The same file on the mounts of a namespace of our own. */
static void ending_new_namespace(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	if (unshare(CLONE_NEWNS) < 0)
		act_failed(res, "unshare", errno);
	else
		read_below(AT_FDCWD, argv[1], res);
}

const struct act act_ending_table[] = {
    {"file.tmpfile", "DIR", 1, 1, ending_tmpfile},
    {"ending.memfd", "[NAME]", 0, 1, ending_memfd},
    {"ending.unlinked", "PATH", 1, 1, ending_unlinked},
    {"ending.detached", "DIR NAME-BELOW", 2, 2, ending_detached},
    {"ending.lazy_umount", "MOUNTPOINT NAME-BELOW", 2, 2, ending_lazy_umount},
    {"ending.new_namespace", "PATH", 1, 1, ending_new_namespace},
    {"ending.chroot", "ROOT PATH-IN-IT", 2, 2, ending_chroot},
    {"ending.chroot_outside", "ROOT RELATIVE-PATH", 2, 2, ending_chroot_outside},
    {NULL, NULL, 0, 0, NULL},
};

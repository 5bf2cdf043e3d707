// SPDX-License-Identifier: Apache-2.0
// Mounts: made, moved, taken away, and other roots.
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"

/* The C library's header and the kernel's define the same names. */
enum { MOUNT_BIND = 4096, MOUNT_MOVE = 8192, MOUNT_REMOUNT = 32, MOUNT_READ_ONLY = 1 };

static long mount_call(const char *source, const char *target, const char *type,
		       unsigned long flags)
{
	return syscall(SYS_mount, source, target, type, flags, NULL);
}

/* Whether something else lies there than below it. */
static bool is_mount_point(const char *path)
{
	struct stat here, above;
	char parent[4096];

	snprintf(parent, sizeof(parent), "%s/..", path);
	return stat(path, &here) == 0 && stat(parent, &above) == 0 &&
	       here.st_dev != above.st_dev;
}

static void mount_tmpfs(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(mount_call("none", argv[1], "tmpfs", 0), "mount", true, res);
	if (res->ok)
		res->effect = is_mount_point(argv[1]);
}

static void mount_bind(int argc, char **argv, struct act_result *res)
{
	struct stat from, to;

	(void)argc;
	act_done(mount_call(argv[1], argv[2], NULL, MOUNT_BIND), "mount", true, res);
	if (res->ok)
		res->effect = stat(argv[1], &from) == 0 && stat(argv[2], &to) == 0 &&
			      from.st_ino == to.st_ino;
}

static void mount_remount(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(mount_call(NULL, argv[1], NULL, MOUNT_REMOUNT | MOUNT_READ_ONLY),
		 "remount", true, res);
}

static void mount_move_old(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(mount_call(argv[1], argv[2], NULL, MOUNT_MOVE), "mount", true, res);
	if (res->ok)
		res->effect = is_mount_point(argv[2]);
}

static void mount_move(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(syscall(SYS_move_mount, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 0),
		 "move_mount", true, res);
	if (res->ok)
		res->effect = is_mount_point(argv[2]);
}

/* The newer calls: a tree that has no place until the last one. */
static void mount_new_calls(int argc, char **argv, struct act_result *res)
{
	int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	int tree = -1;

	(void)argc;
	if (context < 0 ||
	    syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
	    (tree = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0)) < 0) {
		act_failed(res, "fsmount", errno);
		return;
	}
	act_done(
	    syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[1], MOVE_MOUNT_F_EMPTY_PATH),
	    "move_mount", true, res);
	if (res->ok)
		res->effect = is_mount_point(argv[1]);
	close(tree);
	close(context);
}

static void unmount(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(syscall(SYS_umount2, argv[1], 0), "umount", true, res);
	if (res->ok)
		res->effect = !is_mount_point(argv[1]);
}

static void pivot(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(syscall(SYS_pivot_root, argv[1], argv[2]), "pivot_root", true, res);
}

const struct act act_mount_table[] = {
    {"mount.tmpfs", "DIR", 1, 1, mount_tmpfs},
    {"mount.bind", "DIR ONTO", 2, 2, mount_bind},
    {"mount.remount", "DIR", 1, 1, mount_remount},
    {"mount.move", "FROM TO", 2, 2, mount_move},
    {"mount.move_old", "FROM TO", 2, 2, mount_move_old},
    {"mount.new_calls", "DIR", 1, 1, mount_new_calls},
    {"mount.umount", "DIR", 1, 1, unmount},
    {"mount.pivot_root", "NEW OLD", 2, 2, pivot},
    {NULL, NULL, 0, 0, NULL},
};

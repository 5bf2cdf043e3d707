// SPDX-License-Identifier: Apache-2.0
// Changing the tree: names, nodes and attributes.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool is_kind(const char *path, mode_t kind)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

static bool same_inode(const char *a, const char *b)
{
	struct stat sa, sb;

	return lstat(a, &sa) == 0 && lstat(b, &sb) == 0 && sa.st_ino == sb.st_ino &&
	       sa.st_dev == sb.st_dev;
}

static void done(long rc, const char *stage, struct act_result *res)
{
	if (rc < 0)
		act_failed(res, stage, errno);
	else
		act_ok(res, true);
}

static void file_unlink(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	done(syscall(SYS_unlinkat, AT_FDCWD, argv[1], 0), "unlink", res);
	if (res->ok)
		res->effect = !exists(argv[1]);
}

static void file_rename(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	done(syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 0), "rename",
	     res);
	if (res->ok)
		res->effect = exists(argv[2]) && !exists(argv[1]);
}

static void file_exchange(int argc, char **argv, struct act_result *res)
{
	struct stat before, after;

	(void)argc;
	if (lstat(argv[1], &before) < 0) {
		act_failed(res, "stat", errno);
		return;
	}
	done(
	    syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE),
	    "rename", res);
	if (res->ok)
		res->effect =
		    lstat(argv[2], &after) == 0 && before.st_ino == after.st_ino;
}

static void file_link(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	done(syscall(SYS_linkat, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 0), "link", res);
	if (res->ok)
		res->effect = same_inode(argv[1], argv[2]);
}

static void file_symlink(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	done(syscall(SYS_symlinkat, argv[1], AT_FDCWD, argv[2]), "symlink", res);
	if (res->ok)
		res->effect = is_kind(argv[2], S_IFLNK);
}

static void file_mkdir(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	done(syscall(SYS_mkdirat, AT_FDCWD, argv[1], 0700), "mkdir", res);
	if (res->ok)
		res->effect = is_kind(argv[1], S_IFDIR);
}

static void file_rmdir(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	done(syscall(SYS_unlinkat, AT_FDCWD, argv[1], AT_REMOVEDIR), "rmdir", res);
	if (res->ok)
		res->effect = !exists(argv[1]);
}

static void file_mknod(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	done(syscall(SYS_mknodat, AT_FDCWD, argv[1], S_IFIFO | 0600, 0), "mknod", res);
	if (res->ok)
		res->effect = is_kind(argv[1], S_IFIFO);
}

static mode_t mode_argument(int argc, char **argv)
{
	return (mode_t)(argc > 2 ? strtoul(argv[2], NULL, 8) : 0640);
}

static void see_mode(const char *path, mode_t mode, struct act_result *res)
{
	struct stat st;

	if (res->ok)
		res->effect = stat(path, &st) == 0 && (st.st_mode & 07777) == mode;
}

static void file_chmod(int argc, char **argv, struct act_result *res)
{
	mode_t mode = mode_argument(argc, argv);

	done(syscall(SYS_fchmodat, AT_FDCWD, argv[1], mode), "chmod", res);
	see_mode(argv[1], mode, res);
}

static void file_fchmod(int argc, char **argv, struct act_result *res)
{
	mode_t mode = mode_argument(argc, argv);
	int fd = act_open(argv[1], O_RDONLY, res);

	if (fd < 0)
		return;
	done(fchmod(fd, mode), "fchmod", res);
	see_mode(argv[1], mode, res);
	close(fd);
}

static uid_t uid_argument(int argc, char **argv)
{
	return (uid_t)(argc > 2 ? strtoul(argv[2], NULL, 10) : 12345);
}

static void see_owner(const char *path, uid_t uid, struct act_result *res)
{
	struct stat st;

	if (res->ok)
		res->effect = stat(path, &st) == 0 && st.st_uid == uid;
}

static void file_chown(int argc, char **argv, struct act_result *res)
{
	uid_t uid = uid_argument(argc, argv);

	done(syscall(SYS_fchownat, AT_FDCWD, argv[1], uid, -1, 0), "chown", res);
	see_owner(argv[1], uid, res);
}

static void file_fchown(int argc, char **argv, struct act_result *res)
{
	uid_t uid = uid_argument(argc, argv);
	int fd = act_open(argv[1], O_RDONLY, res);

	if (fd < 0)
		return;
	done(fchown(fd, uid, (gid_t)-1), "fchown", res);
	see_owner(argv[1], uid, res);
	close(fd);
}

const struct act act_path_table[] = {
    {"file.unlink", "PATH", 1, 1, file_unlink},
    {"file.rename", "FROM TO", 2, 2, file_rename},
    {"file.exchange", "A B", 2, 2, file_exchange},
    {"file.link", "FILE NAME", 2, 2, file_link},
    {"file.symlink", "TARGET NAME", 2, 2, file_symlink},
    {"file.mkdir", "PATH", 1, 1, file_mkdir},
    {"file.rmdir", "PATH", 1, 1, file_rmdir},
    {"file.mknod", "PATH", 1, 1, file_mknod},
    {"file.chmod", "PATH [MODE]", 1, 2, file_chmod},
    {"file.fchmod", "PATH [MODE]", 1, 2, file_fchmod},
    {"file.chown", "PATH [UID]", 1, 2, file_chown},
    {"file.fchown", "PATH [UID]", 1, 2, file_fchown},
    {NULL, NULL, 0, 0, NULL},
};

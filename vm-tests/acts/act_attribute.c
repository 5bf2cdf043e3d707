// SPDX-License-Identifier: Apache-2.0
// Times, extended attributes and access lists of files.
#include <fcntl.h>
#include <linux/types.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "act.h"

static const char attribute[] = "security.glacis-act";
static const struct timespec then[2] = {{1000000, 0}, {1000000, 0}};

static void set_times(int argc, char **argv, struct act_result *res)
{
	struct stat st;

	(void)argc;
	act_done(utimensat(AT_FDCWD, argv[1], then, 0), "utimensat", true, res);
	if (res->ok)
		res->effect = stat(argv[1], &st) == 0 && st.st_mtime == then[1].tv_sec;
}

static void set_times_of_descriptor(int argc, char **argv, struct act_result *res)
{
	int fd = open(argv[1], O_RDONLY | O_CLOEXEC);

	(void)argc;
	if (fd < 0) {
		act_done(-1, "open", true, res);
		return;
	}
	act_done(futimens(fd, then), "futimens", true, res);
	close(fd);
}

static void set_attribute(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(setxattr(argv[1], attribute, "x", 1, 0), "setxattr", true, res);
}

static void remove_attribute(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(removexattr(argv[1], attribute), "removexattr", true, res);
}

/* The layout of system.posix_acl_access: include/uapi/linux/posix_acl_xattr.h. */
static void set_access_list(int argc, char **argv, struct act_result *res)
{
	static const struct {
		__u32 version;
		struct {
			__u16 tag, permissions;
			__u32 id;
		} entries[5];
	} list = {
	    2,
	    {{0x01, 6, -1}, {0x02, 4, 1}, {0x04, 4, -1}, {0x10, 4, -1}, {0x20, 0, -1}}};

	(void)argc;
	act_done(setxattr(argv[1], "system.posix_acl_access", &list, sizeof(list), 0),
		 "setxattr", true, res);
}

static void remove_access_list(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(removexattr(argv[1], "system.posix_acl_access"), "removexattr", true,
		 res);
}

const struct act act_attribute_table[] = {
    {"attribute.times", "PATH", 1, 1, set_times},
    {"attribute.times_of_descriptor", "PATH", 1, 1, set_times_of_descriptor},
    {"attribute.set", "PATH", 1, 1, set_attribute},
    {"attribute.remove", "PATH", 1, 1, remove_attribute},
    {"attribute.set_access_list", "PATH", 1, 1, set_access_list},
    {"attribute.remove_access_list", "PATH", 1, 1, remove_access_list},
    {NULL, NULL, 0, 0, NULL},
};

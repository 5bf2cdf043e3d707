// SPDX-License-Identifier: Apache-2.0
// Privileged things that leave the system as it was.
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "act.h"
#include "act_net.h"

static void chown_foreign(int argc, char **argv, struct act_result *res)
{
	struct stat st = {0};

	(void)argc;
	act_done(syscall(SYS_fchownat, AT_FDCWD, argv[1], 12345, 12345, 0), "chown", true,
		 res);
	if (res->ok)
		res->effect = stat(argv[1], &st) == 0 && st.st_uid == 12345;
}

/* access(2) asks with other credentials than the task's own. */
static void ask_access(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(syscall(SYS_faccessat, AT_FDCWD, argv[1], R_OK), "faccessat", true, res);
}

static void set_hostname(int argc, char **argv, struct act_result *res)
{
	struct utsname name;

	(void)argc, (void)argv;
	if (uname(&name) < 0)
		act_untried(res, "no name");
	else
		act_done(syscall(SYS_sethostname, name.nodename, strlen(name.nodename)),
			 "sethostname", true, res);
}

static void net_admin(int argc, char **argv, struct act_result *res)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = act_socket(AF_UNIX, SOCK_DGRAM, 0, res);

	(void)argc, (void)argv;
	if (fd < 0)
		return;
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		act_untried(res, "no loopback interface");
	else
		act_done(ioctl(fd, SIOCSIFFLAGS, &request), "SIOCSIFFLAGS", true, res);
	close(fd);
}

static void sys_nice(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	act_done(setpriority(PRIO_PROCESS, 0, -3), "setpriority", true, res);
	if (res->ok)
		res->effect = getpriority(PRIO_PROCESS, 0) == -3;
}

static void sys_resource(int argc, char **argv, struct act_result *res)
{
	struct rlimit now = {0};

	(void)argc, (void)argv;
	getrlimit(RLIMIT_CORE, &now);
	now.rlim_cur = now.rlim_max = 4096;
	setrlimit(RLIMIT_CORE, &now);
	now.rlim_max = 8192;
	act_done(setrlimit(RLIMIT_CORE, &now), "setrlimit", true, res);
	if (res->ok)
		res->effect = getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_max == 8192;
}

/* A second node for the null device. */
static void make_device(int argc, char **argv, struct act_result *res)
{
	struct stat st = {0};

	(void)argc;
	act_done(syscall(SYS_mknodat, AT_FDCWD, argv[1], S_IFCHR | 0600, makedev(1, 3)),
		 "mknod", true, res);
	if (res->ok)
		res->effect = lstat(argv[1], &st) == 0 && S_ISCHR(st.st_mode);
}

static void change_root(int argc, char **argv, struct act_result *res)
{
	struct stat there = {0}, now = {0};

	(void)argc;
	stat(argv[1], &there);
	act_done(syscall(SYS_chroot, argv[1]), "chroot", true, res);
	if (res->ok)
		res->effect = stat("/", &now) == 0 && now.st_ino == there.st_ino;
}

static void set_uid(int argc, char **argv, struct act_result *res)
{
	uid_t uid = (uid_t)strtoul(argv[1], NULL, 10);

	(void)argc;
	act_done(syscall(SYS_setuid, uid), "setuid", true, res);
	if (res->ok)
		res->effect = getuid() == uid;
}

static void set_gid(int argc, char **argv, struct act_result *res)
{
	gid_t gid = (gid_t)strtoul(argv[1], NULL, 10);

	(void)argc;
	act_done(syscall(SYS_setgid, gid), "setgid", true, res);
	if (res->ok)
		res->effect = getgid() == gid;
}

const struct act act_cap_table[] = {
    {"cap.chown_foreign", "PATH", 1, 1, chown_foreign},
    {"cap.sethostname", "", 0, 0, set_hostname},
    {"cap.net_admin", "", 0, 0, net_admin},
    {"cap.sys_nice", "", 0, 0, sys_nice},
    {"cap.sys_resource", "", 0, 0, sys_resource},
    {"cap.mknod", "PATH", 1, 1, make_device},
    {"cap.chroot", "DIR", 1, 1, change_root},
    {"cap.access", "PATH", 1, 1, ask_access},
    {"cap.setuid", "UID", 1, 1, set_uid},
    {"cap.setgid", "GID", 1, 1, set_gid},
    {NULL, NULL, 0, 0, NULL},
};

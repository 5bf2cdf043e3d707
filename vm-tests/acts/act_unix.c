// SPDX-License-Identifier: Apache-2.0
// Unix sockets, by path or by abstract name (@NAME).
#include <errno.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "act.h"
#include "act_net.h"
#include "act_unix.h"

socklen_t act_unix_address(const char *name, struct sockaddr_un *to)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	snprintf(to->sun_path, sizeof(to->sun_path), "%s", name);
	size_t used = strlen(to->sun_path);
	if (name[0] == '@')
		to->sun_path[0] = '\0';
	else
		used++;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + used);
}

static void unix_connect(int argc, char **argv, struct act_result *res)
{
	struct sockaddr_un to;
	socklen_t len = act_unix_address(argv[1], &to);
	int fd = act_socket(AF_UNIX, SOCK_STREAM, 0, res);

	(void)argc;
	if (fd < 0)
		return;
	if (syscall(SYS_connect, fd, &to, len) < 0)
		act_failed(res, "connect", errno);
	else
		act_converse(fd, res);
	close(fd);
}

static void unix_bind(int argc, char **argv, struct act_result *res)
{
	struct sockaddr_un to, bound;
	socklen_t len = act_unix_address(argv[1], &to), bound_len = sizeof(bound);
	int fd = act_socket(AF_UNIX, SOCK_STREAM, 0, res);

	(void)argc;
	if (fd < 0)
		return;
	if (syscall(SYS_bind, fd, &to, len) < 0)
		act_failed(res, "bind", errno);
	else if (syscall(SYS_listen, fd, 1) < 0)
		act_failed(res, "listen", errno);
	else
		act_ok(res, getsockname(fd, (struct sockaddr *)&bound, &bound_len) == 0 &&
				bound_len == len && memcmp(&to, &bound, len) == 0);
	close(fd);
}

/* A datagram leaves our account when its receiver has read it. */
static bool was_read(int fd)
{
	const struct timespec step = {.tv_nsec = 10 * 1000 * 1000};

	for (int i = 0; i < 300; i++) {
		int waiting = -1;

		if (ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting == 0)
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

static void unix_sendto(int argc, char **argv, struct act_result *res)
{
	struct sockaddr_un to;
	socklen_t len = act_unix_address(argv[1], &to);
	int fd = act_socket(AF_UNIX, SOCK_DGRAM, 0, res);

	(void)argc;
	if (fd < 0)
		return;
	if (syscall(SYS_sendto, fd, act_word, sizeof(act_word) - 1, MSG_NOSIGNAL, &to,
		    len) < 0)
		act_failed(res, "sendto", errno);
	else
		act_ok(res, was_read(fd));
	close(fd);
}

static void unix_dgram_connect(int argc, char **argv, struct act_result *res)
{
	struct sockaddr_un to;
	socklen_t len = act_unix_address(argv[1], &to);
	int fd = act_socket(AF_UNIX, SOCK_DGRAM, 0, res);

	(void)argc;
	if (fd < 0)
		return;
	if (syscall(SYS_connect, fd, &to, len) < 0)
		act_failed(res, "connect", errno);
	else if (send(fd, act_word, sizeof(act_word) - 1, MSG_NOSIGNAL) < 0)
		act_failed(res, "send", errno);
	else
		act_ok(res, was_read(fd));
	close(fd);
}

static int pair_works(int type, struct act_result *res)
{
	int fds[2], works;
	char byte = 0;

	if (syscall(SYS_socketpair, AF_UNIX, type | SOCK_CLOEXEC, 0, fds) < 0) {
		act_failed(res, "socketpair", errno);
		return 0;
	}
	if (write(fds[0], "x", 1) != 1) {
		act_failed(res, "write", errno);
		works = 0;
	} else {
		works = read(fds[1], &byte, 1) == 1 && byte == 'x';
		act_ok(res, works);
	}
	close(fds[0]);
	close(fds[1]);
	return works;
}

/* Have no address and no peer but themselves. */
static void unix_pair(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	if (pair_works(SOCK_STREAM, res))
		pair_works(SOCK_DGRAM, res);
}

const struct act act_unix_table[] = {
    {"net.unix_connect", "PATH|@NAME", 1, 1, unix_connect},
    {"net.unix_bind", "PATH|@NAME", 1, 1, unix_bind},
    {"net.unix_sendto", "PATH|@NAME", 1, 1, unix_sendto},
    {"net.unix_dgram_connect", "PATH|@NAME", 1, 1, unix_dgram_connect},
    {"net.unix_pair", "", 0, 0, unix_pair},
    {NULL, NULL, 0, 0, NULL},
};

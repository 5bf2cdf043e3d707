// SPDX-License-Identifier: Apache-2.0
/*
 * Many operations in one process, for vm-tests/boundary. Reads them from stdin as
 * three fields that end in a NUL: a letter (see below) and two paths, of which most
 * use the first only. Answers each with a line: what was at the two paths before
 * (f, d, l, p or - for nothing), and the errno, 0, or -1 for what was not tried.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"

static char kind_of(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return '-';
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return 'f';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	}
	return 'p';
}

static long try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd;
}

static long try_connect(const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(port)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	long rc = fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, sizeof(to));
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return rc;
}

static long operate(char what, const char *a, const char *b)
{
	switch (what) {
	case 'r':
		return try_open(a, O_RDONLY);
	case 'w':
		return try_open(a, O_WRONLY);
	case 'a':
		return try_open(a, O_WRONLY | O_APPEND);
	case 'b':
		return try_open(a, O_RDWR);
	case 'c':
		return try_open(a, O_WRONLY | O_CREAT | O_EXCL);
	case 't':
		return truncate(a, 3);
	case 'u':
		return unlink(a);
	case 'm':
		return mkdir(a, 0700);
	case 'd':
		return rmdir(a);
	case 's':
		return symlink("nowhere", a);
	case 'f':
		return mknod(a, S_IFIFO | 0600, 0);
	case 'g':
		return mknod(a, S_IFREG | 0600, 0);
	case 'l':
		return linkat(AT_FDCWD, a, AT_FDCWD, b, 0);
	case 'n':
		return rename(a, b);
	case 'x':
		return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2);
	case 'h':
		return chmod(a, 0700);
	case 'o':
		return lchown(a, 0, 0);
	case 'p':
		return try_connect(a);
	}
	errno = EINVAL;
	return -1;
}

/* Which of the calls go on to what a symbolic link names. */
static bool follows(char what) { return what == 't' || what == 'h'; }

int act_operations(void)
{
	char *field[3] = {NULL, NULL, NULL};
	size_t room[3] = {0, 0, 0};

	for (;;) {
		for (int i = 0; i < 3; i++)
			if (getdelim(&field[i], &room[i], 0, stdin) < 0)
				return ACT_EXIT_OK;
		const char kinds[2] = {kind_of(field[1]), kind_of(field[2])};
		int err = -1;

		if (kinds[0] != 'l' || !follows(*field[0]))
			err = operate(*field[0], field[1], field[2]) < 0 ? errno : 0;
		printf("%c%c %d\n", kinds[0], kinds[1], err);
	}
}

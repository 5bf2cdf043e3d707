// SPDX-License-Identifier: Apache-2.0
// Descriptors that come from elsewhere, and ioctls on those that are there.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"
#include "act_net.h"

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static int unix_socket(const char *path, struct sockaddr_un *to, struct act_result *res)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	strncpy(to->sun_path, path, sizeof(to->sun_path) - 1);
	return act_socket(AF_UNIX, SOCK_SEQPACKET, 0, res);
}

/* Serves one caller: hands it the file. For a process outside of the domain. */
static void hand_over(int argc, char **argv, struct act_result *res)
{
	struct sockaddr_un own;
	int listener = unix_socket(argv[1], &own, res);
	int file = act_open(argv[2], O_RDONLY, res), caller;
	struct iovec byte = {.iov_base = argv[1], .iov_len = 1};
	union control control = {0};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	(void)argc;
	if (listener < 0 || file < 0)
		return;
	unlink(argv[1]);
	if (bind(listener, (struct sockaddr *)&own, sizeof(own)) < 0 ||
	    listen(listener, 1) < 0 || (caller = accept(listener, NULL, NULL)) < 0) {
		act_failed(res, "accept", errno);
		return;
	}
	control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
	act_done(sendmsg(caller, &message, 0), "sendmsg", true, res);
}

/* A descriptor that the kernel refuses to hand over is left out of the message. */
static void receive(int argc, char **argv, struct act_result *res)
{
	struct sockaddr_un peer;
	int fd = unix_socket(argv[1], &peer, res), file = -1, rc = -1;
	char byte;
	struct iovec room = {.iov_base = &byte, .iov_len = 1};
	union control control = {0};
	struct msghdr message = {.msg_iov = &room,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	(void)argc;
	if (fd < 0)
		return;
	for (int i = 0; i < 250 && rc < 0; i++, usleep(20000))
		rc = connect(fd, (struct sockaddr *)&peer, sizeof(peer));
	if (rc < 0 || recvmsg(fd, &message, MSG_CMSG_CLOEXEC) < 0) {
		act_failed(res, "recvmsg", errno);
		return;
	}
	if (message.msg_controllen < sizeof(control.header)) {
		act_failed(res, "no-descriptor", EACCES);
		return;
	}
	memcpy(&file, CMSG_DATA(&control.header), sizeof(file));
	act_read_fd(file, res);
}

/* Types a letter on a terminal. */
static void type_letter(int argc, char **argv, struct act_result *res)
{
	char number[32];
	int unlock = 0, terminal,
	    main_side = act_open("/dev/ptmx", O_RDWR | O_NOCTTY, res);
	unsigned int n = 0;

	(void)argc, (void)argv;
	if (main_side < 0)
		return;
	if (ioctl(main_side, TIOCSPTLCK, &unlock) < 0 ||
	    ioctl(main_side, TIOCGPTN, &n) < 0) {
		act_untried(res, "no terminal");
		return;
	}
	snprintf(number, sizeof(number), "/dev/pts/%u", n);
	terminal = act_open(number, O_RDWR | O_NOCTTY, res);
	if (terminal >= 0)
		act_done(ioctl(terminal, TIOCSTI, "x"), "TIOCSTI", true, res);
}

/* The flags of a file, from what they are to what they are and one more. */
static void set_flags(int argc, char **argv, struct act_result *res)
{
	int flags = 0, fd = act_open(argv[1], O_RDONLY, res);

	(void)argc;
	if (fd < 0)
		return;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) {
		act_untried(res, "no flags on this file system");
	} else {
		flags |= FS_NODUMP_FL;
		act_done(ioctl(fd, FS_IOC_SETFLAGS, &flags), "FS_IOC_SETFLAGS", true,
			 res);
	}
	close(fd);
}

static void read_disk(int argc, char **argv, struct act_result *res)
{
	unsigned long long size = 0;
	int fd = act_open(argv[1], O_RDONLY | O_NONBLOCK, res);

	(void)argc;
	if (fd < 0)
		return;
	act_done(ioctl(fd, BLKGETSIZE64, &size), "BLKGETSIZE64", true, res);
	close(fd);
}

static void read_own(int argc, char **argv, struct act_result *res)
{
	char byte;

	(void)argc;
	act_done(read(atoi(argv[1]), &byte, 1), "read", true, res);
}

const struct act act_descriptor_table[] = {
    {"descriptor.read", "NUMBER", 1, 1, read_own},
    {"descriptor.hand_over", "SOCKET FILE", 2, 2, hand_over},
    {"descriptor.receive", "SOCKET", 1, 1, receive},
    {"ioctl.type", "", 0, 0, type_letter},
    {"ioctl.flags", "FILE", 1, 1, set_flags},
    {"ioctl.disk", "DEVICE", 1, 1, read_disk},
    {NULL, NULL, 0, 0, NULL},
};

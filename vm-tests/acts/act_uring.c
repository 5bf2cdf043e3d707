// SPDX-License-Identifier: Apache-2.0
// Rings and userfaultfd, by raw system calls.
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"

struct ring {
	int fd;
	struct io_uring_params params;
	unsigned char *queue; /* both queues: IORING_FEAT_SINGLE_MMAP, 5.4 on */
	struct io_uring_sqe *entries;
};

static int ring_create(struct ring *ring, unsigned flags, struct act_result *res)
{
	memset(ring, 0, sizeof(*ring));
	ring->params.flags = flags;
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, &ring->params);
	if (ring->fd < 0)
		act_failed(res, "io_uring_setup", errno);
	return ring->fd;
}

static bool ring_map(struct ring *ring, struct act_result *res)
{
	const struct io_uring_params *p = &ring->params;
	size_t size = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	size_t other = p->sq_off.array + p->sq_entries * sizeof(unsigned);
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;

	ring->queue = mmap(NULL, size > other ? size : other, prot, flags, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, p->sq_entries * sizeof(struct io_uring_sqe), prot,
			     flags, ring->fd, IORING_OFF_SQES);
	if (ring->queue != MAP_FAILED && (void *)ring->entries != MAP_FAILED)
		return true;
	act_failed(res, "mmap", errno);
	return false;
}

static unsigned *at(const struct ring *ring, unsigned offset)
{
	return (unsigned *)(void *)(ring->queue + offset);
}

/* Puts the first entry in, waits for its completion; its result or -errno. */
static int ring_submit(struct ring *ring)
{
	const struct io_uring_params *p = &ring->params;

	*at(ring, p->sq_off.array) = 0;
	__atomic_store_n(at(ring, p->sq_off.tail), *at(ring, p->sq_off.tail) + 1,
			 __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) <
	    0)
		return -errno;
	const unsigned head = *at(ring, p->cq_off.head) & *at(ring, p->cq_off.ring_mask);
	const struct io_uring_cqe *done =
	    (const struct io_uring_cqe *)(const void *)(ring->queue + p->cq_off.cqes);
	return done[head].res;
}

static void uring_setup(int argc, char **argv, struct act_result *res)
{
	struct ring ring;

	(void)argc, (void)argv;
	if (ring_create(&ring, 0, res) < 0)
		return;
	act_ok(res, ring.params.sq_entries > 0);
	close(ring.fd);
}

static void uring_open(int argc, char **argv, struct act_result *res)
{
	struct ring ring;

	(void)argc;
	if (ring_create(&ring, 0, res) < 0 || !ring_map(&ring, res))
		return;
	ring.entries[0].opcode = IORING_OP_OPENAT;
	ring.entries[0].fd = AT_FDCWD;
	ring.entries[0].addr = (unsigned long)argv[1];
	ring.entries[0].open_flags = O_RDONLY | O_CLOEXEC;
	int fd = ring_submit(&ring);
	if (fd < 0) {
		act_failed(res, "uring-open", -fd);
	} else {
		act_read_fd(fd, res);
		close(fd);
	}
	close(ring.fd);
}

static void uring_sqpoll(int argc, char **argv, struct act_result *res)
{
	struct ring ring;

	(void)argc, (void)argv;
	if (ring_create(&ring, IORING_SETUP_SQPOLL, res) < 0)
		return;
	act_ok(res, true);
	close(ring.fd);
}

/* A request that does nothing, with credentials that were registered before. */
static void uring_personality(int argc, char **argv, struct act_result *res)
{
	struct ring ring;
	int id, rc;

	(void)argc, (void)argv;
	if (ring_create(&ring, 0, res) < 0 || !ring_map(&ring, res))
		return;
	id = (int)syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PERSONALITY,
			  NULL, 0);
	ring.entries[0].opcode = IORING_OP_NOP;
	ring.entries[0].personality = (unsigned short)id;
	rc = id < 0 ? -errno : ring_submit(&ring);
	if (rc < 0)
		act_failed(res, "personality", -rc);
	else
		act_ok(res, true);
	close(ring.fd);
}

static void userfaultfd(int argc, char **argv, struct act_result *res)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	(void)argc, (void)argv;
	if (fd < 0) {
		act_failed(res, "userfaultfd", errno);
		return;
	}
	act_ok(res, ioctl(fd, UFFDIO_API, &api) == 0);
	close(fd);
}

const struct act act_uring_table[] = {
    {"kernel.uring_setup", "", 0, 0, uring_setup},
    {"kernel.uring_open", "PATH", 1, 1, uring_open},
    {"kernel.uring_sqpoll", "", 0, 0, uring_sqpoll},
    {"kernel.uring_personality", "", 0, 0, uring_personality},
    {"kernel.userfaultfd", "", 0, 0, userfaultfd},
    {NULL, NULL, 0, 0, NULL},
};

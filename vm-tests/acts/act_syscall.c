// SPDX-License-Identifier: Apache-2.0
// What only a filter of system calls sees.
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/falloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"

enum { PAGE = 4096, NOAPPEND = 0x20, X32 = 0x40000000 };

static sigjmp_buf escape;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(escape, 1);
}

/* Runs what is in a new page of the heap. */
static bool heap_is_code(void)
{
	volatile bool ran = false;
	void *page = sbrk(2 * PAGE);
	void (*code)(void);

	if (page == (void *)-1)
		return false;
	page = (char *)page + PAGE;
	act_fill_ret(page, PAGE);
	memcpy(&code, &page, sizeof(code));
	signal(SIGSEGV, on_fault);
	if (sigsetjmp(escape, 1) == 0) {
		code();
		ran = true;
	}
	signal(SIGSEGV, SIG_DFL);
	return ran;
}

static void personality_heap(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	if (syscall(SYS_personality, READ_IMPLIES_EXEC) < 0) {
		act_failed(res, "personality", errno);
		return;
	}
	act_ok(res, heap_is_code());
}

/* The same by the calls of i386, which a 64-bit program may make too. */
static void personality_i386(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
#if defined(__x86_64__)
	long rc;

	__asm__ volatile("int $0x80"
			 : "=a"(rc)
			 : "a"(136L), "b"((long)READ_IMPLIES_EXEC)
			 : "memory", "r8", "r9", "r10", "r11");
	if ((int)rc < 0) {
		act_failed(res, "personality", -(int)rc);
		return;
	}
	act_ok(res, heap_is_code());
#else
	act_untried(res, "this machine has no such calls");
#endif
}

/* The question is no request. */
static void personality_ask(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
	act_done(syscall(SYS_personality, 0xffffffff), "personality", true, res);
}

static int open_history(const char *path, struct act_result *res)
{
	return act_open(path, O_RDWR | O_APPEND, res);
}

static bool first_byte_is(int fd, char wanted)
{
	char first = 0;

	return pread(fd, &first, 1, 0) == 1 && first == wanted;
}

static void noappend(int argc, char **argv, struct act_result *res)
{
	struct iovec part = {(char *)"!", 1};
	int fd = open_history(argv[1], res);

	(void)argc;
	if (fd < 0)
		return;
	long rc = syscall(SYS_pwritev2, fd, &part, 1UL, 0L, 0L, NOAPPEND);
	act_done(rc, "pwritev2", first_byte_is(fd, '!'), res);
	close(fd);
}

static void noappend_aio(int argc, char **argv, struct act_result *res)
{
	struct iocb block = {.aio_lio_opcode = IOCB_CMD_PWRITE, .aio_rw_flags = NOAPPEND};
	struct iocb *list[] = {&block};
	struct io_event event;
	aio_context_t context = 0;
	int fd = open_history(argv[1], res);

	(void)argc;
	if (fd < 0)
		return;
	block.aio_fildes = (unsigned)fd;
	block.aio_buf = (uintptr_t)"!";
	block.aio_nbytes = 1;
	if (syscall(SYS_io_setup, 1, &context) < 0) {
		act_failed(res, "io_setup", errno);
	} else if (syscall(SYS_io_submit, context, 1L, list) != 1) {
		act_failed(res, "io_submit", errno);
	} else {
		syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL);
		act_ok(res, first_byte_is(fd, '!'));
	}
	syscall(SYS_io_destroy, context);
	close(fd);
}

static void punch(int argc, char **argv, struct act_result *res)
{
	int fd = open_history(argv[1], res);

	(void)argc;
	if (fd < 0)
		return;
	long rc = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1);
	act_done(rc, "fallocate", first_byte_is(fd, 0), res);
	close(fd);
}

/* A call by its number, in a child that may not survive it. */
static void call_in_child(int argc, char **argv, struct act_result *res)
{
	int status = 0;
	pid_t pid = fork();

	(void)argc;
	if (pid == 0) {
		syscall(strtol(argv[1], NULL, 0));
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		act_failed(res, "fork", errno);
	} else if (WIFSIGNALED(status)) {
		act_failed(res, "syscall", 0);
		res->signal = WTERMSIG(status);
	} else {
		act_ok(res, true);
	}
}

/* Any call by its number. */
static void call(int argc, char **argv, struct act_result *res)
{
	long args[6] = {0};

	for (int i = 2; i < argc; i++)
		args[i - 2] = strtol(argv[i], NULL, 0);
	act_done(syscall(strtol(argv[1], NULL, 0), args[0], args[1], args[2], args[3],
			 args[4], args[5]),
		 "syscall", true, res);
}

static void call_x32(int argc, char **argv, struct act_result *res)
{
	(void)argc, (void)argv;
#if defined(__x86_64__)
	act_done(syscall(X32 | SYS_getpid), "getpid", true, res);
#else
	act_untried(res, "this machine has no such calls");
#endif
}

const struct act act_syscall_table[] = {
    {"sys.personality_heap", "", 0, 0, personality_heap},
    {"sys.personality_i386", "", 0, 0, personality_i386},
    {"sys.personality_ask", "", 0, 0, personality_ask},
    {"sys.noappend", "PATH", 1, 1, noappend},
    {"sys.noappend_aio", "PATH", 1, 1, noappend_aio},
    {"sys.punch", "PATH", 1, 1, punch},
    {"sys.call", "NUMBER [ARGUMENT...]", 1, 7, call},
    {"sys.call_in_child", "NUMBER", 1, 1, call_in_child},
    {"sys.x32", "", 0, 0, call_x32},
    {NULL, NULL, 0, 0, NULL},
};

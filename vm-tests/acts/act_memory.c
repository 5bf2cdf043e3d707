// SPDX-License-Identifier: Apache-2.0
// Making code out of data. The effect is that an instruction really ran.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"
#include "act_file.h"

enum { PAGE = 4096 };

static sigjmp_buf escape;
static volatile uintptr_t fault_address;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	fault_address = (uintptr_t)info->si_addr;
	siglongjmp(escape, 1);
}

/* Calls what is there; false if that faulted (fault_address tells where). */
static bool call_survives(void *where)
{
	struct sigaction act = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, segv,
			 ill;
	volatile bool survived = false;

	fault_address = 0;
	sigaction(SIGSEGV, &act, &segv);
	sigaction(SIGILL, &act, &ill);
	if (sigsetjmp(escape, 1) == 0) {
		void (*code)(void);

		memcpy(&code, &where, sizeof(code));
		code();
		survived = true;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGILL, &ill, NULL);
	return survived;
}

static void run_there(void *where, struct act_result *res)
{
	act_ok(res, where && call_survives(where));
	act_detail(res, res->effect ? "an instruction in it ran"
				    : "nothing in it could be run");
}

static void *map(size_t size, int prot, int flags, int fd, struct act_result *res)
{
	void *at = mmap(NULL, size, prot, flags, fd, 0);

	if (at != MAP_FAILED)
		return at;
	act_failed(res, "mmap", errno);
	return NULL;
}

static bool make_executable(void *at, size_t size, struct act_result *res)
{
	if (mprotect(at, size, PROT_READ | PROT_EXEC) == 0)
		return true;
	act_failed(res, "mprotect", errno);
	return false;
}

static void mmap_wx(int argc, char **argv, struct act_result *res)
{
	const int prot = PROT_READ | PROT_WRITE | PROT_EXEC;
	void *at = map(PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, res);

	(void)argc, (void)argv;
	if (!at)
		return;
	act_fill_ret(at, PAGE);
	run_there(at, res);
}

/*
 * Nothing can be written there, so the page holds zeros. They are instructions
 * on x86 (add %al, (%rax)): with an address of our choice in rax, a fault at
 * that address instead of at the page proves that they were run.
 */
static void mmap_exec_anon(int argc, char **argv, struct act_result *res)
{
	void *at = map(PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, res);

	(void)argc, (void)argv;
	if (!at)
		return;
#if defined(__x86_64__)
	enum { MARK = 0x2a00 };
	struct sigaction act = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, segv;

	sigaction(SIGSEGV, &act, &segv);
	if (sigsetjmp(escape, 1) == 0)
		__asm__ volatile("call *%0" : : "r"(at), "a"((uintptr_t)MARK) : "memory");
	sigaction(SIGSEGV, &segv, NULL);
	act_ok(res, fault_address == MARK);
	act_detail(res, "fault at 0x%lx after a call to %p", (unsigned long)fault_address,
		   at);
#else
	act_ok(res, !call_survives(at) && fault_address != (uintptr_t)at);
#endif
}

static void mprotect_exec_anon(int argc, char **argv, struct act_result *res)
{
	void *at =
	    map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, res);

	(void)argc, (void)argv;
	if (!at)
		return;
	act_fill_ret(at, PAGE);
	if (make_executable(at, PAGE, res))
		run_there(at, res);
}

static void mprotect_heap(int argc, char **argv, struct act_result *res)
{
	uintptr_t end = (uintptr_t)syscall(SYS_brk, 0);
	uintptr_t at = (end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);

	(void)argc, (void)argv;
	if ((uintptr_t)syscall(SYS_brk, at + PAGE) != at + PAGE) {
		act_failed(res, "brk", ENOMEM);
		return;
	}
	act_fill_ret((void *)at, PAGE);
	if (make_executable((void *)at, PAGE, res))
		run_there((void *)at, res);
}

static void mprotect_stack(int argc, char **argv, struct act_result *res)
{
	unsigned char below[16 * PAGE]; /* the page used is far from the frames in use */
	void *at = (void *)(((uintptr_t)below + 4 * PAGE) & ~(uintptr_t)(PAGE - 1));

	(void)argc, (void)argv;
	act_fill_ret(at, PAGE);
	if (!make_executable(at, PAGE, res))
		return;
	run_there(at, res);
	mprotect(at, PAGE, PROT_READ | PROT_WRITE);
}

/* A private mapping of a file, changed, then made executable. */
static void mprotect_modified(int argc, char **argv, struct act_result *res)
{
	int fd = act_open(argv[1], O_RDONLY, res);

	(void)argc;
	if (fd < 0)
		return;
	void *at = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, res);
	close(fd);
	if (!at)
		return;
	act_fill_ret(at, PAGE);
	if (make_executable(at, PAGE, res))
		run_there(at, res);
}

/* As dlopen does with a library's text. */
static void map_file_exec(int argc, char **argv, struct act_result *res)
{
	struct stat st = {0};
	int fd = act_open(argv[1], O_RDONLY, res);

	(void)argc;
	if (fd < 0)
		return;
	fstat(fd, &st);
	size_t size = (size_t)st.st_size;
	void *at = map(size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, res);
	close(fd);
	if (at)
		run_there(act_find_ret(at, size), res);
}

/* Mapped to be read only, then made executable without a change. */
static void mprotect_file(int argc, char **argv, struct act_result *res)
{
	int fd = act_open(argv[1], O_RDONLY, res);

	(void)argc;
	if (fd < 0)
		return;
	void *at = map(PAGE, PROT_READ, MAP_PRIVATE, fd, res);
	close(fd);
	if (at && make_executable(at, PAGE, res))
		run_there(act_find_ret(at, PAGE), res);
}

/* One file, mapped writable here and executable there. */
static void shared_wx(int argc, char **argv, struct act_result *res)
{
	int fd = act_open(argv[1], O_RDWR, res);

	(void)argc;
	if (fd < 0)
		return;
	void *write_at = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, res);
	void *run_at =
	    write_at ? map(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, res) : NULL;
	close(fd);
	if (!run_at)
		return;
	act_fill_ret(write_at, PAGE);
	run_there(run_at, res);
}

static void memfd_exec(int argc, char **argv, struct act_result *res)
{
	unsigned char page[PAGE];
	int fd = (int)syscall(SYS_memfd_create, argc > 1 ? argv[1] : "act", MFD_CLOEXEC);

	act_fill_ret(page, sizeof(page));
	if (fd < 0 || write(fd, page, sizeof(page)) != (ssize_t)sizeof(page)) {
		act_failed(res, fd < 0 ? "memfd_create" : "write", errno);
		return;
	}
	void *at = map(PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, res);
	close(fd);
	if (at)
		run_there(at, res);
}

/* What every program does: must never be refused. */
static void plain(int argc, char **argv, struct act_result *res)
{
	char *at =
	    map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, res);

	(void)argc, (void)argv;
	if (!at)
		return;
	at[0] = 1;
	if (mprotect(at, PAGE, PROT_READ) < 0)
		act_failed(res, "mprotect", errno);
	else
		act_ok(res, at[0] == 1);
}

const struct act act_memory_table[] = {
    {"mem.plain", "", 0, 0, plain},
    {"mem.mmap_wx", "", 0, 0, mmap_wx},
    {"mem.mmap_exec_anon", "", 0, 0, mmap_exec_anon},
    {"mem.mprotect_exec_anon", "", 0, 0, mprotect_exec_anon},
    {"mem.mprotect_heap", "", 0, 0, mprotect_heap},
    {"mem.mprotect_stack", "", 0, 0, mprotect_stack},
    {"mem.mprotect_modified", "FILE", 1, 1, mprotect_modified},
    {"mem.mprotect_file", "FILE", 1, 1, mprotect_file},
    {"mem.map_file_exec", "FILE", 1, 1, map_file_exec},
    {"mem.shared_wx", "FILE", 1, 1, shared_wx},
    {"mem.memfd_exec", "[NAME]", 0, 1, memfd_exec},
    {NULL, NULL, 0, 0, NULL},
};

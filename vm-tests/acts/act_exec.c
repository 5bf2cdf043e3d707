// SPDX-License-Identifier: Apache-2.0
// Running programs: by path, through the loader, from memory, by descriptor,
// and executions that fail at different stages.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"

extern char **environ;

struct program {
	int fd; /* AT_FDCWD, or the program itself when path is "" */
	const char *path;
	char **argv;
};

static long do_exec(const struct program *program)
{
	if (program->path[0])
		return syscall(SYS_execve, program->path, program->argv, environ);
	return syscall(SYS_execveat, program->fd, "", program->argv, environ,
		       AT_EMPTY_PATH);
}

static void exec_child(const struct program *program, int report, int output)
{
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	do_exec(program);
	int err = errno;
	ssize_t n = write(report, &err, sizeof(err));
	_exit(n == (ssize_t)sizeof(err) ? 127 : 126);
}

static void read_output(int fd, struct act_result *res)
{
	char text[160] = "", rest[512];
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(text) - 1 &&
	       (n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	text[used] = '\0';
	if (used)
		act_detail(res, "output: %s", text);
}

/* ok: the program was started and ended as it should (any end if want < 0). */
static void judge(struct act_result *res, int exec_error, int status, int want)
{
	if (exec_error) {
		act_failed(res, "execve", exec_error);
		return;
	}
	if (WIFSIGNALED(status)) {
		res->signal = WTERMSIG(status);
		act_failed(res, "program", 0);
		return;
	}
	int code = WEXITSTATUS(status);
	if (want >= 0 && code != want)
		act_failed(res, "program", 0);
	else
		act_ok(res, true);
	if (!res->detail[0])
		act_detail(res, "the program ended with status %d", code);
}

static void run_program(const struct program *program, int want, struct act_result *res)
{
	int report[2], output[2], exec_error = 0, status = 0;

	if (pipe2(report, O_CLOEXEC) < 0 || pipe2(output, O_CLOEXEC) < 0) {
		act_untried(res, "no pipe");
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		exec_child(program, report[1], output[1]);
	int fork_error = errno;
	close(report[1]);
	close(output[1]);
	if (pid < 0) {
		act_failed(res, "fork", fork_error);
	} else {
		if (read(report[0], &exec_error, sizeof(exec_error)) !=
		    (ssize_t)sizeof(exec_error))
			exec_error = 0;
		read_output(output[0], res);
		waitpid(pid, &status, 0);
		judge(res, exec_error, status, want);
	}
	close(report[0]);
	close(output[0]);
}

static void exec_path(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	run_program(&(struct program){AT_FDCWD, argv[1], argv + 1}, -1, res);
}

/* As exec.path, but only that exit status counts as success. */
static void exec_status(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	run_program(&(struct program){AT_FDCWD, argv[2], argv + 2}, atoi(argv[1]), res);
}

static void exec_shell(int argc, char **argv, struct act_result *res)
{
	char *args[] = {"sh", "-c", "exit 42", NULL};

	(void)argc, (void)argv;
	run_program(&(struct program){AT_FDCWD, "/bin/sh", args}, 42, res);
}

static void exec_dropped(int argc, char **argv, struct act_result *res)
{
	char path[4096];
	char *args[] = {path, NULL};
	unsigned char elf[ACT_ELF_SIZE_MAX];
	size_t size = act_elf(elf, NULL);

	(void)argc;
	snprintf(path, sizeof(path), "%s/x", argv[1]);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC,
			      0700);
	if (fd < 0) {
		act_failed(res, "create", errno);
		return;
	}
	if (write(fd, elf, size) != (ssize_t)size) {
		act_failed(res, "write", errno);
		close(fd);
		return;
	}
	close(fd);
	run_program(&(struct program){AT_FDCWD, path, args}, ACT_ELF_STATUS, res);
}

static void exec_loader(int argc, char **argv, struct act_result *res)
{
	const char *loader = argc > 2 ? argv[2] : ACT_LOADER;
	char *args[] = {"ld.so", argv[1], NULL};

	run_program(&(struct program){AT_FDCWD, loader, args}, ACT_ELF_STATUS, res);
}

static void exec_memfd(int argc, char **argv, struct act_result *res)
{
	char *args[] = {"memfd", NULL};
	unsigned char elf[ACT_ELF_SIZE_MAX];
	size_t size = act_elf(elf, NULL);
	int fd = (int)syscall(SYS_memfd_create, argc > 1 ? argv[1] : "act", MFD_CLOEXEC);

	if (fd < 0 || write(fd, elf, size) != (ssize_t)size) {
		act_failed(res, fd < 0 ? "memfd_create" : "write", errno);
		return;
	}
	run_program(&(struct program){fd, "", args}, ACT_ELF_STATUS, res);
	close(fd);
}

/* O_PATH descriptors are names: opening one asks no policy, running it must. */
static void exec_by_descriptor(char **argv, bool through_proc, struct act_result *res)
{
	char proc[64];
	int fd = (int)syscall(SYS_openat, AT_FDCWD, argv[1], O_PATH | O_CLOEXEC);

	if (fd < 0) {
		act_failed(res, "open", errno);
		return;
	}
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	run_program(&(struct program){fd, through_proc ? proc : "", argv + 1}, -1, res);
	close(fd);
}

static void exec_procfd(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	exec_by_descriptor(argv, true, res);
}

static void exec_fexec(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	exec_by_descriptor(argv, false, res);
}

/*
 * The executions that must fail happen in this very process, without a fork;
 * then the act that follows, if any, tells what label the process has now.
 */
static void after_failure(int argc, char **argv, int want, struct act_result *res)
{
	int err = errno;

	if (err != want || argc == 0) {
		act_failed(res, "execve", err);
		return;
	}
	act_perform(argc, argv, res);
}

static void exec_enoexec(int argc, char **argv, struct act_result *res)
{
	char *args[] = {argv[1], NULL};

	syscall(SYS_execve, argv[1], args, environ);
	after_failure(argc - 2, argv + 2, ENOEXEC, res);
}

static void exec_missing_interp(int argc, char **argv, struct act_result *res)
{
	char *args[] = {argv[1], NULL};

	syscall(SYS_execve, argv[1], args, environ);
	after_failure(argc - 2, argv + 2, ENOENT, res);
}

static void exec_e2big(int argc, char **argv, struct act_result *res)
{
	enum { COUNT = 40, LENGTH = 100000 };
	char *args[COUNT + 1] = {NULL};
	char *big = malloc(LENGTH + 1);
	const struct rlimit small = {4 << 20, 4 << 20};

	if (!big) {
		act_untried(res, "no memory");
		return;
	}
	memset(big, 'x', LENGTH);
	big[LENGTH] = '\0';
	for (int i = 0; i < COUNT; i++)
		args[i] = big;
	setrlimit(RLIMIT_STACK, &small); /* a quarter of it bounds the arguments */
	syscall(SYS_execve, argv[1], args, environ);
	after_failure(argc - 2, argv + 2, E2BIG, res);
	free(big);
}

struct reserved {
	void *memory;
	size_t size;
};

/*
 * Takes all memory that the kernel promises to anybody, to the last page; how many
 * mappings that took. All of `list` is used up where promises are not counted
 * (vm.overcommit_memory other than 2). Nothing of it is touched.
 */
static int reserve_all(struct reserved *list, int max)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int count = 0;

	for (size_t size = 1ul << 30; size >= page && count < max;) {
		void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			size /= 2;
		else
			list[count++] = (struct reserved){memory, size};
	}
	return count;
}

/* What fails is the first page of the new program's stack. */
static void exec_enomem(int argc, char **argv, struct act_result *res)
{
	enum { MAX = 256 };
	struct reserved list[MAX];
	char *args[] = {argv[1], NULL};
	int count = reserve_all(list, MAX), err = 0;

	if (count < MAX) {
		syscall(SYS_execve, argv[1], args, environ);
		err = errno;
	}
	for (int i = 0; i < count; i++)
		munmap(list[i].memory, list[i].size);
	if (count == MAX) {
		act_untried(res, "vm.overcommit_memory is not 2");
		return;
	}
	errno = err;
	after_failure(argc - 2, argv + 2, ENOMEM, res);
}

static void exec_refused_then(int argc, char **argv, struct act_result *res)
{
	char *args[] = {argv[1], NULL};

	syscall(SYS_execve, argv[1], args, environ);
	after_failure(argc - 2, argv + 2, EACCES, res);
}

const struct act act_exec_table[] = {
    {"exec.path", "PATH [ARG...]", 1, 20, exec_path},
    {"exec.status", "STATUS PATH [ARG...]", 2, 20, exec_status},
    {"exec.script", "PATH [ARG...]", 1, 20, exec_path},
    {"exec.shell", "", 0, 0, exec_shell},
    {"exec.dropped", "DIR", 1, 1, exec_dropped},
    {"exec.loader", "FILE [LOADER]", 1, 2, exec_loader},
    {"exec.memfd", "[NAME]", 0, 1, exec_memfd},
    {"exec.procfd", "FILE [ARG...]", 1, 20, exec_procfd},
    {"exec.fexec", "FILE [ARG...]", 1, 20, exec_fexec},
    {"exec.enoexec", "FILE [ACT...]", 1, 20, exec_enoexec},
    {"exec.missing_interp", "FILE [ACT...]", 1, 20, exec_missing_interp},
    {"exec.e2big", "FILE [ACT...]", 1, 20, exec_e2big},
    {"exec.enomem", "FILE [ACT...]", 1, 20, exec_enomem},
    {"exec.refused_then", "FILE [ACT...]", 1, 20, exec_refused_then},
    {NULL, NULL, 0, 0, NULL},
};

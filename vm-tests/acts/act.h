/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An act is one thing that a program may try: open a file, connect, run code
 * in memory. Each is done with system calls of its own, reports the errno of
 * the call that failed, and then looks whether the side effect really happened.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	ACT_EXIT_OK = 0,
	ACT_EXIT_USAGE = 2,
	ACT_EXIT_REFUSED = 10,
	ACT_EXIT_UNTRIED = 11,
};

/* What came of an act; plain bytes, so that a child can hand it over a pipe. */
struct act_result {
	bool ok;	  /* every call of the act succeeded */
	bool effect;	  /* the side effect was observed */
	bool untried;	  /* could not be tried at all: see detail */
	bool usage;	  /* wrong arguments */
	int err;	  /* errno of the first call that failed, else 0 */
	int signal;	  /* the signal that ended the act, else 0 */
	char stage[24];	  /* the call that failed */
	char detail[256]; /* for people */
	char counts[256]; /* members of a JSON object, or empty */
};

typedef void act_fn(int argc, char **argv, struct act_result *res);

struct act {
	const char *name;
	const char *args; /* for --list */
	int min_args;
	int max_args;
	act_fn *run;
};

/* One table a subject, each ended by an entry without a name. */
extern const struct act act_exec_table[];
extern const struct act act_file_table[];
extern const struct act act_path_table[];
extern const struct act act_ending_table[];
extern const struct act act_memory_table[];
extern const struct act act_net_table[];
extern const struct act act_unix_table[];
extern const struct act act_cap_table[];
extern const struct act act_uring_table[];
extern const struct act act_task_table[];
extern const struct act act_process_table[];
extern const struct act act_mount_table[];
extern const struct act act_ipc_table[];
extern const struct act act_kernel_table[];
extern const struct act act_descriptor_table[];
extern const struct act act_syscall_table[];
extern const struct act act_stress_table[];
extern const struct act act_transition_table[];
extern const struct act act_attribute_table[];
extern const struct act act_inherit_table[];

/* act_table.c */
const struct act *act_find(const char *name);
void act_list(FILE *out);
/* Performs the named act in this process: argv[0] is its name. */
void act_perform(int argc, char **argv, struct act_result *res);
/* The same in a forked child (no exec), with a bound on its time. */
void act_perform_in_child(int argc, char **argv, struct act_result *res);

/* act_result.c */
void act_ok(struct act_result *res, bool effect);
void act_failed(struct act_result *res, const char *stage, int err);
void act_untried(struct act_result *res, const char *why);
/* ok if `rc` says that the call succeeded, else failed with errno. */
void act_done(long rc, const char *stage, bool effect, struct act_result *res);
void act_detail(struct act_result *res, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int act_exit_code(const struct act_result *res);
/* One line of JSON without the newline; `id` may be NULL. */
size_t act_to_json(const char *id, const char *name, const struct act_result *res,
		   char *buf, size_t size);

/* act_words.c: splits a line in place; quotes and backslash as in a shell. */
enum { ACT_WORDS_MAX = 24 };
int act_words(char *line, char **words, int max);

#if defined(__aarch64__)
#define ACT_LOADER "/lib/ld-linux-aarch64.so.1"
#else
#define ACT_LOADER "/lib64/ld-linux-x86-64.so.2"
#endif

/* act_elf.c: a program of one page that ends with status 42. It is both a
 * static program and one that the dynamic loader accepts. */
enum { ACT_ELF_STATUS = 42, ACT_ELF_SIZE_MAX = 1024 };
size_t act_elf(unsigned char *buf, const char *interpreter);
/* Return instructions: fills memory with them, finds one in it. */
void act_fill_ret(void *memory, size_t size);
void *act_find_ret(void *memory, size_t size);
/* Writes one of the files that exec acts need; see act_make_kinds. */
int act_make(const char *kind, const char *path);
extern const char act_make_kinds[];

/* act_hold.c */
act_fn act_hold;
act_fn act_hold_storm;

/* act_main.c and its modes */
int act_batch(void);
int act_operations(void);
int act_serve(int argc, char **argv);

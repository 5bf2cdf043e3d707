// SPDX-License-Identifier: Apache-2.0
// Tasks and what they may: fork, exec, a capability.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "op.h"

static char host[65];

static void read_host(void) {
  if (gethostname(host, sizeof(host) - 1)) op_fail("gethostname");
}

/* Needs CAP_SYS_ADMIN, and changes nothing. */
static void name_host(int number, int count) {
  size_t length = strlen(host);

  (void)number;
  while (count--)
    if (sethostname(host, length)) op_fail("sethostname");
}

static void end_of(pid_t child) {
  int status = 0;

  if (child < 0 || waitpid(child, &status, 0) != child || status) op_fail("child");
}

static void make_child(int number, int count) {
  (void)number;
  while (count--) {
    pid_t child = vfork();

    if (!child) _exit(0);
    end_of(child);
  }
}

static void run_program(int number, int count) {
  static char *const argv[] = {"op", "exit", NULL}, *const envp[] = {NULL};

  (void)number;
  while (count--) {
    pid_t child = vfork();

    if (!child) {
      execve(OP_BINARY, argv, envp);
      _exit(1);
    }
    end_of(child);
  }
}

const struct op op_tasks[] = {
    {"capable", 32, 21, read_host, name_host, NULL},
    {"fork", 16, 41, NULL, make_child, NULL},
    {"exec", 2, 41, NULL, run_program, NULL},
    {NULL, 0, 0, NULL, NULL, NULL},
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Operations whose guest instructions are counted. */
#pragma once

#include <stddef.h>

#define OP_FOLDER "/tmp/bench"
#define OP_TREE OP_FOLDER "/tree"
#define OP_SHALLOW OP_TREE "/f"              /* 4 components */
#define OP_DEEP OP_TREE "/1/2/3/4/5/6/7/8/f" /* 12 components */
#define OP_BINARY OP_FOLDER "/bin/op"
#define OP_UDP_OWN 9901
#define OP_UDP_PEER 9902

#define OP_COLD_ROUND 16

struct op {
  const char *name;
  int count;  /* operations a round */
  int rounds; /* the median of these is told */
  void (*prepare)(void);
  void (*round)(int number, int count); /* what is counted */
  void (*after)(void);                  /* between rounds, not counted */
};

extern const struct op op_files[], op_sockets[], op_tasks[]; /* end with a name of NULL */

void op_fail(const char *what);
/* Longer than GL_CACHE_SETTLE: decisions made before it are settled after it. */
void op_settle(void);
void op_make_files(void); /* new ones: what any kernel remembered of the old is gone */

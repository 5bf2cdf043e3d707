// SPDX-License-Identifier: Apache-2.0
// glacis-bench-op: guest instructions that one operation takes, counted by the
// time-stamp counter of a guest that runs with an instruction count. The median
// of several rounds, in which a timer tick in some does not show. Prints
// "NAME MEDIAN" a line.
//
//   glacis-bench-op files   makes new files to measure with
//   glacis-bench-op exit    does nothing; it is the program of the exec operation
//   glacis-bench-op         measures all operations as the task that it is
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "op.h"

#define ROUNDS_MAX 64
#define WARM_ROUNDS 3

void op_fail(const char *what) {
  fprintf(stderr, "glacis-bench-op: %s: %s\n", what, strerror(errno));
  _exit(1);
}

void op_settle(void) {
  struct timespec time = {.tv_nsec = 30 * 1000 * 1000};

  nanosleep(&time, NULL);
}

static int compare(const void *a, const void *b) {
  const unsigned long long x = *(const unsigned long long *)a;
  const unsigned long long y = *(const unsigned long long *)b;

  return (x > y) - (x < y);
}

static void measure(const struct op *op) {
  unsigned long long counts[ROUNDS_MAX];

  if (op->prepare) op->prepare();
  for (int i = 0; i < op->rounds; i++) {
    unsigned long long begin = __rdtsc();

    op->round(i, op->count);
    counts[i] = __rdtsc() - begin;
    if (op->after) op->after();
  }
  qsort(counts + WARM_ROUNDS, (size_t)(op->rounds - WARM_ROUNDS), sizeof(counts[0]), compare);
  printf("%s %.1f\n", op->name,
         (double)counts[WARM_ROUNDS + (op->rounds - WARM_ROUNDS) / 2] / op->count);
}

static void measure_all(const struct op *ops) {
  for (; ops->name; ops++) measure(ops);
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "exit")) return 0;
  if (argc > 1 && !strcmp(argv[1], "files")) {
    op_make_files();
    return 0;
  }
  measure_all(op_files);
  measure_all(op_sockets);
  measure_all(op_tasks);
  return fflush(stdout) ? 1 : 0;
}

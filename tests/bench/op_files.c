// SPDX-License-Identifier: Apache-2.0
// Opening files, and what is done with an open one.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "op.h"

#define COLD_ROUNDS 18
#define COLD_SHALLOW OP_TREE "/c%04d"
#define COLD_DEEP OP_TREE "/1/2/3/4/5/6/7/8/c%04d"

static int fd = -1;
static char cold[COLD_ROUNDS * OP_COLD_ROUND][64];

static void open_close(const char *path) {
  int opened = open(path, O_RDONLY | O_CLOEXEC);

  if (opened < 0) op_fail(path);
  close(opened);
}

static void make_file(const char *path) {
  int made;

  unlink(path);
  made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (made < 0 || write(made, "text\n", 5) != 5) op_fail(path);
  close(made);
}

void op_make_files(void) {
  char path[64] = OP_TREE;

  mkdir(path, 0755);
  for (int i = 1; i <= 8; i++) {
    snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%d", i);
    mkdir(path, 0755);
  }
  make_file(OP_SHALLOW);
  make_file(OP_DEEP);
  for (int i = 0; i < COLD_ROUNDS * OP_COLD_ROUND; i++) {
    snprintf(path, sizeof(path), COLD_SHALLOW, i);
    make_file(path);
    snprintf(path, sizeof(path), COLD_DEEP, i);
    make_file(path);
  }
}

/* One open in many makes an entry for a file, and another some time later makes it
 * usable: "again" is about files that are opened often. */
static void settle(const char *path) {
  for (int i = 0; i < 2; i++) {
    for (int k = 0; k < 400; k++) open_close(path);
    op_settle();
  }
}

static void prepare_shallow(void) { settle(OP_SHALLOW); }
static void prepare_deep(void) { settle(OP_DEEP); }

static void open_shallow(int number, int count) {
  (void)number;
  while (count--) open_close(OP_SHALLOW);
}

static void open_deep(int number, int count) {
  (void)number;
  while (count--) open_close(OP_DEEP);
}

static void name_cold(const char *pattern) {
  for (int i = 0; i < COLD_ROUNDS * OP_COLD_ROUND; i++)
    snprintf(cold[i], sizeof(cold[i]), pattern, i);
}

static void prepare_cold_shallow(void) { name_cold(COLD_SHALLOW); }
static void prepare_cold_deep(void) { name_cold(COLD_DEEP); }

static void open_cold(int number, int count) {
  for (int i = 0; i < count; i++) open_close(cold[number * count + i]);
}

static void prepare_write(void) {
  if (fd >= 0) close(fd);
  fd = open(OP_SHALLOW, O_RDWR | O_CLOEXEC);
  if (fd < 0) op_fail("open " OP_SHALLOW);
}

static void stat_file(int number, int count) {
  struct stat st;

  (void)number;
  while (count--)
    if (stat(OP_SHALLOW, &st)) op_fail("stat");
}

static void read_byte(int number, int count) {
  char byte;

  (void)number;
  while (count--)
    if (pread(fd, &byte, 1, 0) != 1) op_fail("pread");
}

static void write_byte(int number, int count) {
  (void)number;
  while (count--)
    if (pwrite(fd, "x", 1, 0) != 1) op_fail("pwrite");
}

const struct op op_files[] = {
    {"open_cold_4", OP_COLD_ROUND, COLD_ROUNDS, prepare_cold_shallow, open_cold, NULL},
    {"open_cold_12", OP_COLD_ROUND, COLD_ROUNDS, prepare_cold_deep, open_cold, NULL},
    {"open_hot_4", 32, 21, prepare_shallow, open_shallow, NULL},
    {"open_hot_12", 32, 21, prepare_deep, open_deep, NULL},
    {"stat", 64, 21, NULL, stat_file, NULL},
    {"read", 64, 21, prepare_write, read_byte, NULL},
    {"write", 64, 21, prepare_write, write_byte, NULL},
    {NULL, 0, 0, NULL, NULL, NULL},
};

/* SPDX-License-Identifier: Apache-2.0 */
/* What several subjects do with a file. */
#pragma once

#include "act.h"

/* Opens by openat(2), mode 0600 for new files; a failure goes into `res`. */
int act_open(const char *path, int flags, struct act_result *res);
/* Effect: at least one byte was read. */
void act_read_fd(int fd, struct act_result *res);
/* Effect: every byte was written. */
void act_write_fd(int fd, struct act_result *res);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

/* The address that `name` means: a path, or @NAME for an abstract one. */
socklen_t act_unix_address(const char *name, struct sockaddr_un *to);

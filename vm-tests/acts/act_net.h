/* SPDX-License-Identifier: Apache-2.0 */
/* What acts on the network and on Unix sockets share. */
#pragma once

#include "act.h"

int act_socket(int family, int type, int protocol, struct act_result *res);
/* Sends a word over a connected socket and waits for it to come back: the
 * effect is the answer of the server, so the packet did arrive. */
void act_converse(int fd, struct act_result *res);
/* Waits for the answer only. */
void act_await_echo(int fd, struct act_result *res);
extern const char act_word[8];

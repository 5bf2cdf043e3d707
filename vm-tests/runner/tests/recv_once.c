// SPDX-License-Identifier: Apache-2.0
// A server of one request on its stdin: ends with 3 if it got one, with 0 if
// its client went away.
#include <sys/socket.h>

int main(void) {
  char request[1024];

  return recv(0, request, sizeof(request), 0) > 0 ? 3 : 0;
}

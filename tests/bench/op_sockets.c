// SPDX-License-Identifier: Apache-2.0
// UDP sockets on the loopback.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "op.h"

static int sender = -1, receiver = -1;

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};

  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

static int udp_socket(void) {
  int made = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (made < 0) op_fail("socket");
  return made;
}

static void prepare_sender(void) {
  if (sender >= 0) close(sender);
  sender = udp_socket();
}

static void prepare_both(void) {
  struct sockaddr_in own = loopback(OP_UDP_OWN);

  prepare_sender();
  receiver = udp_socket();
  if (bind(receiver, (struct sockaddr *)&own, sizeof(own))) op_fail("bind");
}

static void make_sockets(int number, int count) {
  (void)number;
  while (count--) close(udp_socket());
}

static void connect_peer(int number, int count) {
  struct sockaddr_in peer = loopback(OP_UDP_PEER);

  (void)number;
  while (count--)
    if (connect(sender, (struct sockaddr *)&peer, sizeof(peer))) op_fail("connect");
}

static void send_peer(int number, int count) {
  struct sockaddr_in peer = loopback(OP_UDP_OWN);

  (void)number;
  while (count--)
    if (sendto(sender, "x", 1, 0, (struct sockaddr *)&peer, sizeof(peer)) != 1) op_fail("sendto");
}

static void drain(void) {
  char byte;

  while (recv(receiver, &byte, 1, MSG_DONTWAIT) >= 0) continue;
}

const struct op op_sockets[] = {
    {"socket", 32, 21, NULL, make_sockets, NULL},
    {"connect", 32, 21, prepare_sender, connect_peer, NULL},
    {"sendto", 16, 21, prepare_both, send_peer, drain},
    {NULL, 0, 0, NULL, NULL, NULL},
};

// SPDX-License-Identifier: Apache-2.0
// Internet, packet and netlink sockets. HOST is a numeric address.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"
#include "act_net.h"

enum { WAIT_MS = 3000 };

const char act_word[8] = "glacis\n";

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t length(const union address *to)
{
	return to->any.sa_family == AF_INET6 ? sizeof(to->v6) : sizeof(to->v4);
}

static bool parse(const char *host, const char *port, union address *to,
		  struct act_result *res)
{
	in_port_t number = htons((uint16_t)strtoul(port, NULL, 10));

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, host, &to->v4.sin_addr) == 1) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = number;
		return true;
	}
	if (inet_pton(AF_INET6, host, &to->v6.sin6_addr) == 1) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = number;
		return true;
	}
	res->usage = true;
	act_detail(res, "%s is not a numeric address", host);
	return false;
}

/* 192.0.2.1 as ::ffff:192.0.2.1 */
static void map_to_v6(union address *to)
{
	struct sockaddr_in v4 = to->v4;

	if (v4.sin_family != AF_INET)
		return;
	memset(to, 0, sizeof(*to));
	to->v6.sin6_family = AF_INET6;
	to->v6.sin6_port = v4.sin_port;
	memset(to->v6.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(to->v6.sin6_addr.s6_addr + 12, &v4.sin_addr, 4);
}

int act_socket(int family, int type, int protocol, struct act_result *res)
{
	int fd = (int)syscall(SYS_socket, family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		act_failed(res, "socket", errno);
	return fd;
}

void act_await_echo(int fd, struct act_result *res)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	char answer[sizeof(act_word)] = "";

	act_ok(res, false);
	act_detail(res, "sent, but no answer came");
	if (poll(&waiting, 1, WAIT_MS) != 1)
		return;
	if (recv(fd, answer, sizeof(answer), 0) <= 0)
		return;
	res->effect = memcmp(answer, act_word, sizeof(act_word) - 1) == 0;
	act_detail(res, res->effect ? "the server answered" : "another answer came");
}

void act_converse(int fd, struct act_result *res)
{
	if (send(fd, act_word, sizeof(act_word) - 1, MSG_NOSIGNAL) < 0)
		act_failed(res, "send", errno);
	else
		act_await_echo(fd, res);
}

static void connect_and_talk(int fd, const union address *to, struct act_result *res)
{
	if (syscall(SYS_connect, fd, to, length(to)) < 0)
		act_failed(res, "connect", errno);
	else
		act_converse(fd, res);
}

static void connect_to(char **argv, int type, bool mapped, struct act_result *res)
{
	union address to;

	if (!parse(argv[1], argv[2], &to, res))
		return;
	if (mapped)
		map_to_v6(&to);
	int fd = act_socket(to.any.sa_family, type, 0, res);
	if (fd < 0)
		return;
	connect_and_talk(fd, &to, res);
	close(fd);
}

static void tcp_connect(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	connect_to(argv, SOCK_STREAM, false, res);
}

static void tcp_mapped(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	connect_to(argv, SOCK_STREAM, true, res);
}

static void udp_connect(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	connect_to(argv, SOCK_DGRAM, false, res);
}

static void send_to(int fd, const union address *to, socklen_t len, int flags,
		    struct act_result *res)
{
	if (syscall(SYS_sendto, fd, act_word, sizeof(act_word) - 1, flags | MSG_NOSIGNAL,
		    to, len) < 0)
		act_failed(res, "sendto", errno);
	else
		act_await_echo(fd, res);
}

static void udp_sendto(int argc, char **argv, struct act_result *res)
{
	union address to;

	(void)argc;
	if (!parse(argv[1], argv[2], &to, res))
		return;
	int fd = act_socket(to.any.sa_family, SOCK_DGRAM, 0, res);
	if (fd < 0)
		return;
	send_to(fd, &to, length(&to), 0, res);
	close(fd);
}

/* sendmmsg with one message: the address is in the message's header. */
static void udp_sendmmsg(int argc, char **argv, struct act_result *res)
{
	union address to;
	struct iovec word = {.iov_base = (void *)(uintptr_t)act_word,
			     .iov_len = sizeof(act_word) - 1};
	struct mmsghdr message = {0};

	(void)argc;
	if (!parse(argv[1], argv[2], &to, res))
		return;
	int fd = act_socket(to.any.sa_family, SOCK_DGRAM, 0, res);
	if (fd < 0)
		return;
	message.msg_hdr.msg_name = &to;
	message.msg_hdr.msg_namelen = length(&to);
	message.msg_hdr.msg_iov = &word;
	message.msg_hdr.msg_iovlen = 1;
	if (syscall(SYS_sendmmsg, fd, &message, 1, MSG_NOSIGNAL) < 1)
		act_failed(res, "sendmmsg", errno);
	else
		act_await_echo(fd, res);
	close(fd);
}

/* IPv4's UDP takes an address whose family says nothing for one of its own. */
static void udp_sendto_unspec(int argc, char **argv, struct act_result *res)
{
	union address to;

	(void)argc;
	if (!parse(argv[1], argv[2], &to, res))
		return;
	int fd = act_socket(AF_INET, SOCK_DGRAM, 0, res);
	if (fd < 0)
		return;
	to.any.sa_family = AF_UNSPEC;
	send_to(fd, &to, sizeof(to.v4), 0, res);
	close(fd);
}

/* An IPv6 socket takes an IPv4 address too. */
static void udp_mapped(int argc, char **argv, struct act_result *res)
{
	union address to;

	(void)argc;
	if (!parse(argv[1], argv[2], &to, res))
		return;
	map_to_v6(&to);
	int fd = act_socket(AF_INET6, SOCK_DGRAM, 0, res);
	if (fd < 0)
		return;
	send_to(fd, &to, length(&to), 0, res);
	close(fd);
}

/* Data before the handshake: connect(2) is never called. */
static void tcp_fastopen(int argc, char **argv, struct act_result *res)
{
	union address to;

	(void)argc;
	if (!parse(argv[1], argv[2], &to, res))
		return;
	int fd = act_socket(to.any.sa_family, SOCK_STREAM, 0, res);
	if (fd < 0)
		return;
	send_to(fd, &to, length(&to), MSG_FASTOPEN, res);
	close(fd);
}

/* Dissolves an association first, then connects. */
static void unspec_connect(int argc, char **argv, struct act_result *res)
{
	union address to, none = {.any.sa_family = AF_UNSPEC};

	(void)argc;
	if (!parse(argv[1], argv[2], &to, res))
		return;
	int fd = act_socket(to.any.sa_family, SOCK_DGRAM, 0, res);
	if (fd < 0)
		return;
	if (syscall(SYS_connect, fd, &none, sizeof(none.v4)) < 0)
		act_failed(res, "connect-unspec", errno);
	else
		connect_and_talk(fd, &to, res);
	close(fd);
}

static unsigned bound_port(int fd)
{
	union address name = {0};
	socklen_t len = sizeof(name);

	if (getsockname(fd, &name.any, &len) < 0)
		return 0;
	return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port
						    : name.v4.sin_port);
}

static bool is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

static void bind_to(char **argv, int argc, int type, int family_said,
		    struct act_result *res)
{
	union address at;
	const int on = 1;

	if (!parse(argc > 2 ? argv[2] : "0.0.0.0", argv[1], &at, res))
		return;
	int fd = act_socket(at.any.sa_family, type, 0, res);
	if (fd < 0)
		return;
	socklen_t len = length(&at);
	if (family_said != AF_INET)
		at.any.sa_family = (sa_family_t)family_said;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (syscall(SYS_bind, fd, &at, len) < 0)
		act_failed(res, "bind", errno);
	else if (type == SOCK_STREAM && syscall(SYS_listen, fd, 1) < 0)
		act_failed(res, "listen", errno);
	else
		act_ok(res,
		       bound_port(fd) != 0 && (type != SOCK_STREAM || is_listening(fd)));
	close(fd);
}

static void bind_tcp(int argc, char **argv, struct act_result *res)
{
	bind_to(argv, argc, SOCK_STREAM, AF_INET, res);
}

static void bind_udp(int argc, char **argv, struct act_result *res)
{
	bind_to(argv, argc, SOCK_DGRAM, AF_INET, res);
}

static void bind_unspec(int argc, char **argv, struct act_result *res)
{
	bind_to(argv, argc, SOCK_STREAM, AF_UNSPEC, res);
}

static void listen_unbound(int argc, char **argv, struct act_result *res)
{
	int fd = act_socket(AF_INET, SOCK_STREAM, 0, res);

	(void)argc, (void)argv;
	if (fd < 0)
		return;
	if (syscall(SYS_listen, fd, 1) < 0)
		act_failed(res, "listen", errno);
	else
		act_ok(res, is_listening(fd) && bound_port(fd) != 0);
	act_detail(res, "port %u", bound_port(fd));
	close(fd);
}

/* Effect: our own echo request came back to the raw socket. */
static void raw(int argc, char **argv, struct act_result *res)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct icmphdr ping = {.type = ICMP_ECHO, .checksum = htons(0xf7ff)};
	int fd = act_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP, res);

	(void)argc, (void)argv;
	if (fd < 0)
		return;
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	if (sendto(fd, &ping, sizeof(ping), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		act_failed(res, "sendto", errno);
	else
		act_ok(res, poll(&waiting, 1, WAIT_MS) == 1);
	close(fd);
}

static void packet(int argc, char **argv, struct act_result *res)
{
	int fd = act_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL), res);

	(void)argc, (void)argv;
	if (fd < 0)
		return;
	act_ok(res, true);
	act_detail(res, "a packet socket was opened");
	close(fd);
}

/* The kernel's list of interfaces: the answer is the effect. */
static void ask_route(int fd, struct act_result *res)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
	    .header = {.nlmsg_len = sizeof(request),
		       .nlmsg_type = RTM_GETLINK,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	    .body = {.rtgen_family = AF_UNSPEC},
	};
	char answer[8192];

	if (send(fd, &request, sizeof(request), 0) < 0)
		act_failed(res, "send", errno);
	else
		act_ok(res, recv(fd, answer, sizeof(answer), 0) >
				(ssize_t)sizeof(struct nlmsghdr));
}

struct word {
	const char *name;
	int value;
};

static int number_of(const struct word *words, const char *text)
{
	for (; words->name; words++)
		if (strcmp(words->name, text) == 0)
			return words->value;
	return (int)strtol(text, NULL, 0);
}

static void netlink(int argc, char **argv, struct act_result *res)
{
	static const struct word protocols[] = {
	    {"route", NETLINK_ROUTE},
	    {"audit", NETLINK_AUDIT},
	    {"uevent", NETLINK_KOBJECT_UEVENT},
	    {"diag", NETLINK_SOCK_DIAG},
	    {"generic", NETLINK_GENERIC},
	    {"xfrm", NETLINK_XFRM},
	    {NULL, 0},
	};
	int protocol = number_of(protocols, argv[1]);
	int fd = act_socket(AF_NETLINK, SOCK_RAW, protocol, res);

	(void)argc;
	if (fd < 0)
		return;
	if (protocol == NETLINK_ROUTE)
		ask_route(fd, res);
	else
		act_ok(res, true);
	close(fd);
}

static void any_socket(int argc, char **argv, struct act_result *res)
{
	static const struct word families[] = {
	    {"unix", AF_UNIX},
	    {"inet", AF_INET},
	    {"inet6", AF_INET6},
	    {"netlink", AF_NETLINK},
	    {"packet", AF_PACKET},
	    {"alg", AF_ALG},
	    {"vsock", AF_VSOCK},
	    {"can", AF_CAN},
	    {"tipc", AF_TIPC},
	    {"rds", AF_RDS},
	    {"smc", AF_SMC},
	    {"xdp", AF_XDP},
	    {"kcm", AF_KCM},
	    {"bluetooth", AF_BLUETOOTH},
	    {NULL, 0},
	};
	static const struct word types[] = {
	    {"stream", SOCK_STREAM},	   {"dgram", SOCK_DGRAM}, {"raw", SOCK_RAW},
	    {"seqpacket", SOCK_SEQPACKET}, {"rdm", SOCK_RDM},	  {NULL, 0},
	};
	static const struct word protocols[] = {
	    {"tcp", IPPROTO_TCP},     {"udp", IPPROTO_UDP},
	    {"icmp", IPPROTO_ICMP},   {"sctp", IPPROTO_SCTP},
	    {"mptcp", IPPROTO_MPTCP}, {"udplite", IPPROTO_UDPLITE},
	    {"dccp", IPPROTO_DCCP},   {NULL, 0},
	};
	int fd = act_socket(number_of(families, argv[1]), number_of(types, argv[2]),
			    argc > 3 ? number_of(protocols, argv[3]) : 0, res);

	if (fd < 0)
		return;
	act_ok(res, true);
	close(fd);
}

const struct act act_net_table[] = {
    {"net.tcp_connect", "HOST PORT", 2, 2, tcp_connect},
    {"net.tcp_mapped", "HOST PORT", 2, 2, tcp_mapped},
    {"net.tcp_fastopen", "HOST PORT", 2, 2, tcp_fastopen},
    {"net.udp_connect", "HOST PORT", 2, 2, udp_connect},
    {"net.udp_sendto", "HOST PORT", 2, 2, udp_sendto},
    {"net.udp_sendmmsg", "HOST PORT", 2, 2, udp_sendmmsg},
    {"net.udp_sendto_unspec", "HOST PORT", 2, 2, udp_sendto_unspec},
    {"net.udp_mapped", "HOST PORT", 2, 2, udp_mapped},
    {"net.unspec_connect", "HOST PORT", 2, 2, unspec_connect},
    {"net.bind_tcp", "PORT [HOST]", 1, 2, bind_tcp},
    {"net.bind_udp", "PORT [HOST]", 1, 2, bind_udp},
    {"net.bind_unspec", "PORT", 1, 1, bind_unspec},
    {"net.listen_unbound", "", 0, 0, listen_unbound},
    {"net.raw", "", 0, 0, raw},
    {"net.packet", "", 0, 0, packet},
    {"net.netlink", "PROTOCOL", 1, 1, netlink},
    {"net.socket", "FAMILY TYPE [PROTOCOL]", 2, 3, any_socket},
    {NULL, NULL, 0, 0, NULL},
};

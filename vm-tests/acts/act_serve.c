// SPDX-License-Identifier: Apache-2.0
// The servers that network acts talk to: each sends back what it gets, so that
// an answer proves the arrival, and can note it in a log file.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "act.h"
#include "act_unix.h"

enum { MAX_SERVERS = 64 };
enum kind { LISTENER, DATAGRAM, CONNECTION };

struct server {
	enum kind kind;
	const char *what; /* "tcp", "udp", ... */
	const char *where;
};

static struct server servers[MAX_SERVERS];
static struct pollfd polls[MAX_SERVERS];
static nfds_t count;
static int log_fd = -1;

static void note(const struct server *server, const char *event, ssize_t bytes)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "%s %s %s %zd\n", server->what,
			   server->where, event, bytes);

	if (log_fd >= 0 && write(log_fd, line, (size_t)len) != len)
		perror("glacis-act: log");
}

static void add(int fd, enum kind kind, const char *what, const char *where)
{
	if (count == MAX_SERVERS) {
		close(fd);
		return;
	}
	servers[count] = (struct server){kind, what, where};
	polls[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void drop(nfds_t i)
{
	close(polls[i].fd);
	count--;
	polls[i] = polls[count];
	servers[i] = servers[count];
}

/* One socket of both families: ::, not bound to IPv6 only. */
static int inet_server(int type, const char *port, bool fastopen)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6,
				  .sin6_port = htons((uint16_t)strtoul(port, NULL, 10))};
	const int on = 1, off = 0, queue = 16;
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fastopen)
		setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, 16) == 0))
		return fd;
	close(fd);
	return -1;
}

static int unix_server(int type, const char *name)
{
	struct sockaddr_un at;
	socklen_t len = act_unix_address(name, &at);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (name[0] != '@')
		unlink(name);
	if (bind(fd, (struct sockaddr *)&at, len) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, 16) == 0)) {
		if (name[0] != '@')
			chmod(name, 0666);
		return fd;
	}
	close(fd);
	return -1;
}

static int start(const char *option, const char *where)
{
	int fd = -1;
	enum kind kind = LISTENER;

	if (strcmp(option, "--tcp") == 0) {
		fd = inet_server(SOCK_STREAM, where, false);
	} else if (strcmp(option, "--tcp-fastopen") == 0) {
		fd = inet_server(SOCK_STREAM, where, true);
	} else if (strcmp(option, "--udp") == 0) {
		fd = inet_server(SOCK_DGRAM, where, false);
		kind = DATAGRAM;
	} else if (strcmp(option, "--unix") == 0) {
		fd = unix_server(SOCK_STREAM, where);
	} else if (strcmp(option, "--unix-dgram") == 0) {
		fd = unix_server(SOCK_DGRAM, where);
		kind = DATAGRAM;
	} else if (strcmp(option, "--log") == 0) {
		log_fd = open(where, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		return log_fd < 0 ? -1 : 0;
	} else {
		errno = EINVAL;
	}
	if (fd < 0)
		return -1;
	add(fd, kind, option + 2, where);
	return 0;
}

static void serve_datagram(nfds_t i)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[2048];
	ssize_t n =
	    recvfrom(polls[i].fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

	note(&servers[i], "datagram", n);
	if (n > 0 && from.ss_family != AF_UNIX)
		sendto(polls[i].fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len);
}

static void serve_connection(nfds_t i)
{
	char buf[2048];
	ssize_t n = recv(polls[i].fd, buf, sizeof(buf), 0);

	if (n <= 0) {
		drop(i);
		return;
	}
	note(&servers[i], "data", n);
	if (send(polls[i].fd, buf, (size_t)n, MSG_NOSIGNAL) < 0)
		drop(i);
}

static void serve_one(nfds_t i)
{
	if (servers[i].kind == LISTENER) {
		int fd = accept4(polls[i].fd, NULL, NULL, SOCK_CLOEXEC);

		note(&servers[i], "connection", 0);
		if (fd >= 0)
			add(fd, CONNECTION, servers[i].what, servers[i].where);
	} else if (servers[i].kind == DATAGRAM) {
		serve_datagram(i);
	} else {
		serve_connection(i);
	}
}

int act_serve(int argc, char **argv)
{
	for (int i = 0; i < argc; i += 2) {
		if (i + 1 == argc || start(argv[i], argv[i + 1]) < 0) {
			fprintf(stderr, "glacis-act: cannot serve %s %s: %s\n", argv[i],
				i + 1 < argc ? argv[i + 1] : "", strerror(errno));
			return ACT_EXIT_USAGE;
		}
	}
	printf("ready\n");
	fflush(stdout);
	while (poll(polls, count, -1) > 0 || errno == EINTR)
		for (nfds_t i = count; i-- > 0;)
			if (polls[i].revents)
				serve_one(i);
	return ACT_EXIT_OK;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * libglacis_act.so: plays the attacker who already runs code inside a server.
 *
 * Preloaded into a server, it looks at what recv(2) delivers. A request with
 * one or more headers
 *
 *     X-Glacis-Act: file.read /etc/shadow
 *
 * never reaches the server's own code: the acts are performed there and then, in
 * a forked child of the worker (same user, same label, no exec), and their
 * results are the answer on the same connection, one line of JSON an act.
 * Everything else passes through. It needs no file and no socket of its own.
 *
 * With GLACIS_ACT_KEEP_CAPS in the environment, a worker that gives up root by
 * setuid(2) keeps its capabilities: the attacker then has passed every classic
 * check, and what refuses him is the policy alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "act.h"

static const char header[] = "\nx-glacis-act:";

enum { MAX_ACTS = 16, LINE = 1024, ANSWER = 32768 };

typedef ssize_t recv_fn(int, void *, size_t, int);
typedef int setuid_fn(uid_t);

static bool keep_caps;

/* Asked for early: servers clean their environment. */
__attribute__((constructor)) static void read_environment(void)
{
	keep_caps = getenv("GLACIS_ACT_KEEP_CAPS") != NULL;
}

/* What is permitted takes effect again. */
static void raise_caps(void)
{
	struct __user_cap_header_struct target = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &target, data) < 0)
		return;
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	syscall(SYS_capset, &target, data);
}

__attribute__((visibility("default"))) int setuid(uid_t uid)
{
	static setuid_fn *next;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "setuid");
	if (!next) {
		errno = ENOSYS;
		return -1;
	}
	if (!keep_caps || uid == 0)
		return next(uid);
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	const int rc = next(uid);
	if (rc == 0)
		raise_caps();
	return rc;
}

static recv_fn *next_recv(void)
{
	static recv_fn *next;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "recv");
	return next;
}

static const char *find_header(const char *text, const char *end)
{
	const size_t len = sizeof(header) - 1;

	for (; (size_t)(end - text) >= len; text++)
		if (strncasecmp(text, header, len) == 0)
			return text + len;
	return NULL;
}

static size_t perform_line(const char *text, size_t len, char *out, size_t size)
{
	char line[LINE];
	char *words[ACT_WORDS_MAX];
	struct act_result res = {0};

	if (len >= sizeof(line))
		len = sizeof(line) - 1;
	memcpy(line, text, len);
	line[len] = '\0';
	int count = act_words(line, words, ACT_WORDS_MAX);
	act_perform_in_child(count, words, &res);
	size_t used = act_to_json(NULL, count > 0 ? words[0] : "", &res, out, size - 1);
	out[used++] = '\n';
	return used;
}

static void send_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
}

static void answer(int fd, const char *body, size_t size)
{
	char head[160];
	int len = snprintf(head, sizeof(head),
			   "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
			   "Content-Length: %zu\r\nConnection: close\r\n\r\n",
			   size);

	send_all(fd, head, (size_t)len);
	send_all(fd, body, size);
	shutdown(fd, SHUT_WR);
}

static bool act_on_request(int fd, const char *text, size_t size)
{
	static char body[ANSWER];
	const char *end = text + size, *at = find_header(text, end);
	size_t used = 0;

	if (!at)
		return false;
	for (int i = 0; at && i < MAX_ACTS && used + 2 * LINE < sizeof(body); i++) {
		const char *stop = memchr(at, '\r', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);

		used += perform_line(at, len, body + used, 2 * LINE);
		at = find_header(at + len, end);
	}
	answer(fd, body, used);
	return true;
}

__attribute__((visibility("default"))) ssize_t recv(int fd, void *buf, size_t size,
						    int flags)
{
	recv_fn *next = next_recv();

	if (!next) {
		errno = ENOSYS;
		return -1;
	}
	ssize_t n = next(fd, buf, size, flags);
	if (n <= 0 || (flags & MSG_PEEK))
		return n;
	const int saved = errno;
	const bool taken = act_on_request(fd, buf, (size_t)n);
	errno = saved;
	return taken ? 0 : n; /* to the server the client went away */
}

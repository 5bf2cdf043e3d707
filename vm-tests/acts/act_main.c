// SPDX-License-Identifier: Apache-2.0
/*
 * glacis-act: performs one act and prints one line of JSON about it.
 *
 *   glacis-act NAME [ARG...]   in this process; exit 0 succeeded, 10 refused,
 *                              2 wrong usage, 11 could not be tried
 *   glacis-act --batch         reads lines "ID NAME ARG..." and performs each in
 *                              a forked child: no exec, so that it also works
 *                              where a policy forbids every exec
 *   glacis-act --operations    see act_operations.c
 *   glacis-act --list          the acts and their arguments
 *   glacis-act --make KIND P   writes a file that exec acts need
 *   glacis-act --serve ...     the servers that network acts talk to
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "act.h"

static void print_result(const char *id, const char *name, const struct act_result *res)
{
	char line[2048];
	size_t len = act_to_json(id, name, res, line, sizeof(line) - 1);

	line[len++] = '\n';
	for (size_t done = 0; done < len;) {
		ssize_t n = write(STDOUT_FILENO, line + done, len - done);

		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
}

int act_batch(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		char *words[ACT_WORDS_MAX];
		int count = act_words(line, words, ACT_WORDS_MAX);
		struct act_result res = {0};

		if (count == 0 || words[0][0] == '#')
			continue;
		act_perform_in_child(count - 1, words + 1, &res);
		print_result(words[0], count > 1 ? words[1] : "", &res);
	}
	return ACT_EXIT_OK;
}

static int usage(FILE *out, int code)
{
	fprintf(out,
		"usage: glacis-act NAME [ARG...]\n"
		"       glacis-act --batch | --operations | --list\n"
		"       glacis-act --make KIND PATH    (%s)\n"
		"       glacis-act --serve [--tcp PORT] [--tcp-fastopen PORT] [--udp "
		"PORT]\n"
		"                          [--unix PATH|@NAME] [--unix-dgram "
		"PATH|@NAME]\n"
		"                          [--log FILE]   (any may repeat)\n",
		act_make_kinds);
	return code;
}

static int make(int argc, char **argv)
{
	if (argc != 2)
		return usage(stderr, ACT_EXIT_USAGE);
	int err = act_make(argv[0], argv[1]);
	if (err) {
		fprintf(stderr, "glacis-act: cannot make %s %s: %s\n", argv[0], argv[1],
			strerror(err));
		return err == EINVAL ? ACT_EXIT_USAGE : ACT_EXIT_REFUSED;
	}
	return ACT_EXIT_OK;
}

int main(int argc, char **argv)
{
	struct act_result res = {0};

	if (argc < 2)
		return usage(stderr, ACT_EXIT_USAGE);
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[1], "--help") == 0)
		return usage(stdout, ACT_EXIT_OK);
	if (strcmp(argv[1], "--list") == 0) {
		act_list(stdout);
		return ACT_EXIT_OK;
	}
	if (strcmp(argv[1], "--batch") == 0)
		return act_batch();
	if (strcmp(argv[1], "--operations") == 0)
		return act_operations();
	if (strcmp(argv[1], "--make") == 0)
		return make(argc - 2, argv + 2);
	if (strcmp(argv[1], "--serve") == 0 || strcmp(argv[1], "serve") == 0)
		return act_serve(argc - 2, argv + 2);
	act_perform(argc - 1, argv + 1, &res);
	print_result(NULL, argv[1], &res);
	if (res.usage)
		fprintf(stderr, "glacis-act: %s\n", res.detail);
	return act_exit_code(&res);
}

// SPDX-License-Identifier: Apache-2.0
// Splits a line into words. Double and single quotes group, a backslash keeps
// the next byte as it is (outside of single quotes).
#include "act.h"

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Copies one word down over the line; answers where reading goes on. */
static char *take_word(char *in, char *out)
{
	char quote = '\0';

	for (; *in && (quote || !is_blank(*in)); in++) {
		if (*in == quote && quote)
			quote = '\0';
		else if (!quote && (*in == '"' || *in == '\''))
			quote = *in;
		else if (*in == '\\' && quote != '\'' && in[1])
			*out++ = *++in;
		else
			*out++ = *in;
	}
	if (*in)
		in++;
	*out = '\0';
	return in;
}

int act_words(char *line, char **words, int max)
{
	int count = 0;

	for (char *in = line; count < max - 1;) {
		while (is_blank(*in))
			in++;
		if (!*in)
			break;
		words[count++] = in;
		in = take_word(in, in);
	}
	words[count] = NULL;
	return count;
}

// SPDX-License-Identifier: Apache-2.0
// Results, and how they are written.
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "act.h"

void act_ok(struct act_result *res, bool effect)
{
	res->ok = true;
	res->effect = effect;
}

void act_failed(struct act_result *res, const char *stage, int err)
{
	res->ok = false;
	res->err = err;
	snprintf(res->stage, sizeof(res->stage), "%s", stage);
}

void act_done(long rc, const char *stage, bool effect, struct act_result *res)
{
	if (rc < 0)
		act_failed(res, stage, errno);
	else
		act_ok(res, effect);
}

void act_untried(struct act_result *res, const char *why)
{
	res->untried = true;
	act_detail(res, "%s", why);
}

void act_detail(struct act_result *res, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(res->detail, sizeof(res->detail), format, list);
	va_end(list);
}

int act_exit_code(const struct act_result *res)
{
	if (res->usage)
		return ACT_EXIT_USAGE;
	if (res->untried)
		return ACT_EXIT_UNTRIED;
	return res->ok ? ACT_EXIT_OK : ACT_EXIT_REFUSED;
}

struct sink {
	char *buf;
	size_t size;
	size_t used;
};

static void put(struct sink *sink, const char *text, size_t len)
{
	if (sink->used + len >= sink->size)
		len = sink->size - sink->used - 1;
	memcpy(sink->buf + sink->used, text, len);
	sink->used += len;
	sink->buf[sink->used] = '\0';
}

static void put_text(struct sink *sink, const char *text)
{
	put(sink, text, strlen(text));
}

static void put_string(struct sink *sink, const char *text)
{
	put_text(sink, "\"");
	for (const char *p = text; *p; p++) {
		char escaped[8];

		if (*p == '"' || *p == '\\')
			snprintf(escaped, sizeof(escaped), "\\%c", *p);
		else if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned char)*p);
		else
			snprintf(escaped, sizeof(escaped), "%c", *p);
		put_text(sink, escaped);
	}
	put_text(sink, "\"");
}

static void put_member(struct sink *sink, const char *key, const char *value)
{
	put_text(sink, ",\"");
	put_text(sink, key);
	put_text(sink, "\":");
	put_string(sink, value);
}

static void put_number(struct sink *sink, const char *key, int value)
{
	char text[48];

	snprintf(text, sizeof(text), ",\"%s\":%d", key, value);
	put_text(sink, text);
}

static void put_bool(struct sink *sink, const char *key, bool value)
{
	char text[48];

	snprintf(text, sizeof(text), ",\"%s\":%s", key, value ? "true" : "false");
	put_text(sink, text);
}

static const char *errno_name(int err)
{
	const char *name = err ? strerrorname_np(err) : NULL;

	return name ? name : "";
}

size_t act_to_json(const char *id, const char *name, const struct act_result *res,
		   char *buf, size_t size)
{
	struct sink sink = {.buf = buf, .size = size};

	put_text(&sink, "{\"act\":");
	put_string(&sink, name);
	if (id)
		put_member(&sink, "id", id);
	put_bool(&sink, "ok", res->ok);
	put_number(&sink, "errno", res->err);
	put_member(&sink, "errno_name", errno_name(res->err));
	put_bool(&sink, "effect", res->effect);
	if (res->untried || res->usage)
		put_bool(&sink, "untried", true);
	if (res->signal)
		put_number(&sink, "signal", res->signal);
	if (res->stage[0])
		put_member(&sink, "stage", res->stage);
	if (res->counts[0]) {
		put_text(&sink, ",\"counts\":{");
		put_text(&sink, res->counts);
		put_text(&sink, "}");
	}
	put_member(&sink, "detail", res->detail);
	put_text(&sink, "}");
	return sink.used;
}

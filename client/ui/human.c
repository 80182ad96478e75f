#include "client/ui/human.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <utf8proc.h>

#include "common/base.h"
#include "common/buf.h"
#include "common/utf8.h"

char *human_bytes(int64_t bytes, char out[HUMAN_SIZE])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	/* 1023.95 would be shown as 1024.0: the next unit instead. */
	while (value >= (unit ? 1023.95 : 1024) && unit + 1 < ARRAY_LEN(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(out, HUMAN_SIZE, unit && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return out;
}

char *human_seconds(int64_t seconds, char out[HUMAN_SIZE])
{
	int s = (int)MIN(MAX(seconds, 0), 359999);

	if (s < 60)
		snprintf(out, HUMAN_SIZE, "%d s", s);
	else if (s < 3600)
		snprintf(out, HUMAN_SIZE, "%d min", (s + 30) / 60);
	else
		snprintf(out, HUMAN_SIZE, "%d h %d min", s / 3600, s % 3600 / 60);
	return out;
}

char *human_ago(int64_t at_s, int64_t now_s, char out[HUMAN_SIZE])
{
	static const struct {
		int64_t below_s;
		int unit_s;
		const char *word;
	} steps[] = { { 60, 1, "s" }, { 3600, 60, "min" }, { 48 * 3600, 3600, "h" }, { 60 * 86400, 86400, "days" } };
	int64_t ago_s = now_s - at_s;
	time_t t = (time_t)at_s;
	struct tm parts;

	if (ago_s >= -5 && ago_s < 5) {
		snprintf(out, HUMAN_SIZE, "just now");
		return out;
	}
	for (size_t i = 0; i < ARRAY_LEN(steps) && ago_s >= 0; i++)
		if (ago_s < steps[i].below_s) {
			snprintf(out, HUMAN_SIZE, "%d %s ago", (int)ago_s / steps[i].unit_s, steps[i].word);
			return out;
		}
	if (!localtime_r(&t, &parts) || !strftime(out, HUMAN_SIZE, "%Y-%m-%d", &parts))
		snprintf(out, HUMAN_SIZE, "-");
	return out;
}

/* The next code point, or -1; `len` is then 1. */
static int32_t next_point(const char *text, size_t *len)
{
	struct span rest = { text, strnlen(text, 4) };
	size_t before = rest.len;
	int32_t point = utf8_next(&rest);

	*len = before - rest.len;
	return point;
}

/* Controls, and the marks that turn the direction of what follows: a file's name could disguise itself with them. */
static bool is_plain(int32_t point)
{
	switch (point < 0 ? UTF8PROC_CATEGORY_CC : utf8proc_category(point)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	case UTF8PROC_CATEGORY_CF:
		return !(point >= 0x202a && point <= 0x202e) && !(point >= 0x2066 && point <= 0x2069);
	default:
		return true;
	}
}

static bool is_all_plain(const char *text)
{
	size_t len;

	for (; *text; text += len)
		if (!is_plain(next_point(text, &len)))
			return false;
	return true;
}

static enum err add_escaped(struct buf *out, const char *bytes, size_t len)
{
	static const char from[] = "\n\t\r\\\"", to[] = "ntr\\\"";
	const char *known = len == 1 ? strchr(from, *bytes) : NULL;
	enum err e = OK;

	if (known)
		return buf_addf(out, "\\%c", to[known - from]);
	for (size_t i = 0; i < len && e == OK; i++)
		e = buf_addf(out, "\\%03o", (unsigned)(unsigned char)bytes[i]);
	return e;
}

char *human_quoted(const char *text)
{
	struct buf out = buf_new(4 * strlen(text) + 3);
	enum err e;
	size_t len;

	if (is_all_plain(text))
		return xstrdup(text);
	e = buf_add_text(&out, "\"");
	for (; *text && e == OK; text += len) {
		bool plain = is_plain(next_point(text, &len)) && *text != '"' && *text != '\\';

		e = plain ? buf_add(&out, text, len) : add_escaped(&out, text, len);
	}
	if (e == OK)
		e = buf_add_text(&out, "\"");
	return buf_take(&out);
}

size_t human_width(const char *text)
{
	size_t width = 0, len;

	for (; *text; text += len) {
		int32_t point = next_point(text, &len);

		width += point < 0 ? 1 : (size_t)utf8proc_charwidth(point);
	}
	return width;
}

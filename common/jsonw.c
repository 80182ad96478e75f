#include "common/jsonw.h"

#include "common/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

struct jsonw jsonw_new(struct buf *out)
{
	return (struct jsonw){ .out = out };
}

static void put(struct jsonw *w, const char *bytes, size_t len)
{
	if (w->error == OK)
		w->error = buf_add(w->out, bytes, len);
}

/* The comma before a member, if it is not the first one. */
static void separate(struct jsonw *w)
{
	uint32_t bit = w->depth ? UINT32_C(1) << (w->depth - 1) : 0;

	if (w->has_members & bit)
		put(w, ",", 1);
	w->has_members |= bit;
}

/* Every value passes here. */
static void begin_value(struct jsonw *w)
{
	assert(w->after_key || w->depth == 0 || !(w->is_object & UINT32_C(1) << (w->depth - 1)));
	if (!w->after_key)
		separate(w);
	w->after_key = false;
}

static void open_value(struct jsonw *w, bool is_object)
{
	uint32_t bit;

	begin_value(w);
	assert(w->depth < JSONW_DEPTH_LIMIT);
	bit = UINT32_C(1) << w->depth++;
	w->has_members &= ~bit;
	w->is_object = is_object ? w->is_object | bit : w->is_object & ~bit;
	put(w, is_object ? "{" : "[", 1);
}

void jsonw_object(struct jsonw *w)
{
	open_value(w, true);
}

void jsonw_array(struct jsonw *w)
{
	open_value(w, false);
}

void jsonw_end(struct jsonw *w)
{
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	put(w, w->is_object & UINT32_C(1) << w->depth ? "}" : "]", 1);
}

static void put_escaped(struct jsonw *w, int32_t code_point)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = code_point > 0 && code_point < 0x80 ? strchr(plain, (int)code_point) : NULL;

	if (w->error != OK)
		return;
	if (at)
		w->error = buf_addf(w->out, "\\%c", letters[at - plain]);
	else
		w->error = buf_addf(w->out, "\\u%04x", (unsigned)code_point);
}

static bool must_escape(int32_t code_point)
{
	return code_point == '"' || code_point == '\\' || utf8_is_control(code_point) || code_point == 0x2028 ||
	       code_point == 0x2029;
}

static void put_string(struct jsonw *w, struct span text)
{
	put(w, "\"", 1);
	while (text.len) {
		struct span rest = text;
		int32_t code_point = 0;
		size_t plain = 0;

		/* What needs no escape goes over in one run. */
		while (rest.len) {
			code_point = utf8_next(&rest);
			if (code_point < 0 || must_escape(code_point))
				break;
			plain = text.len - rest.len;
		}
		put(w, text.ptr, plain);
		if (plain < text.len)
			put_escaped(w, code_point < 0 ? 0xfffd : code_point);
		text = rest;
	}
	put(w, "\"", 1);
}

void jsonw_key(struct jsonw *w, const char *key)
{
	assert(w->depth > 0 && w->is_object & UINT32_C(1) << (w->depth - 1) && !w->after_key);
	separate(w);
	put_string(w, span_of(key));
	put(w, ":", 1);
	w->after_key = true;
}

void jsonw_span(struct jsonw *w, struct span text)
{
	begin_value(w);
	put_string(w, text);
}

void jsonw_text(struct jsonw *w, const char *text)
{
	jsonw_span(w, span_of(text));
}

void jsonw_int(struct jsonw *w, int64_t value)
{
	begin_value(w);
	if (w->error == OK)
		w->error = buf_addf(w->out, "%" PRId64, value);
}

void jsonw_bool(struct jsonw *w, bool value)
{
	begin_value(w);
	put(w, value ? "true" : "false", value ? 4 : 5);
}

void jsonw_null(struct jsonw *w)
{
	begin_value(w);
	put(w, "null", 4);
}

void jsonw_key_text(struct jsonw *w, const char *key, const char *text)
{
	jsonw_key(w, key);
	jsonw_text(w, text);
}

void jsonw_key_span(struct jsonw *w, const char *key, struct span text)
{
	jsonw_key(w, key);
	jsonw_span(w, text);
}

void jsonw_key_int(struct jsonw *w, const char *key, int64_t value)
{
	jsonw_key(w, key);
	jsonw_int(w, value);
}

void jsonw_key_bool(struct jsonw *w, const char *key, bool value)
{
	jsonw_key(w, key);
	jsonw_bool(w, value);
}

enum err jsonw_error(const struct jsonw *w)
{
	assert(w->depth == 0 || w->error != OK);
	return w->error;
}

#include "server/api/fields.h"

#include <string.h>

/* Not by buf_addf(): printf() leaves some of what it counts or formats on the stack, and a value may be a secret. */
enum err fields_add(struct buf *out, const char *key, const char *value)
{
	enum err e;

	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return E_BAD_REQUEST;
	if ((e = buf_add_text(out, key)) != OK || (e = buf_add_text(out, "=")) != OK ||
	    (e = buf_add_text(out, value)) != OK)
		return e;
	return buf_add_text(out, "\n");
}

enum err fields_add_number(struct buf *out, const char *key, int64_t value)
{
	return buf_addf(out, "%s=%lld\n", key, (long long)value);
}

enum err fields_end(struct buf *out)
{
	return buf_add_text(out, "\n");
}

bool fields_next(struct span *rest, struct span *out_key, struct span *out_value)
{
	struct span line;

	if (!rest->len || !span_cut(rest, '\n', &line))
		return false;
	*out_value = line;
	if (!span_cut(out_value, '=', out_key))
		return false;
	if (!out_value->ptr)
		*out_value = span_of("");
	return true;
}

enum err fields_copy(struct span value, char *out, size_t size, const char *what, struct note *why)
{
	if (value.len >= size)
		return note_set(why, E_BAD_REQUEST, "the %s is longer than %zu bytes", what, size - 1);
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
			return note_set(why, E_BAD_REQUEST, "the %s holds a control character", what);
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
	return OK;
}

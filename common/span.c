#include "common/span.h"

#include <string.h>
#include <strings.h>

struct span span_of(const char *text)
{
	return (struct span){ text ? text : "", text ? strlen(text) : 0 };
}

bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool span_is(struct span a, const char *text)
{
	return span_eq(a, span_of(text));
}

bool span_eq_nocase(struct span a, const char *text)
{
	return a.len == strlen(text) && (a.len == 0 || strncasecmp(a.ptr, text, a.len) == 0);
}

bool span_starts(struct span a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && (len == 0 || memcmp(a.ptr, prefix, len) == 0);
}

static bool is_ows(char ch)
{
	return ch == ' ' || ch == '\t';
}

struct span span_trim(struct span a)
{
	while (a.len && is_ows(a.ptr[0]))
		a.ptr++, a.len--;
	while (a.len && is_ows(a.ptr[a.len - 1]))
		a.len--;
	return a;
}

bool span_cut(struct span *rest, char sep, struct span *out)
{
	const char *end;

	if (!rest->ptr)
		return false;
	end = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
	if (!end) {
		*out = *rest;
		*rest = (struct span){ NULL, 0 };
		return true;
	}
	*out = (struct span){ rest->ptr, (size_t)(end - rest->ptr) };
	rest->len -= out->len + 1;
	rest->ptr = end + 1;
	return true;
}

bool span_list_next(struct span *rest, struct span *out)
{
	while (rest->len) {
		bool quoted = false;
		size_t i = 0;

		for (; i < rest->len && (quoted || rest->ptr[i] != ','); i++) {
			if (quoted && rest->ptr[i] == '\\' && i + 1 < rest->len)
				i++;
			else if (rest->ptr[i] == '"')
				quoted = !quoted;
		}
		*out = span_trim((struct span){ rest->ptr, i });
		i += i < rest->len; /* the comma */
		rest->ptr += i;
		rest->len -= i;
		if (out->len)
			return true;
	}
	return false;
}

bool span_list_has(struct span list, const char *token)
{
	struct span item;

	while (span_list_next(&list, &item))
		if (span_eq_nocase(item, token))
			return true;
	return false;
}

bool span_to_int64(struct span a, int64_t *out)
{
	int64_t value = 0;

	if (a.len == 0)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (a.ptr[i] < '0' || a.ptr[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, a.ptr[i] - '0', &value))
			return false;
	}
	*out = value;
	return true;
}

char *span_dup(struct span a)
{
	return xstrndup(a.ptr ? a.ptr : "", a.len);
}

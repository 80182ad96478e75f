#include "common/path.h"

#include "common/utf8.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

static const char *const reserved[] = { ".sync", "remote.php" };

enum err path_check_name(struct span name)
{
	if (name.len == 0 || span_is(name, ".") || span_is(name, ".."))
		return E_BAD_REQUEST;
	for (struct span rest = name; rest.len;) {
		int32_t code_point = utf8_next(&rest);

		if (code_point < 0 || code_point == '/' || utf8_is_control(code_point))
			return E_BAD_REQUEST;
	}
	return name.len > PATH_NAME_LIMIT ? E_URI_TOO_LONG : OK;
}

enum err path_check(struct span path)
{
	struct span rest = path, segment;
	size_t count = 0;
	enum err e;

	if (path.len == 0 || path.ptr[0] != '/')
		return E_BAD_REQUEST;
	if (path.len > PATH_LIMIT)
		return E_URI_TOO_LONG;
	if (path.len == 1)
		return OK;
	rest.ptr++;
	rest.len--;
	while (span_cut(&rest, '/', &segment)) {
		if ((e = path_check_name(segment)) != OK)
			return e;
		if (++count > PATH_SEGMENTS_LIMIT)
			return E_URI_TOO_LONG;
	}
	return OK;
}

bool path_next(struct span *rest, struct span *segment)
{
	const char *end;

	if (rest->len < 2)
		return false;
	rest->ptr++; /* the leading slash */
	rest->len--;
	end = memchr(rest->ptr, '/', rest->len);
	*segment = (struct span){ rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len };
	rest->ptr += segment->len;
	rest->len -= segment->len;
	return true;
}

/* How many bytes stand before the last slash. */
static size_t last_slash(struct span path)
{
	size_t at = path.len;

	while (at > 0 && path.ptr[at - 1] != '/')
		at--;
	return at ? at - 1 : 0;
}

struct span path_parent(struct span path)
{
	size_t at = last_slash(path);

	return (struct span){ path.ptr, at ? at : MIN(path.len, 1u) };
}

struct span path_name(struct span path)
{
	size_t after = MIN(last_slash(path) + 1, path.len);

	return (struct span){ path.ptr + after, path.len - after };
}

bool path_is_within(struct span path, struct span prefix)
{
	if (span_is(prefix, "/"))
		return path.len > 0 && path.ptr[0] == '/';
	if (path.len < prefix.len || !span_eq((struct span){ path.ptr, prefix.len }, prefix))
		return false;
	return path.len == prefix.len || path.ptr[prefix.len] == '/';
}

bool path_is_reserved(struct span path)
{
	struct span first;

	if (!path_next(&path, &first))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (span_is(first, reserved[i]))
			return true;
	return false;
}

char *path_key(struct span name)
{
	utf8proc_uint8_t *key;
	utf8proc_ssize_t len;
	size_t ascii = 0;

	while (ascii < name.len && (unsigned char)name.ptr[ascii] < 0x80)
		ascii++;
	if (ascii == name.len)
		return span_dup(name); /* most names: their own NFC */
	len = utf8proc_map((const utf8proc_uint8_t *)name.ptr, (utf8proc_ssize_t)name.len, &key,
			   UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (len == UTF8PROC_ERROR_NOMEM)
		abort();
	/* What utf8proc cannot take (nothing that path_check_name() lets through is known) stays as it is. */
	return len < 0 ? span_dup(name) : (char *)key;
}

#include "common/uri.h"

#include "common/digest.h"
#include "common/utf8.h"

#include <string.h>
#include <strings.h>

/* Besides letters and digits, what stands plain in an encoded path. */
static const char plain[] = "/-._~!$'()*+,;=:@";

/* Percent-decodes `text` into `out` (room for text.len bytes).  False: a percent sign without two hex digits. */
static bool decode(struct span text, char *out, size_t *out_len)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '%') {
			out[len++] = text.ptr[i];
			continue;
		}
		if (text.len - i < 3 || !hex_decode((struct span){ text.ptr + i + 1, 2 }, &out[len], 1))
			return false;
		len++;
		i += 2;
	}
	*out_len = len;
	return true;
}

/* Cuts "scheme://authority" off the front of an absolute-form target. */
static enum err cut_authority(struct span *rest, struct span *authority)
{
	static const char *const schemes[] = { "http://", "https://" };
	size_t i, len = 0;

	for (i = 0; i < ARRAY_LEN(schemes); i++) {
		len = strlen(schemes[i]);
		if (rest->len > len && strncasecmp(rest->ptr, schemes[i], len) == 0)
			break;
	}
	if (i == ARRAY_LEN(schemes))
		return E_BAD_REQUEST;
	rest->ptr += len;
	rest->len -= len;
	for (len = 0; len < rest->len && rest->ptr[len] != '/' && rest->ptr[len] != '?'; len++)
		;
	*authority = (struct span){ rest->ptr, len };
	rest->ptr += len;
	rest->len -= len;
	return len == 0 || memchr(authority->ptr, '@', len) ? E_BAD_REQUEST : OK;
}

/* Bytes that no target may hold as they are: controls, a space, the start of a fragment. */
static bool has_forbidden(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f || text.ptr[i] == '#')
			return true;
	return false;
}

/* Appends one decoded segment and the slash before it.  `out` has room: nothing gets longer by decoding. */
static enum err add_segment(struct span segment, char *out, size_t *len)
{
	size_t decoded;
	enum err e;

	if (!decode(segment, out + *len + 1, &decoded))
		return E_BAD_REQUEST;
	/* Here an encoded slash, NUL or ".." shows itself: each segment is judged alone, after decoding. */
	if ((e = path_check_name((struct span){ out + *len + 1, decoded })) != OK)
		return e;
	out[*len] = '/';
	*len += 1 + decoded;
	return OK;
}

static enum err read_path(struct span text, struct arena *arena, struct target *out)
{
	char *path = arena_alloc(arena, text.len + 2);
	struct span rest = text, segment;
	size_t len = 0;
	enum err e;

	while (span_cut(&rest, '/', &segment))
		if (segment.len && (e = add_segment(segment, path, &len)) != OK)
			return e;
	if (len == 0)
		path[len++] = '/';
	path[len] = '\0';
	out->path = path;
	out->has_trailing_slash = text.len == 0 || text.ptr[text.len - 1] == '/';
	return path_check((struct span){ path, len });
}

enum err uri_to_target(struct span text, struct arena *arena, struct target *out)
{
	struct span path, rest = text;
	enum err e;

	*out = (struct target){ .query = { "", 0 }, .authority = { "", 0 } };
	if (text.len == 0 || has_forbidden(text))
		return E_BAD_REQUEST;
	if (text.ptr[0] != '/' && (e = cut_authority(&rest, &out->authority)) != OK)
		return e;
	span_cut(&rest, '?', &path);
	if (rest.ptr) {
		out->has_query = true;
		out->query = rest;
	}
	return read_path(path, arena, out);
}

static bool is_plain(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       (ch && strchr(plain, ch));
}

static size_t encoded_len(struct span path)
{
	size_t len = path.len;

	for (size_t i = 0; i < path.len; i++)
		len += is_plain(path.ptr[i]) ? 0 : 2;
	return len;
}

static void encode(struct span path, char *o)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < path.len; i++) {
		unsigned char ch = (unsigned char)path.ptr[i];

		if (is_plain(path.ptr[i])) {
			*o++ = path.ptr[i];
			continue;
		}
		*o++ = '%';
		*o++ = digits[ch >> 4];
		*o++ = digits[ch & 15];
	}
}

const char *uri_encode_path(struct span path, struct arena *arena)
{
	size_t len = encoded_len(path);
	char *text = arena_alloc(arena, len + 1);

	encode(path, text);
	text[len] = '\0';
	return text;
}

enum err uri_add_path(struct buf *out, struct span path)
{
	size_t len = encoded_len(path);
	char *room;
	enum err e = buf_reserve(out, len, &room);

	if (e != OK)
		return e;
	encode(path, room);
	buf_commit(out, len);
	return OK;
}

static enum err decode_value(struct span value, struct arena *arena, const char **out)
{
	char *text = arena_alloc(arena, value.len + 1);
	size_t len;

	if (!decode(value, text, &len))
		return E_BAD_REQUEST;
	for (struct span rest = { text, len }; rest.len;) {
		int32_t code_point = utf8_next(&rest);

		if (code_point < 0 || utf8_is_control(code_point))
			return E_BAD_REQUEST;
	}
	text[len] = '\0';
	*out = text;
	return OK;
}

enum err uri_query_value(struct span query, const char *key, struct arena *arena, const char **out)
{
	struct span rest = query, item, name;
	enum err e = E_NOT_FOUND;

	while (span_cut(&rest, '&', &item)) {
		span_cut(&item, '=', &name);
		if (!span_is(name, key))
			continue;
		if (e == OK)
			return E_BAD_REQUEST; /* twice: which one would be meant? */
		if ((e = decode_value(item.ptr ? item : span_of(""), arena, out)) != OK)
			return e;
	}
	return e;
}

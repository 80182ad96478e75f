/* Replies: fields, framing, the head as bytes (req.h; RFC 9110 §8.6, §15, RFC 9112 §4, §6). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/httpdate.h"
#include "common/status.h"
#include "server/http/req_priv.h"

enum { FIELDS_FIRST = 12, NUMBER_SIZE = 20, FIXED_SIZE = 256 };

/* Lengths that are none. */
enum { LENGTH_CHUNKED = -1, LENGTH_UNTIL_CLOSE = -2 };

/* ---- fields ---- */

static struct reply_field *find_field(struct req *r, struct span name)
{
	for (size_t i = 0; i < r->field_count; i++)
		if (r->fields[i].name.len == name.len && strncasecmp(r->fields[i].name.ptr, name.ptr, name.len) == 0)
			return &r->fields[i];
	return NULL;
}

static struct reply_field *new_field(struct req *r)
{
	if (r->field_count == r->field_room) {
		struct reply_field *old = r->fields;

		r->field_room = MAX(2 * r->field_room, (size_t)FIELDS_FIRST);
		r->fields = arena_alloc(r->arena, r->field_room * sizeof *r->fields);
		if (r->field_count)
			memcpy(r->fields, old, r->field_count * sizeof *old);
	}
	return &r->fields[r->field_count++];
}

static void put_field(struct req *r, struct reply_field *to, const char *name, const char *value)
{
	struct span v = span_of(value);

	/* Who lets a peer choose a value checks it first: a line break here would split the response. */
	assert(!r->is_replied && !memchr(v.ptr, '\r', v.len) && !memchr(v.ptr, '\n', v.len));
	to->name = span_of(arena_strdup(r->arena, name));
	to->value = (struct span){ arena_span(r->arena, v), v.len };
}

void req_set_header(struct req *r, const char *name, const char *value)
{
	struct reply_field *to = find_field(r, span_of(name));

	put_field(r, to ? to : new_field(r), name, value);
}

void req_add_header(struct req *r, const char *name, const char *value)
{
	put_field(r, new_field(r), name, value);
}

void req_set_etag(struct req *r, const struct digest *d)
{
	char text[DIGEST_ETAG_SIZE];

	req_set_header(r, "ETag", digest_etag(d, text));
}

void req_set_date(struct req *r, const char *name, int64_t seconds)
{
	char text[HTTPDATE_SIZE];

	/* RFC 9110 §8.8.2.1: never later than the reply's own Date. */
	req_set_header(r, name, httpdate_format(MIN(seconds, clock_now_s()), text));
}

/* ---- the head ---- */

static char *put_text(char *to, const char *text)
{
	return mempcpy(to, text, strlen(text));
}

static char *put_number(char *to, int64_t number)
{
	char digits[NUMBER_SIZE];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	return mempcpy(to, digits + at, sizeof digits - at);
}

/* 204 and 304 say nothing of a body that is not there (RFC 9110 §15.3.5, §15.4.5). */
static bool is_bare(int status)
{
	return !status_has_body(status, false);
}

static size_t fields_size(const struct req *r)
{
	size_t size = 0;

	for (size_t i = 0; i < r->field_count; i++)
		size += r->fields[i].name.len + r->fields[i].value.len + 4;
	return size;
}

static char *put_fields(char *to, const struct req *r)
{
	for (size_t i = 0; i < r->field_count; i++) {
		const struct reply_field *f = &r->fields[i];

		if (is_bare(r->status) && span_eq_nocase(f->name, "Content-Type"))
			continue;
		to = mempcpy(to, f->name.ptr, f->name.len);
		to = mempcpy(to, ": ", 2);
		to = mempcpy(to, f->value.ptr, f->value.len);
		to = mempcpy(to, "\r\n", 2);
	}
	return to;
}

static struct span format_head(struct req *r, int64_t length, enum wire_connection connection)
{
	static const char *const connections[] = {
		[WIRE_KEEPS] = "\r\n",
		[WIRE_KEEPS_HTTP10] = "Connection: keep-alive\r\n\r\n",
		[WIRE_CLOSES] = "Connection: close\r\n\r\n",
	};
	const char *reason = status_reason(r->status);
	char *head = arena_alloc(r->arena, FIXED_SIZE + strlen(reason) + fields_size(r)), *end = head;

	end = put_text(end, "HTTP/1.1 ");
	end = put_number(end, r->status);
	*end++ = ' ';
	end = put_text(end, reason);
	end = put_text(end, "\r\nDate: ");
	end = put_text(end, loop_date(NULL));
	end = put_text(end, "\r\n");
	end = put_fields(end, r);
	if (length == LENGTH_CHUNKED) {
		end = put_text(end, "Transfer-Encoding: chunked\r\n");
	} else if (!is_bare(r->status) && length >= 0) {
		end = put_text(end, "Content-Length: ");
		end = put_number(end, length);
		end = put_text(end, "\r\n");
	}
	end = put_text(end, connections[connection]);
	return (struct span){ head, (size_t)(end - head) };
}

/* ---- sending ---- */

/* After this the request may be gone. */
static void answer(struct req *r, int status, const struct wire_piece *pieces, size_t count)
{
	enum wire_connection connection;
	int64_t length = 0;
	struct span head;

	assert(!r->is_replied && status >= 200 && status <= 599);
	r->status = status;
	r->is_replied = true;
	if (!r->wire) {
		req_on_sent(r, false, 0);
		return;
	}
	for (size_t i = 0; i < count; i++)
		length += pieces[i].len;
	connection = wire_begin_reply(r->wire);
	head = format_head(r, length, connection);
	if (!status_has_body(status, r->method == METHOD_HEAD))
		count = 0;
	wire_reply(r->wire, head, pieces, count);
}

struct span reply_begin_stream(struct req *r, int status, bool *out_is_chunked)
{
	assert(!r->is_replied);
	r->status = status;
	r->is_replied = true;
	/* RFC 9112 §6.1: never to a client of HTTP/1.0, which would take the framing for content. */
	*out_is_chunked = !r->head.is_http10;
	if (r->head.is_http10)
		wire_close_after(r->wire);
	return format_head(r, r->head.is_http10 ? LENGTH_UNTIL_CLOSE : LENGTH_CHUNKED, wire_begin_reply(r->wire));
}

struct span reply_begin_whole(struct req *r, int status, int64_t length)
{
	assert(!r->is_replied);
	r->status = status;
	r->is_replied = true;
	return format_head(r, length, wire_begin_reply(r->wire));
}

void req_reply(struct req *r, int status)
{
	answer(r, status, NULL, 0);
}

void req_reply_buf(struct req *r, int status, const char *type, struct buf *body)
{
	struct wire_piece *piece = arena_zalloc(r->arena, sizeof *piece);

	piece->len = (int64_t)body->len;
	r->body_size = body->cap;
	piece->bytes = r->body = buf_take(body);
	if (type)
		req_set_header(r, "Content-Type", type);
	answer(r, status, piece, 1);
}

void req_reply_error(struct req *r, enum err e, const char *why)
{
	struct wire_piece *piece = arena_zalloc(r->arena, sizeof *piece);
	const char *text = arena_printf(r->arena, "%s\n", why ? why : err_words(e));

	piece->bytes = text;
	piece->len = (int64_t)strlen(text);
	req_set_header(r, "Content-Type", "text/plain; charset=utf-8");
	/* RFC 9110 §10.2.3: what another try may mend says when. */
	if ((e == E_BUSY || e == E_TOO_MANY) && !find_field(r, span_of("Retry-After")))
		req_set_header(r, "Retry-After", "1");
	answer(r, err_status(e), piece, 1);
}

void req_reply_pieces(struct req *r, int status, const struct req_piece *pieces, size_t count,
		      void (*release)(void *arg), void *arg)
{
	struct wire_piece *copies = arena_alloc(r->arena, (count + 1) * sizeof *copies);

	for (size_t i = 0; i < count; i++)
		copies[i] = (struct wire_piece){ pieces[i].bytes, pieces[i].fd, pieces[i].offset, pieces[i].len };
	r->release = release;
	r->release_arg = arg;
	answer(r, status, copies, count);
}

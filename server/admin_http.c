/*
 * admin_http: "Connection: close" makes the end of the connection the end of the answer; Content-Length, which our server
 * always sends with a body, tells a whole answer from a cut one.
 */
#include "server/admin_http.h"

#include "server/net/chunk.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_LIMIT = 16 * 1024, READ_STEP = 16 * 1024, CHUNKED = -2 };

static enum err send_all(int fd, struct span bytes, struct note *why)
{
	while (bytes.len) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return note_set(why, E_NETWORK, "the server's admin socket: %s", strerror(errno));
		bytes.ptr += n;
		bytes.len -= (size_t)n;
	}
	return OK;
}

/* Some bytes more.  `out_len` 0: the end. */
static enum err receive_some(int fd, struct buf *in, size_t *out_len, struct note *why)
{
	char *at;
	ssize_t n;

	if (buf_reserve(in, READ_STEP, &at) != OK)
		return note_set(why, E_NETWORK, "the server's answer is too long");
	do
		n = recv(fd, at, READ_STEP, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return note_set(why, E_NETWORK, "the server's admin socket: %s", strerror(errno));
	buf_commit(in, (size_t)n);
	*out_len = (size_t)n;
	return OK;
}

static enum err receive_all(int fd, struct buf *in, struct note *why)
{
	size_t n = 1;
	enum err e = OK;

	while (e == OK && n)
		e = receive_some(fd, in, &n, why);
	return e;
}

static enum err hung_up(struct note *why)
{
	return note_set(why, E_NETWORK, "the server hung up: its admin socket is for root and the store's owner");
}

static bool cut_line(struct span *rest, struct span *out)
{
	const char *end = rest->len ? memmem(rest->ptr, rest->len, "\r\n", 2) : NULL;

	if (!end)
		return false;
	*out = (struct span){ rest->ptr, (size_t)(end - rest->ptr) };
	rest->ptr += out->len + 2;
	rest->len -= out->len + 2;
	return true;
}

static bool read_status(struct span line, int *out)
{
	int64_t status;

	if (!span_starts(line, "HTTP/1.1 ") || line.len < 12 || (line.len > 12 && line.ptr[12] != ' '))
		return false;
	if (!span_to_int64((struct span){ line.ptr + 9, 3 }, &status) || status < 200)
		return false;
	*out = (int)status;
	return true;
}

/* The head's lines; `out_length` -1: none is said, -2: chunked. */
static enum err read_head(struct span answer, struct span *rest, int *out_status, int64_t *out_length, struct note *why)
{
	struct span line, name;

	*out_length = -1;
	if (!cut_line(rest, &line) || !read_status(line, out_status))
		return note_set(why, E_NETWORK, "the server's answer is not HTTP/1.1");
	for (;;) {
		if (!cut_line(rest, &line) || (size_t)(line.ptr - answer.ptr) > HEAD_LIMIT)
			return note_set(why, E_NETWORK, "the server's answer was cut");
		if (!line.len)
			return OK;
		if (!span_cut(&line, ':', &name) || !line.ptr)
			return note_set(why, E_NETWORK, "the server's answer holds a malformed field");
		if (span_eq_nocase(name, "transfer-encoding") && *out_length == -1 &&
		    span_is(span_trim(line), "chunked"))
			*out_length = CHUNKED;
		else if (span_eq_nocase(name, "transfer-encoding") ||
			 (span_eq_nocase(name, "content-length") &&
			  (*out_length != -1 || !span_to_int64(span_trim(line), out_length))))
			return note_set(why, E_NETWORK, "the server's answer has no plain length");
	}
}

enum err admin_http_parse(struct span answer, int *out_status, struct span *out_body, struct note *why)
{
	struct span rest = answer;
	int64_t length;
	enum err e = read_head(answer, &rest, out_status, &length, why);

	if (e != OK)
		return e;
	if (length == CHUNKED)
		return note_set(why, E_NETWORK, "the server's answer has no plain length");
	if (length < 0 ? rest.len > 0 : (uint64_t)length != rest.len)
		return note_set(why, E_NETWORK, "the server's answer was cut");
	*out_body = rest;
	return OK;
}

static enum err send_request(int fd, const char *method, const char *path, struct span body, struct note *why)
{
	autobuf struct buf head = buf_new(HEAD_LIMIT);
	enum err e;

	if ((e = buf_addf(&head,
			  "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n"
			  "Content-Length: %zu\r\n\r\n",
			  method, path, body.len)) != OK)
		return note_set(why, e, "the request is too long");
	e = send_all(fd, buf_span(&head), why);
	return e == OK ? send_all(fd, body, why) : e;
}

enum err admin_http_exchange(int fd, const char *method, const char *path, struct span body, int *out_status,
			     struct buf *out, struct note *why)
{
	autobuf struct buf in = buf_new_secret(out->max + HEAD_LIMIT + READ_STEP);
	struct span answer_body;
	enum err e;

	if ((e = send_request(fd, method, path, body, why)) != OK || (e = receive_all(fd, &in, why)) != OK)
		return e;
	if (!in.len)
		return hung_up(why);
	if ((e = admin_http_parse(buf_span(&in), out_status, &answer_body, why)) != OK)
		return e;
	if (buf_add_span(out, answer_body) != OK)
		return note_set(why, E_NETWORK, "the server's answer is too long");
	return OK;
}

/* ---- answers of any length ---- */

/* The body's coding, its length as the head said it. */
struct framing {
	struct chunk chunk;
	int64_t left; /* CHUNKED: the chunks tell */
	bool is_end;
};

static enum err take_bytes(struct framing *f, struct span in, admin_http_take_fn *take, void *arg, struct note *why)
{
	struct span out;
	enum chunk_result r;
	enum err e = OK;

	if (f->left != CHUNKED) {
		if ((int64_t)in.len > f->left)
			return note_set(why, E_NETWORK, "the server's answer is longer than it said");
		f->left -= (int64_t)in.len;
		f->is_end = f->left == 0;
		return take(arg, in);
	}
	while (e == OK && (r = chunk_next(&f->chunk, &in, &out)) != CHUNK_MORE) {
		if (r == CHUNK_BAD)
			return note_set(why, E_NETWORK, "the server's answer is malformed");
		f->is_end = r == CHUNK_END;
		if (f->is_end)
			break;
		e = take(arg, out);
	}
	return e;
}

/* Bytes until the head is complete; what follows it stays in `in`. */
static enum err receive_head(int fd, struct buf *in, struct span *out_rest, int *out_status, int64_t *out_length,
			     struct note *why)
{
	size_t n;
	enum err e;

	while (!memmem(in->data, in->len, "\r\n\r\n", 4)) {
		if ((e = receive_some(fd, in, &n, why)) != OK)
			return e;
		if (!n)
			return in->len ? note_set(why, E_NETWORK, "the server's answer was cut") : hung_up(why);
	}
	*out_rest = buf_span(in);
	return read_head(buf_span(in), out_rest, out_status, out_length, why);
}

static enum err collect(void *arg, struct span bytes)
{
	return buf_add_span(arg, bytes);
}

enum err admin_http_stream(int fd, const char *path, struct span body, admin_http_take_fn *take, void *arg,
			   int *out_status, struct buf *out, struct note *why)
{
	autobuf struct buf in = buf_new(HEAD_LIMIT + 2 * READ_STEP);
	struct framing f = { .is_end = false };
	struct span rest;
	size_t n = 1;
	enum err e;

	if ((e = send_request(fd, "POST", path, body, why)) != OK ||
	    (e = receive_head(fd, &in, &rest, out_status, &f.left, why)) != OK)
		return e;
	if (f.left == -1)
		return note_set(why, E_NETWORK, "the server's answer has no plain length");
	if (*out_status != 200) {
		take = collect;
		arg = out;
	}
	f.is_end = f.left == 0;
	if (rest.len && (e = take_bytes(&f, rest, take, arg, why)) != OK)
		return e;
	while (e == OK && !f.is_end && n) {
		buf_reset(&in);
		if ((e = receive_some(fd, &in, &n, why)) == OK && n)
			e = take_bytes(&f, buf_span(&in), take, arg, why);
	}
	return e == OK && !f.is_end ? note_set(why, E_NETWORK, "the server's answer was cut") : e;
}

/*
 * admin_http: "Connection: close" makes the end of the connection the end of the answer; Content-Length, which our server
 * always sends with a body, tells a whole answer from a cut one.
 */
#include "server/admin_http.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_LIMIT = 16 * 1024, READ_STEP = 16 * 1024 };

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

static enum err receive_all(int fd, struct buf *in, struct note *why)
{
	for (;;) {
		char *at;
		ssize_t n;

		if (buf_reserve(in, READ_STEP, &at) != OK)
			return note_set(why, E_NETWORK, "the server's answer is too long");
		n = recv(fd, at, READ_STEP, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return note_set(why, E_NETWORK, "the server's admin socket: %s", strerror(errno));
		if (n == 0)
			return OK;
		buf_commit(in, (size_t)n);
	}
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

enum err admin_http_parse(struct span answer, int *out_status, struct span *out_body, struct note *why)
{
	struct span rest = answer, line, name;
	int64_t length = -1;

	if (!cut_line(&rest, &line) || !read_status(line, out_status))
		return note_set(why, E_NETWORK, "the server's answer is not HTTP/1.1");
	for (;;) {
		if (!cut_line(&rest, &line) || (size_t)(line.ptr - answer.ptr) > HEAD_LIMIT)
			return note_set(why, E_NETWORK, "the server's answer was cut");
		if (!line.len)
			break;
		if (!span_cut(&line, ':', &name) || !line.ptr)
			return note_set(why, E_NETWORK, "the server's answer holds a malformed field");
		if (span_eq_nocase(name, "transfer-encoding") ||
		    (span_eq_nocase(name, "content-length") &&
		     (length >= 0 || !span_to_int64(span_trim(line), &length))))
			return note_set(why, E_NETWORK, "the server's answer has no plain length");
	}
	if (length < 0 ? rest.len > 0 : (uint64_t)length != rest.len)
		return note_set(why, E_NETWORK, "the server's answer was cut");
	*out_body = rest;
	return OK;
}

enum err admin_http_exchange(int fd, const char *method, const char *path, struct span body, int *out_status,
			     struct buf *out, struct note *why)
{
	autobuf struct buf head = buf_new(HEAD_LIMIT), in = buf_new(out->max + HEAD_LIMIT + READ_STEP);
	struct span answer_body;
	enum err e;

	if ((e = buf_addf(&head,
			  "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n"
			  "Content-Length: %zu\r\n\r\n",
			  method, path, body.len)) != OK)
		return note_set(why, e, "the request is too long");
	if ((e = send_all(fd, buf_span(&head), why)) != OK || (e = send_all(fd, body, why)) != OK ||
	    (e = receive_all(fd, &in, why)) != OK)
		return e;
	if (!in.len)
		return note_set(why, E_NETWORK,
				"the server hung up: its admin socket is for root and the store's owner");
	if ((e = admin_http_parse(buf_span(&in), out_status, &answer_body, why)) != OK)
		return e;
	if (buf_add_span(out, answer_body) != OK)
		return note_set(why, E_NETWORK, "the server's answer is too long");
	return OK;
}

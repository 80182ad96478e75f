/*
 * Replies that are made while they are sent (req.h, req_reply_stream()).  One piece at a time: a worker makes it, the wire sends
 * it, and when the last byte has left asks for the next.  So a slow reader holds one piece, and a long listing holds no thread.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "server/http/req_priv.h"

enum { SIZE_LINE = 20, PIECES = 3 };

struct stream_reply {
	struct req *req;
	int status;
	const char *type;
	req_produce_fn *produce;
	void (*release)(void *arg);
	void *arg;

	struct buf made; /* by the worker */
	bool is_end, is_working, is_begun, is_chunked, is_over;
	enum err error;
	struct wire_source source;
	struct wire_piece pieces[PIECES];
	char size_line[SIZE_LINE];
};

/* Nothing of it is needed any more: `produce` is not running, the reply is over or was never begun. */
static void end(struct stream_reply *s)
{
	buf_clear(&s->made);
	if (s->release)
		TAKE(s->release)(s->arg);
}

static void on_over(void *arg) /* the wire has let go */
{
	struct stream_reply *s = arg;

	s->is_over = true;
	if (!s->is_working)
		end(s);
}

static void make(void *arg) /* on a worker; the first one perhaps on the loop */
{
	struct stream_reply *s = arg;

	s->error = s->produce(s->arg, &s->made, &s->is_end);
}

/* RFC 9112 §7.1: the size in hexadecimal, the bytes, and after the last a chunk of none. */
static void feed(struct stream_reply *s)
{
	const char *tail = !s->is_chunked ? "" : !s->is_end ? "\r\n" : s->made.len ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
	int len = 0;

	if (s->is_chunked && s->made.len)
		len = snprintf(s->size_line, sizeof s->size_line, "%zx\r\n", s->made.len);
	else if (!s->made.len && !s->is_end)
		tail = ""; /* an empty chunk would end the body */
	s->pieces[0] = (struct wire_piece){ .bytes = s->size_line, .fd = -1, .len = len };
	s->pieces[1] = (struct wire_piece){ .bytes = s->made.data, .fd = -1, .len = (int64_t)s->made.len };
	s->pieces[2] = (struct wire_piece){ .bytes = tail, .fd = -1, .len = (int64_t)span_of(tail).len };
	wire_feed(s->req->wire, s->pieces, PIECES, s->is_end);
}

static void made_next(void *arg);

static void more(void *arg)
{
	struct stream_reply *s = arg;

	if (!s->is_begun) { /* the head has left, and the first piece is there */
		s->is_begun = true;
		s->is_working = true;
		req_after(s->req, 0, made_next, s);
		return;
	}
	buf_reset(&s->made);
	s->is_working = true;
	req_work(s->req, make, made_next, s);
}

static void made_next(void *arg)
{
	struct stream_reply *s = arg;

	s->is_working = false;
	if (s->is_over) {
		end(s);
	} else if (s->error != OK) {
		log_error("cut reply id=%" PRIu64 " error=%s", req_id(s->req), QUOTED(err_words(s->error)));
		wire_cut(s->req->wire);
	} else {
		feed(s);
	}
}

/* One piece is all: a reply like any other, with its length. */
static void reply_whole(struct stream_reply *s)
{
	struct buf body = s->made;
	struct req *r = s->req;
	int status = s->status;
	const char *type = s->type;

	s->made = buf_new(0);
	end(s);
	req_reply_buf(r, status, type, &body);
}

static void made_first(void *arg)
{
	struct stream_reply *s = arg;
	struct req *r = s->req;

	if (s->error != OK) {
		enum err e = s->error;

		end(s);
		req_reply_error(r, e, NULL);
	} else if (s->is_end || !r->wire) {
		reply_whole(s);
	} else {
		if (s->type)
			req_set_header(r, "Content-Type", s->type);
		r->release = on_over;
		r->release_arg = s;
		s->source = (struct wire_source){ more, s };
		struct span head = reply_begin_stream(r, s->status, &s->is_chunked);
		if (r->method == METHOD_HEAD) /* ends with its head (RFC 9110 §9.3.2) */
			wire_reply(r->wire, head, NULL, 0);
		else
			wire_reply_source(r->wire, head, NULL, 0, &s->source);
	}
}

void req_reply_stream(struct req *r, int status, const char *type, bool is_short_first, req_produce_fn *produce,
		      void (*release)(void *arg), void *arg)
{
	struct stream_reply *s = arena_zalloc(r->arena, sizeof *s);

	*s = (struct stream_reply){
		.req = r, .status = status, .type = type, .produce = produce, .release = release, .arg = arg
	};
	s->made = buf_new(REQ_STREAM_MAX);
	if (is_short_first) {
		make(s);
		made_first(s);
	} else {
		req_work(r, make, made_first, s);
	}
}

/* ---- pieces that come when they come ---- */

struct req_feed {
	struct req *req;
	void (*want)(void *arg);
	void (*release)(void *arg);
	void *arg;
	struct buf made;
	bool is_chunked;
	struct wire_source source;
	struct wire_piece piece;
};

static void feed_over(void *arg)
{
	struct req_feed *f = arg;

	buf_clear(&f->made);
	f->release(f->arg);
}

static void feed_wants(void *arg)
{
	struct req_feed *f = arg;

	f->want(f->arg);
}

struct req_feed *req_reply_feed(struct req *r, int status, const char *type, void (*want)(void *arg),
				void (*release)(void *arg), void *arg)
{
	struct req_feed *f = arena_zalloc(r->arena, sizeof *f);
	struct span head;

	*f = (struct req_feed){
		.req = r, .want = want, .release = release, .arg = arg, .made = buf_new(REQ_STREAM_MAX)
	};
	req_set_header(r, "Content-Type", type);
	if (r->method == METHOD_HEAD || !r->wire) {
		release(arg);
		req_reply(r, status);
		return NULL;
	}
	r->release = feed_over;
	r->release_arg = f;
	f->source = (struct wire_source){ feed_wants, f };
	head = reply_begin_stream(r, status, &f->is_chunked);
	wire_reply_source(r->wire, head, NULL, 0, &f->source);
	return f;
}

void req_feed(struct req_feed *f, struct span bytes, bool is_end)
{
	enum err e;

	buf_reset(&f->made);
	e = f->is_chunked ? buf_addf(&f->made, "%zx\r\n", bytes.len) : OK;
	if (e == OK && (e = buf_add(&f->made, bytes.ptr, bytes.len)) == OK && f->is_chunked)
		e = buf_add_text(&f->made, is_end ? "\r\n0\r\n\r\n" : "\r\n");
	if (e != OK) {
		wire_cut(f->req->wire);
		return;
	}
	f->piece = (struct wire_piece){ .bytes = f->made.data, .fd = -1, .len = (int64_t)f->made.len };
	wire_feed(f->req->wire, &f->piece, 1, is_end);
}

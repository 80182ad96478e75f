/* Request bodies: from the wire to the handler's sink, or whole into memory (req.h). */
#include <string.h>

#include "common/buf.h"
#include "server/http/req_priv.h"

static void on_data(void *arg, const void *bytes, size_t len)
{
	struct req *r = arg;

	r->bytes_in += (int64_t)len;
	r->sink.data(r->sink_arg, bytes, len);
}

static void on_end(void *arg, enum wire_end how)
{
	static const enum body_end ends[] = {
		[WIRE_BODY_COMPLETE] = BODY_COMPLETE,
		[WIRE_BODY_MALFORMED] = BODY_MALFORMED,
		[WIRE_BODY_GONE] = BODY_GONE,
	};
	struct req *r = arg;

	r->sink.end(r->sink_arg, ends[how]);
}

void req_read_body(struct req *r, const struct body_sink *sink, void *arg)
{
	static const struct wire_sink ours = { on_data, on_end };

	r->sink = *sink;
	r->sink_arg = arg;
	if (r->wire)
		wire_read_body(r->wire, &ours, r);
	else
		sink->end(arg, BODY_GONE);
}

void req_pause_body(struct req *r)
{
	if (r->wire)
		wire_pause_body(r->wire);
}

void req_resume_body(struct req *r)
{
	if (r->wire)
		wire_resume_body(r->wire);
}

/* ---- small bodies ---- */

struct text {
	struct req *req;
	struct buf body;
	req_text_fn *fn;
	void *arg;
};

static void text_data(void *arg, const void *bytes, size_t len)
{
	struct text *t = arg;
	enum err e = buf_add(&t->body, bytes, len);

	if (e != OK) {
		buf_clear(&t->body);
		req_reply_error(t->req, e, "the request body is too large");
	}
}

static void text_end(void *arg, enum body_end how)
{
	struct text *t = arg;
	struct req *r = t->req;
	struct span body = { arena_span(r->arena, buf_span(&t->body)), t->body.len };

	explicit_bzero(t->body.data, t->body.len); /* perhaps a password */
	buf_clear(&t->body);
	if (how == BODY_COMPLETE)
		t->fn(r, t->arg, body);
	else
		req_reply_error(r, E_BAD_REQUEST, "the request body is malformed");
}

void req_read_text(struct req *r, size_t limit, req_text_fn *fn, void *arg)
{
	static const struct body_sink sink = { text_data, text_end };
	struct text *t = arena_zalloc(r->arena, sizeof *t);

	if (r->head.length > (int64_t)limit) {
		req_reply_error(r, E_TOO_LARGE, "the request body is too large");
		return;
	}
	*t = (struct text){ r, buf_new(limit), fn, arg };
	req_read_body(r, &sink, t);
}

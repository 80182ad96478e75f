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
	req_text_fn *fn;
	void *arg;
};

static void text_data(void *arg, const void *bytes, size_t len)
{
	struct text *t = arg;
	enum err e = buf_add(&t->req->text, bytes, len);

	if (e == OK)
		return;
	buf_clear(&t->req->text);
	req_reply_error(t->req, e, e == E_TOO_LARGE ? "the request body is too large" : NULL);
}

static void text_end(void *arg, enum body_end how)
{
	struct text *t = arg;

	if (how == BODY_COMPLETE)
		t->fn(t->req, t->arg, buf_span(&t->req->text));
	else
		req_reply_error(t->req, E_BAD_REQUEST, "the request body is malformed");
}

void req_read_text(struct req *r, size_t limit, req_text_fn *fn, void *arg)
{
	static const struct body_sink sink = { text_data, text_end };
	struct text *t = arena_zalloc(r->arena, sizeof *t);

	*t = (struct text){ r, fn, arg };
	r->text = buf_new_secret(limit);
	if (r->head.length > (int64_t)limit)
		req_reply_error(r, E_TOO_LARGE, "the request body is too large");
	else
		req_read_body(r, &sink, t);
}

/* The request body of a connection: framed whether somebody reads it or not (wire_priv.h). */
#include "server/net/wire_priv.h"

/* Cuts the next run of content off the input; for a body of known length CHUNK_END needs no input. */
static enum chunk_result next_run(struct wire *w, struct span *out)
{
	struct span in = { w->in.data + w->in.at, w->in.end - w->in.at };
	enum chunk_result result;

	if (w->is_chunked) {
		result = chunk_next(&w->chunk, &in, out);
		w->in.at = w->in.end - in.len;
		return result;
	}
	if (w->body_left == 0)
		return CHUNK_END;
	if (in.len == 0)
		return CHUNK_MORE;
	*out = (struct span){ in.ptr, (size_t)MIN((uint64_t)in.len, w->body_left) };
	w->in.at += out->len;
	w->body_left -= out->len;
	return CHUNK_DATA;
}

static void end_body(struct wire *w, enum wire_end how)
{
	const struct wire_sink *sink = TAKE(w->sink);

	w->state = WIRE_WAIT;
	if (how == WIRE_BODY_COMPLETE)
		w->is_body_done = true;
	else
		w->is_closing = true;
	if (sink)
		sink->end(w->sink_arg, how);
}

static bool take_into_sink(struct wire *w)
{
	struct span run;

	switch (next_run(w, &run)) {
	case CHUNK_DATA:
		w->expects_continue = false;
		w->sink->data(w->sink_arg, run.ptr, run.len);
		return true;
	case CHUNK_END:
		end_body(w, WIRE_BODY_COMPLETE);
		return true;
	case CHUNK_BAD:
		end_body(w, WIRE_BODY_MALFORMED);
		return true;
	default:
		return false;
	}
}

static bool take_into_void(struct wire *w)
{
	struct span run;

	switch (next_run(w, &run)) {
	case CHUNK_DATA:
		if ((w->dropped += run.len) > WIRE_DRAIN_LIMIT)
			wire_close(w);
		return true;
	case CHUNK_END:
		w->is_body_done = true;
		wire_next(w);
		return true;
	case CHUNK_BAD:
		wire_close(w);
		return true;
	default:
		return false;
	}
}

bool wire_take_body(struct wire *w)
{
	if (w->state == WIRE_DRAIN)
		return take_into_void(w);
	if (w->is_paused)
		return false;
	if (wire_is_welcome(w))
		return take_into_sink(w);
	wire_drop(w);
	return true;
}

void wire_skip_buffered(struct wire *w)
{
	struct span run;

	for (;;)
		switch (next_run(w, &run)) {
		case CHUNK_DATA:
			w->dropped += run.len;
			continue;
		case CHUNK_END:
			w->is_body_done = true;
			return;
		case CHUNK_BAD:
			w->is_closing = true;
			return;
		default:
			return;
		}
}

void wire_body_gone(struct wire *w)
{
	const struct wire_sink *sink = TAKE(w->sink);

	if (sink)
		sink->end(w->sink_arg, WIRE_BODY_GONE);
}

void wire_read_body(struct wire *w, const struct wire_sink *sink, void *arg)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	w->sink = sink;
	w->sink_arg = arg;
	if (w->is_body_done) {
		end_body(w, WIRE_BODY_COMPLETE);
		return;
	}
	w->state = WIRE_BODY;
	if (w->expects_continue && w->in.at == w->in.end)
		stream_write(&w->stream, go_on, sizeof go_on - 1, false);
	w->expects_continue = false;
	wire_touch(w);
	if (w->is_busy)
		return;
	wire_wake(w);
	wire_watch(w);
}

void wire_pause_body(struct wire *w)
{
	w->is_paused = true;
	if (!w->is_busy)
		wire_watch(w);
}

void wire_resume_body(struct wire *w)
{
	if (!w->is_paused)
		return;
	w->is_paused = false;
	if (w->state != WIRE_BODY)
		return;
	wire_touch(w);
	if (w->is_busy)
		return;
	wire_wake(w);
	wire_watch(w);
}

/* Replies of a connection: head and pieces through one window, files without a copy where they can (wire_priv.h). */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "common/status.h"
#include "server/net/wire_priv.h"

enum {
	WINDOWS_A_TURN = 16,
	SENDFILE_MIN = 65536, /* shorter runs go with the head, by copy */
	SENDFILE_WINDOW = 1 << 20,
	SECRET_REPLY = 4096, /* so short that it may be a token: not left in the window */
	FETCH_SIZE = 2 << 20 /* what a worker reads ahead for a cold file */
};

enum outcome { GO_ON, SOCKET_FULL, FILE_COLD, FILE_BROKEN };

enum wire_connection wire_begin_reply(struct wire *w)
{
	bool is_waiting = w->expects_continue && w->in.at == w->in.end;

	if (!w->is_body_done)
		wire_skip_buffered(w);
	/* A client that waits for 100 sends its body or not: only a new connection is unambiguous. */
	if (!w->is_body_done && (is_waiting || w->has_ended || (!w->is_chunked && w->body_left > WIRE_DRAIN_LIMIT)))
		w->is_closing = true;
	if (w->loop->is_closing || (w->has_ended && w->in.at == w->in.end))
		w->is_closing = true;
	if (w->is_closing)
		return WIRE_CLOSES;
	return w->is_http10 ? WIRE_KEEPS_HTTP10 : WIRE_KEEPS;
}

/* Moves on in the first piece, and past it. */
static void advance(struct wire_output *out, int64_t len)
{
	out->done += len;
	out->sent += len;
	while (out->count && out->done == out->pieces->len) {
		out->pieces++;
		out->count--;
		out->done = 0;
		out->warm_until = 0;
	}
}

static bool suits_sendfile(const struct wire *w)
{
	const struct wire_output *out = &w->out;

	return out->count && !out->pieces->bytes && !w->stream.ssl && out->pieces->len - out->done >= SENDFILE_MIN;
}

/* Some of the first piece into `to`; 0: a file that ended early or could not be read, or is cold. */
static size_t read_piece(struct wire_output *out, char *to, size_t room, enum outcome *how)
{
	const struct wire_piece *p = out->pieces;
	size_t len = (size_t)MIN((int64_t)room, p->len - out->done);
	off_t at = p->offset + out->done;
	ssize_t n;

	if (p->bytes) {
		memcpy(to, (const char *)p->bytes + out->done, len);
		return len;
	}
	if (at < out->warm_until)
		n = fetch_warm(p->fd, to, (size_t)MIN((int64_t)len, out->warm_until - at), at);
	else
		n = fetch_now(p->fd, to, len, at);
	if (n > 0)
		return (size_t)n;
	*how = n == FETCH_COLD ? FILE_COLD : FILE_BROKEN;
	return 0;
}

/* Fills the loop's window with what comes next, but not with what sendfile() does better. */
static size_t fill(struct wire *w, enum outcome *how)
{
	struct wire_output *out = &w->out;
	char *buf = (char *)w->loop->text_buf;
	size_t len = MIN(out->head.len, (size_t)LOOP_TEXT_SIZE);

	memcpy(buf, out->head.ptr, len);
	out->head.ptr += len;
	out->head.len -= len;
	while (out->count && len < LOOP_TEXT_SIZE && !suits_sendfile(w)) {
		size_t n = read_piece(out, buf + len, LOOP_TEXT_SIZE - len, how);

		if (n == 0)
			break;
		len += n;
		advance(out, (int64_t)n);
	}
	return len;
}

static enum outcome send_file(struct wire *w)
{
	struct wire_output *out = &w->out;
	const struct wire_piece *p = out->pieces;
	off_t at = p->offset + out->done;
	ssize_t n;

	if (at >= out->warm_until) {
		size_t len = (size_t)MIN(p->len - out->done, (int64_t)FETCH_WARM_MAX);

		if (!fetch_is_warm(p->fd, at, len))
			return FILE_COLD;
		out->warm_until = at + (off_t)len;
	}
	n = stream_sendfile(&w->stream, p->fd, at, (size_t)MIN(out->warm_until - at, (int64_t)SENDFILE_WINDOW));
	if (n < 0)
		return FILE_BROKEN;
	advance(out, n);
	return n == 0 ? SOCKET_FULL : GO_ON;
}

static void on_fetched(void *arg, bool ok)
{
	struct wire *w = arg;
	const struct wire_piece *p = w->out.pieces;

	w->out.fetch = NULL;
	w->out.warm_until = p->offset + MIN(w->out.done + FETCH_SIZE, p->len);
	wire_touch(w);
	if (ok)
		wire_push(w);
	else
		wire_drop(w);
	wire_watch(w);
}

static enum outcome start_fetch(struct wire *w)
{
	const struct wire_piece *p = w->out.pieces;
	size_t len = (size_t)MIN(p->len - w->out.done, (int64_t)FETCH_SIZE);

	w->out.fetch = fetch_start(w->loop, w->carrier->pool, p->fd, p->offset + w->out.done, len, on_fetched, w);
	return w->out.fetch ? FILE_COLD : FILE_BROKEN;
}

/* One window, one sendfile(), or the start of a fetch. */
static enum outcome send_window(struct wire *w)
{
	enum outcome how = GO_ON;
	size_t len = fill(w, &how);

	if (len) {
		stream_write(&w->stream, w->loop->text_buf, len, how == GO_ON && suits_sendfile(w));
		if (len <= SECRET_REPLY)
			explicit_bzero(w->loop->text_buf, len);
		return GO_ON; /* what stopped us comes up again */
	}
	if (how == GO_ON)
		how = send_file(w);
	return how == FILE_COLD ? start_fetch(w) : how;
}

static void finish(struct wire *w)
{
	void *user = TAKE(w->user);
	int64_t sent = w->out.sent;

	w->out = (struct wire_output){ 0 };
	if (w->is_closing) {
		wire_close(w);
	} else if (w->is_body_done) {
		wire_next(w);
	} else {
		w->state = WIRE_DRAIN;
		wire_touch(w);
	}
	if (user)
		w->carrier->handler.on_sent(user, true, sent);
}

static void ask_for_more(struct wire *w)
{
	w->out.is_waiting = true;
	w->out.source->more(w->out.source->arg);
}

void wire_push(struct wire *w)
{
	for (int i = 0; i < WINDOWS_A_TURN; i++) {
		enum outcome how;

		if (w->out.fetch || w->out.is_waiting || (!stream_flush(&w->stream) && !w->stream.is_broken))
			return;
		if (w->stream.is_broken) {
			wire_drop(w);
			return;
		}
		if (w->out.head.len == 0 && w->out.count == 0) {
			if (w->out.source)
				ask_for_more(w);
			else
				finish(w);
			return;
		}
		if (w->out.sent && w->user && (!wire_is_welcome(w) || !w->carrier->handler.may_go_on(w->user))) {
			wire_drop(w);
			return;
		}
		how = send_window(w);
		if (how == FILE_BROKEN) {
			log_error("cut reply=%s", "a stored file is shorter than it should be, or cannot be read");
			wire_drop(w);
			return;
		}
		if (how != GO_ON && !w->stream.is_broken)
			return;
	}
}

static void begin(struct wire *w, const struct wire_output *out)
{
	w->sink = NULL;
	w->state = WIRE_REPLY;
	w->out = *out;
	advance(&w->out, 0); /* past pieces of nothing */
	wire_touch(w);
	wire_push(w);
	if (!w->is_busy)
		wire_watch(w);
}

void wire_reply(struct wire *w, struct span head, const struct wire_piece *pieces, size_t count)
{
	begin(w, &(struct wire_output){ .head = head, .pieces = pieces, .count = count });
}

void wire_reply_source(struct wire *w, struct span head, const struct wire_piece *pieces, size_t count,
		       const struct wire_source *source)
{
	begin(w, &(struct wire_output){ .head = head, .pieces = pieces, .count = count, .source = source });
}

void wire_feed(struct wire *w, const struct wire_piece *pieces, size_t count, bool is_last)
{
	assert(w->state == WIRE_REPLY && w->out.is_waiting);
	w->out.is_waiting = false;
	w->out.pieces = pieces;
	w->out.count = count;
	w->out.done = w->out.warm_until = 0;
	if (is_last)
		w->out.source = NULL;
	advance(&w->out, 0);
	wire_touch(w);
	wire_push(w);
	wire_watch(w);
}

void wire_cut(struct wire *w)
{
	wire_drop(w);
}

void wire_close_after(struct wire *w)
{
	w->is_closing = true;
}

void wire_refuse(struct wire *w, int status)
{
	char *text = (char *)w->loop->text_buf;
	const char *reason = status_reason(status);
	int len;

	log_info("refuse status=%d peer=%s", status, w->peer);
	len =
	    snprintf(text, LOOP_TEXT_SIZE,
		     "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n"
		     "Connection: close\r\n\r\n%s\n",
		     status, reason, loop_date(NULL), strlen(reason) + 1, reason);
	stream_write(&w->stream, text, (size_t)len, false);
	w->is_closing = true;
	w->is_body_done = false; /* who knows what the rest of the input is */
	w->has_asked_close = false;
	w->state = WIRE_REPLY;
	w->out = (struct wire_output){ 0 };
	wire_touch(w);
	wire_push(w);
}

void wire_reply_lost(struct wire *w)
{
	int64_t sent = w->out.sent;

	if (w->out.fetch)
		fetch_cancel(w->out.fetch);
	w->out = (struct wire_output){ 0 };
	if (w->user)
		w->carrier->handler.on_sent(TAKE(w->user), false, sent);
}

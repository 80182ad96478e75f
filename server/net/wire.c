#include "server/net/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "server/net/tls.h"
#include "server/net/wire_priv.h"

enum {
	HEAD_READ = 16384,  /* one read while heads are expected */
	CHUNK_READ = 65536, /* while a chunked body comes: what lies behind its end has to be kept */
	PAUSE_AT = 8192,    /* input that nobody can use yet: stop reading */
	READS_A_TURN = 4,
	HEADS_A_TURN = 64, /* pipelined requests, before others get their turn */
	PENDING_LIMIT = 262144
};

/* ---- small things ---- */

void wire_attach(struct wire *w, void *user)
{
	w->user = user;
}

const char *wire_peer(const struct wire *w)
{
	return w->peer;
}

bool wire_is_tls(const struct wire *w)
{
	return w->port->tls != NULL;
}

bool wire_client_name(const struct wire *w, char *out, size_t size)
{
	return w->stream.ssl && tls_client_name(w->stream.ssl, out, size);
}

bool wire_is_admin(const struct wire *w)
{
	return w->port->is_admin;
}

void wire_touch(struct wire *w)
{
	w->since_s = w->loop->now_s;
	/* What a reply has moved is asked by the sweep alone: it costs a system call. */
	w->moved = w->state == WIRE_REPLY ? 0 : w->stream.bytes_in;
}

/*
 * By a timer of its own.  event_active() would run in this very turn and could keep the others from theirs, and event_add() on an
 * event that is active but not added does nothing at all (event.c, event_add_nolock_).
 */
void wire_wake(struct wire *w)
{
	static const struct timeval now = { 0, 0 };

	event_add(&w->wake_event, &now);
}

static size_t input_len(const struct wire *w)
{
	return w->in.end - w->in.at;
}

void wire_forget_input(struct wire *w)
{
	if (w->in.size) {
		explicit_bzero(w->in.data, w->in.size);
		free(w->in.data);
	}
	w->in = (struct wire_input){ 0 };
}

static bool wants_input(const struct wire *w)
{
	switch (w->state) {
	case WIRE_PROXY:
	case WIRE_HANDSHAKE:
	case WIRE_LINGER:
		return true;
	case WIRE_HEAD:
	case WIRE_DRAIN:
		return !w->has_ended;
	case WIRE_BODY:
		return !w->has_ended && !w->is_paused;
	case WIRE_WAIT:
	case WIRE_REPLY:
		return !w->has_ended && input_len(w) < PAUSE_AT;
	default:
		return false;
	}
}

static bool wants_output(const struct wire *w)
{
	if (w->state == WIRE_REPLY)
		return !w->out.fetch && !w->out.is_waiting;
	return w->state != WIRE_DEAD && stream_is_pending(&w->stream);
}

void wire_watch(struct wire *w)
{
	bool reads = wants_input(w), writes = wants_output(w);

	if (w->state == WIRE_DEAD)
		return;
	if (reads != w->is_reading)
		(reads ? event_add(&w->read_event, NULL) : event_del(&w->read_event));
	if (writes != w->is_writing)
		(writes ? event_add(&w->write_event, NULL) : event_del(&w->write_event));
	w->is_reading = reads;
	w->is_writing = writes;
	/* What lies in the SSL object no descriptor tells of.  Lingering looks past it. */
	if (reads && w->state != WIRE_LINGER && stream_has_input(&w->stream))
		wire_wake(w);
}

/* ---- the end ---- */

void wire_drop(struct wire *w)
{
	enum wire_state was = w->state;

	if (was == WIRE_DEAD)
		return;
	w->state = WIRE_DEAD;
	w->in.at = w->in.end;
	if (was != WIRE_FRESH) {
		event_del(&w->read_event);
		event_del(&w->write_event);
	}
	wire_wake(w); /* to be buried a turn later: epoll forgets the descriptor before it is closed */
	if (was == WIRE_REPLY) {
		wire_reply_lost(w);
		return;
	}
	if (w->user)
		w->carrier->handler.on_gone(TAKE(w->user));
	wire_body_gone(w);
}

void wire_close(struct wire *w)
{
	stream_shutdown(&w->stream);
	if (w->has_ended || (w->has_asked_close && w->is_body_done && input_len(w) == 0)) {
		wire_drop(w);
		return;
	}
	/* Closing with input unread would send a reset that overtakes the reply: RFC 9112 §9.6. */
	w->state = WIRE_LINGER;
	w->in.at = w->in.end;
	w->dropped = 0;
	wire_touch(w);
}

void wire_next(struct wire *w)
{
	w->state = WIRE_HEAD;
	w->has_served = true;
	w->scan = (struct head_scan){ 0 };
	wire_touch(w);
	wire_release(w);
	if (w->loop->is_closing && input_len(w) == 0)
		wire_close(w);
	else if (!w->is_busy && (input_len(w) || w->has_ended))
		wire_wake(w);
}

/* Looked at when the connection is next used, not when the change is made: that may have thousands to look at. */
bool wire_is_welcome(struct wire *w)
{
	if (w->generation == w->carrier->generation)
		return true;
	w->generation = w->carrier->generation;
	if (!w->stream.ssl || tls_is_client_good(w->stream.ssl, w->port->tls))
		return true;
	log_info("cut peer=%s reason=\"its certificate is not good any more\"", w->peer);
	return false;
}

/* ---- heads ---- */

static void expect_body(struct wire *w, const struct head *h)
{
	w->chunk = (struct chunk){ 0 };
	w->is_chunked = h->length < 0;
	w->body_left = h->length > 0 ? (uint64_t)h->length : 0;
	w->is_body_done = h->length == 0;
	w->expects_continue = h->expects_continue;
	w->is_http10 = h->is_http10;
	w->has_asked_close = h->wants_close;
	w->is_closing = h->wants_close || w->loop->is_closing;
	w->is_paused = false;
	w->dropped = 0;
}

/* A whole head lies at the front of the input. */
static bool begin_request(struct wire *w)
{
	struct arena *arena = loop_take_arena(w->loop);
	struct span bytes = { w->in.data + w->in.at, w->scan.at };
	struct head_field *fields = arena_alloc(arena, sizeof *fields * (w->scan.fields + 1u));
	struct head h;
	int status;

	bytes.ptr = arena_span(arena, bytes);
	w->in.at += w->scan.at;
	status = head_parse(&w->scan, bytes, fields, &h);
	if (status) {
		loop_give_arena(w->loop, arena);
		wire_refuse(w, status);
		return true;
	}
	expect_body(w, &h);
	w->state = WIRE_WAIT;
	wire_touch(w);
	if (!wire_carry(w, &h)) {
		log_error("refuse head=%s", "evhttp did not take it");
		loop_give_arena(w->loop, arena);
		wire_drop(w);
		return true;
	}
	w->carrier->handler.on_request(w->carrier->handler.arg, w, &h, arena);
	return true;
}

/* False: the head is not complete. */
static bool take_head(struct wire *w)
{
	struct span bytes = { w->in.data + w->in.at, input_len(w) };

	if (w->scan.at == 0 && w->has_served)
		wire_touch(w); /* a first head has the time from the accept on */
	switch (head_scan(&w->scan, bytes)) {
	case HEAD_MORE:
		return false;
	case HEAD_REFUSED:
		wire_refuse(w, w->scan.refusal);
		return true;
	default:
		if (wire_is_welcome(w))
			return begin_request(w);
		stream_shutdown(&w->stream);
		wire_drop(w);
		return true;
	}
}

/* ---- input ---- */

static bool step(struct wire *w, int *heads)
{
	switch (w->state) {
	case WIRE_HEAD:
		if (input_len(w) == 0)
			return false;
		if ((*heads)++ == HEADS_A_TURN) {
			wire_wake(w);
			return false;
		}
		return take_head(w);
	case WIRE_BODY:
	case WIRE_DRAIN:
		return wire_take_body(w);
	case WIRE_LINGER:
		w->in.at = w->in.end;
		return false;
	default:
		return false;
	}
}

/* The client has said that no more will come, and all it sent was used. */
static void run_out(struct wire *w)
{
	if (w->state == WIRE_HEAD && w->has_served)
		wire_close(w);
	else if (w->state == WIRE_HEAD || w->state == WIRE_DRAIN || (w->state == WIRE_BODY && !w->is_paused))
		wire_drop(w);
}

void wire_run(struct wire *w)
{
	int heads = 0;

	if (w->is_busy)
		return;
	w->is_busy = true;
	while (step(w, &heads))
		;
	w->is_busy = false;
	if (w->has_ended && heads <= HEADS_A_TURN)
		run_out(w);
}

static size_t room(const struct wire *w)
{
	if (w->state != WIRE_BODY)
		return HEAD_READ;
	if (w->is_chunked)
		return CHUNK_READ;
	return (size_t)MIN(MAX(w->body_left, (uint64_t)1), (uint64_t)LOOP_READ_SIZE);
}

/* For `size` bytes in all, those that are held at the front; no realloc(), which leaves behind what it moves. */
static void make_room(struct wire_input *in, size_t size)
{
	size_t held = in->end - in->at;
	char *to = size > in->size ? xmalloc(size) : in->data;

	if (held)
		memmove(to, in->data + in->at, held);
	if (to != in->data && in->size) {
		explicit_bzero(in->data, in->size);
		free(in->data);
	}
	in->data = to;
	in->size = MAX(size, in->size);
	in->at = 0;
	in->end = held;
}

static void input_append(struct wire_input *in, const char *bytes, size_t len)
{
	size_t held = in->end - in->at;

	if (in->end + len > in->size)
		make_room(in, held + len);
	memcpy(in->data + in->end, bytes, len);
	in->end += len;
}

/* Uses what was read: in place if nothing was waiting, and what is left is kept. */
static void feed(struct wire *w, char *bytes, size_t len)
{
	struct wire_input borrowed = { bytes, 0, len, 0 };

	if (input_len(w)) {
		input_append(&w->in, bytes, len);
		wire_run(w);
	} else {
		wire_forget_input(w);
		w->in = borrowed;
		wire_run(w);
		borrowed = w->in;
		w->in = (struct wire_input){ 0 };
		if (borrowed.at != borrowed.end)
			input_append(&w->in, borrowed.data + borrowed.at, borrowed.end - borrowed.at);
	}
	if (w->in.size && input_len(w) == 0)
		wire_forget_input(w);
	if (len <= HEAD_READ)
		explicit_bzero(bytes, len); /* a head, or a body so short that it may be a password */
}

/* False: not done yet, or over. */
static bool shake(struct wire *w)
{
	int how = stream_handshake(&w->stream);

	if (how == 1) {
		w->state = WIRE_HEAD;
		return true;
	}
	if (how == STREAM_ERROR)
		wire_drop(w);
	return false;
}

static void linger(struct wire *w)
{
	uint64_t before = w->stream.bytes_in;

	if (!stream_discard(&w->stream, w->loop->read_buf, LOOP_READ_SIZE))
		wire_drop(w);
	else if ((w->dropped += w->stream.bytes_in - before) > WIRE_LINGER_LIMIT)
		wire_drop(w);
}

static void read_some(struct wire *w)
{
	char *buf = (char *)w->loop->read_buf;

	for (int i = 0; i < READS_A_TURN && wants_input(w) && w->state != WIRE_LINGER; i++) {
		size_t want = room(w);
		ssize_t n = stream_read(&w->stream, buf, want);

		if (n == STREAM_AGAIN)
			return;
		if (n == STREAM_ERROR) {
			wire_drop(w);
			return;
		}
		if (n == STREAM_EOF) {
			w->has_ended = true;
			wire_run(w);
			return;
		}
		feed(w, buf, (size_t)n);
		if ((size_t)n < want)
			return; /* the socket is empty now, most likely; if not, it tells again */
	}
}

static void on_readable(evutil_socket_t fd not_used, short what not_used, void *arg)
{
	struct wire *w = arg;

	assert(w->magic == WIRE_MAGIC);
	if ((w->state == WIRE_PROXY && !wire_take_proxy(w)) || (w->state == WIRE_HANDSHAKE && !shake(w))) {
		wire_watch(w);
		return;
	}
	if (w->state == WIRE_LINGER) {
		linger(w);
	} else {
		wire_run(w);
		read_some(w);
	}
	/* Only who makes us answer (KeyUpdate) without reading gets this far. */
	if (w->state != WIRE_DEAD && w->stream.pending_end - w->stream.pending_at > PENDING_LIMIT)
		wire_drop(w);
	wire_watch(w);
}

static void on_woken(evutil_socket_t fd, short what, void *arg)
{
	struct wire *w = arg;

	if (w->state == WIRE_DEAD)
		wire_bury(w);
	else
		on_readable(fd, what, arg);
}

static void on_writable(evutil_socket_t fd not_used, short what not_used, void *arg)
{
	struct wire *w = arg;

	assert(w->magic == WIRE_MAGIC);
	if (w->state == WIRE_REPLY)
		wire_push(w);
	else if (stream_flush(&w->stream) && w->state == WIRE_LINGER)
		stream_shutdown(&w->stream);
	wire_watch(w);
}

void wire_init(struct wire *w)
{
	event_assign(&w->wake_event, w->loop->base, -1, 0, on_woken, w);
}

void wire_start(struct wire *w)
{
	int fd = bufferevent_getfd(w->under);

	listener_peer(fd, w->peer);
	stream_init(&w->stream, fd, w->port->tls);
	w->generation = w->carrier->generation;
	event_assign(&w->read_event, w->loop->base, fd, EV_READ | EV_PERSIST, on_readable, w);
	event_assign(&w->write_event, w->loop->base, fd, EV_WRITE | EV_PERSIST, on_writable, w);
	w->since_s = w->loop->now_s;
	if (w->port->is_behind_proxy)
		w->state = WIRE_PROXY;
	else
		wire_begin(w);
	wire_watch(w);
}

void wire_begin(struct wire *w)
{
	if (!wire_count(w)) {
		log_info("refuse peer=%s reason=\"too many connections\"", w->peer);
		wire_drop(w);
		return;
	}
	w->state = w->port->tls ? WIRE_HANDSHAKE : WIRE_HEAD;
}

/* ---- deadlines ---- */

/* A body or reply has to move on by WIRE_PROGRESS_SIZE each time. */
static bool has_stalled(struct wire *w, uint64_t moved, unsigned age_s)
{
	if (moved - w->moved >= WIRE_PROGRESS_SIZE) {
		w->moved = moved;
		w->since_s = w->loop->now_s;
		return false;
	}
	return age_s > w->carrier->limits.stall_s;
}

static void sweep_head(struct wire *w, unsigned age_s)
{
	const struct wire_limits *limits = &w->carrier->limits;
	bool has_begun = input_len(w) != 0;

	if (age_s <= (has_begun || !w->has_served ? limits->handshake_head_s : limits->idle_s))
		return;
	if (has_begun)
		wire_refuse(w, 408);
	else
		wire_close(w);
}

/* Seconds are coarse: `age` may be almost one ahead, hence the comparison with > everywhere. */
void wire_sweep(struct wire *w)
{
	unsigned age_s = w->loop->now_s - w->since_s;

	switch (w->state) {
	case WIRE_PROXY:
	case WIRE_HANDSHAKE:
		if (age_s > w->carrier->limits.handshake_head_s)
			wire_drop(w);
		break;
	case WIRE_HEAD:
		sweep_head(w, age_s);
		break;
	case WIRE_BODY: /* paused: the server's own time, not the client's */
		if (!w->is_paused && has_stalled(w, w->stream.bytes_in, age_s))
			wire_drop(w);
		break;
	case WIRE_REPLY:
		if (!w->out.fetch && !w->out.is_waiting && has_stalled(w, stream_acknowledged(&w->stream), age_s))
			wire_drop(w);
		break;
	case WIRE_DRAIN:
		if (age_s > w->carrier->limits.stall_s)
			wire_drop(w);
		break;
	case WIRE_LINGER:
		if (age_s > w->carrier->limits.linger_s)
			wire_drop(w);
		break;
	default:
		break;
	}
	wire_watch(w);
}

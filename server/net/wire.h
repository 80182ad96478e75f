/*
 * wire: HTTP/1.1 on one connection, beneath evhttp.
 *
 * evhttp accepts, makes the connection object, and carries each request as one bodiless GET of its target; head fields, body
 * and reply never pass it.  So exactly one parser reads what a peer sends (net/head, net/chunk), the handler runs as soon as
 * a head is complete, and bodies stream both ways with flat memory.  Everything runs on the loop that owns the connection.
 */
#ifndef SERVER_NET_WIRE_H
#define SERVER_NET_WIRE_H

#include "common/arena.h"
#include "server/net/head.h"

struct wire;

enum {
	WIRE_DRAIN_LIMIT = 65536,     /* an unread body up to this size is dropped to keep the connection */
	WIRE_LINGER_LIMIT = 64 << 20, /* what is read and forgotten after an early reply */
	/*
	 * The deadline of a body or a reply begins anew each time so many bytes have moved: a byte every 29 s does not count
	 * as progress.
	 */
	WIRE_PROGRESS_SIZE = 1024
};

struct wire_limits {
	unsigned handshake_head_s, idle_s, stall_s, linger_s;
};

/* What is plugged in above: requests come in by on_request, and each is ended by exactly one on_gone or on_sent. */
struct wire_handler {
	/*
	 * A well-framed request.  `h` and all it borrows live in `arena`, which now belongs to the callee (back with
	 * loop_give_arena()).  wire_attach() comes first, then, now or later, wire_reply().
	 */
	void (*on_request)(void *arg, struct wire *w, const struct head *h, struct arena *arena);
	/* The client left before the reply was given; `w` is no more. */
	void (*on_gone)(void *user);
	/* The reply is over, sent whole or not; its memory is free again, `w` is no more the request's. */
	void (*on_sent)(void *user, bool is_whole, int64_t body_bytes);
	/* Asked before each window of a reply's body but the first; false: the connection is cut, on_sent comes. */
	bool (*may_go_on)(void *user);
	void *arg;
};

void wire_attach(struct wire *w, void *user);

/* Where the client is ("192.0.2.1", "unix"); borrowed.  And how it came in. */
const char *wire_peer(const struct wire *w);
bool wire_is_tls(const struct wire *w);
/* tls_client_name() of the connection. */
bool wire_client_name(const struct wire *w, char *out, size_t size);
bool wire_is_admin(const struct wire *w);

/* ---- the body ---- */

enum wire_end { WIRE_BODY_COMPLETE, WIRE_BODY_MALFORMED, WIRE_BODY_GONE };

struct wire_sink {
	void (*data)(void *arg, const void *bytes, size_t len);
	void (*end)(void *arg, enum wire_end how); /* once, last; not after wire_reply() */
};

/* Sends 100 Continue if the client waits for it and streams the body into the sink; without a body end() comes at once. */
void wire_read_body(struct wire *w, const struct wire_sink *sink, void *arg);
void wire_pause_body(struct wire *w);
void wire_resume_body(struct wire *w);

/* ---- the reply ---- */

struct wire_piece {
	const void *bytes; /* NULL: from `fd` */
	int fd;
	int64_t offset, len;
};

enum wire_connection { WIRE_KEEPS, WIRE_KEEPS_HTTP10, WIRE_CLOSES };

/* Decides what becomes of the connection after the reply, so that the head can say so. */
enum wire_connection wire_begin_reply(struct wire *w);

/*
 * Sends head and pieces, which stay the caller's and in place until on_sent (perhaps from inside this call).  No more sink
 * calls come.
 */
void wire_reply(struct wire *w, struct span head, const struct wire_piece *pieces, size_t count);

/*
 * A reply whose body is not all known when it begins, but for the pieces that are given here: `more` is called, on the loop,
 * each time all that was given has been sent; wire_feed() gives the next pieces, later and never from inside `more`, or ends the
 * body with `is_last`.  Waiting for them has no deadline.  on_sent comes as for wire_reply(), perhaps while the pieces are being
 * made.
 */
struct wire_source {
	void (*more)(void *arg);
	void *arg;
};
void wire_reply_source(struct wire *w, struct span head, const struct wire_piece *pieces, size_t count,
		       const struct wire_source *source);
void wire_feed(struct wire *w, const struct wire_piece *pieces, size_t count, bool is_last);

/* The body cannot be made to its end: the connection is cut, so that nobody takes it for whole.  on_sent comes from inside. */
void wire_cut(struct wire *w);

/* This reply's body ends with the connection (HTTP/1.0).  Before wire_begin_reply(). */
void wire_close_after(struct wire *w);

#endif

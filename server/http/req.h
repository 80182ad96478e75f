/*
 * req: the one object that travels with a request through the server's layers.
 *
 * A handler gets it as soon as the head is complete; no body byte has been read then, and none is asked for until
 * req_read_body().  Every request is answered by exactly one req_reply...() call, also when the client has gone
 * meanwhile (the reply then goes nowhere and only frees the request).  All functions run on the request's loop, except
 * where they say "any thread".
 */
#ifndef SERVER_HTTP_REQ_H
#define SERVER_HTTP_REQ_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/cond.h"
#include "common/uri.h"
#include "server/http/method.h"

struct req;

/* ---- what was asked ---- */

enum method req_method(const struct req *r);
struct span req_method_name(const struct req *r);     /* as sent: for methods the table does not know */
const struct target *req_target(const struct req *r); /* path, slash, query; for OPTIONS * the path is "*" */
struct arena *req_arena(struct req *r);               /* dies with the request */

/* A header field's value, trimmed; several lines are joined by ", ".  ptr NULL: absent.  Lives as long as the request. */
struct span req_header(struct req *r, const char *name);
bool req_has_header(struct req *r, const char *name);
/* The same as a C string; NULL: absent. */
const char *req_header_text(struct req *r, const char *name);

/* The conditions of the head (RFC 9110 §13); borrowed from the request. */
struct cond req_cond(struct req *r);

int64_t req_body_length(const struct req *r); /* -1: chunked, length unknown; 0: no body */
const char *req_peer(const struct req *r);    /* address of the client in words, without port: "192.0.2.1", "unix" */
/* The name in the certificate that the client has shown (server/net/tls.h), in the request's arena; NULL: none. */
const char *req_certificate_name(struct req *r);
bool req_is_tls(const struct req *r);   /* the client's own connection, also when a trusted proxy ends it */
bool req_is_admin(const struct req *r); /* came through the admin socket: peer is root or the store's owner */
struct span req_outside_host(
    const struct req *r);              /* the Host that a trusted proxy was asked for; empty: it said none */
uint64_t req_id(const struct req *r);  /* unique in this process, for the log */
bool req_is_gone(const struct req *r); /* the client has left: work may stop early, a reply is still due */

/* Who asks: kept here for the log line and the journal.  Both are copied. */
void req_set_user(struct req *r, const char *user, const char *client);
const char *req_user(const struct req *r); /* "" before authentication */
const char *req_client(const struct req *r);

/*
 * Asked each time before more of a reply's body is sent, on the loop, often: does not block.  False: the connection is cut.  A reply may
 * take hours, and who reads it may lose his right to it meanwhile.
 */
void req_set_guard(struct req *r, bool (*may_go_on)(void *arg), void *arg);

/* What the request has changed, for its log line. */
struct req_change {
	int64_t number;
	const char *to;                      /* the path that a MOVE or COPY went to; NULL: none */
	const struct digest *before, *after; /* the contents; NULL: none */
};
void req_set_change(struct req *r, const struct req_change *change);

/* ---- the body ---- */

enum body_end {
	BODY_COMPLETE,  /* all bytes came */
	BODY_MALFORMED, /* broken chunked coding or a length that did not fit: answer 400 */
	BODY_GONE       /* the client left or stalled: clean up; a reply is still due and goes nowhere */
};

struct body_sink {
	/* Some bytes.  May call req_pause_body(); what was passed is consumed all the same. */
	void (*data)(void *arg, const void *bytes, size_t len);
	/* Exactly once, last.  Not called any more after req_reply...(). */
	void (*end)(void *arg, enum body_end how);
};

/*
 * Asks for the body: sends 100 Continue if the client waits for it, then streams into the sink.  With no body, end()
 * comes from inside this call.
 */
void req_read_body(struct req *r, const struct body_sink *sink, void *arg);
void req_pause_body(struct req *r);  /* no more data() until resumed; the socket's window closes */
void req_resume_body(struct req *r); /* data() may come from inside this call */

/*
 * Collects a small body (an admin or login request) and calls back with it; over `limit` bytes the request is answered
 * 413, a broken one 400, one for which memory is short 503, without a call.  `body` lives as long as the request and is wiped
 * with it.
 */
typedef void req_text_fn(struct req *r, void *arg, struct span body);
void req_read_text(struct req *r, size_t limit, req_text_fn *fn, void *arg);

/* ---- work elsewhere ---- */

/*
 * Runs `work` on a worker thread (it may block, must touch neither the request nor libevent), then `done` on the request's
 * loop.  Jobs of one caller started one after the other's done run in order.
 */
void req_work(struct req *r, void (*work)(void *arg), void (*done)(void *arg), void *arg);

/*
 * A way back to the request's loop for completions that come from the store: req_hold() before the submit, then from any
 * thread, once, req_post(): `done` runs on the loop.
 */
struct req_ticket;
struct req_ticket *req_hold(struct req *r, void (*done)(void *arg), void *arg);
void req_post(struct req_ticket *t); /* any thread */

/* Runs `fn` on the loop after `ms` milliseconds. */
void req_after(struct req *r, unsigned ms, void (*fn)(void *arg), void *arg);

/* ---- the answer ---- */

/* Sets a field of the reply; name and value are copied.  A CR, LF or NUL in a value is a bug and aborts. */
void req_set_header(struct req *r, const char *name, const char *value);
void req_add_header(struct req *r, const char *name, const char *value); /* one more line of the same name */
void req_set_etag(struct req *r, const struct digest *d);
void req_set_date(struct req *r, const char *name, int64_t seconds); /* Last-Modified is clamped to Date */

/* Head alone; 204 and 304 have no Content-Length, every other status `Content-Length: 0`. */
void req_reply(struct req *r, int status);

/*
 * The status of `e` with one line of text, `why` or else the table's words; 401 and 405 get their fields by the caller,
 * 429 and 503 a Retry-After of a second unless it set one.
 */
void req_reply_error(struct req *r, enum err e, const char *why);

/* Takes what `body` holds.  `type` NULL: no Content-Type. */
void req_reply_buf(struct req *r, int status, const char *type, struct buf *body);

/* One stretch of the reply's body: bytes in memory that live as long as the request, or of a file. */
struct req_piece {
	const void *bytes; /* NULL: from `fd` */
	int fd;
	int64_t offset;
	int64_t len;
};

/*
 * A body of pieces (one content, a range of it, multipart/byteranges), streamed with flat memory; never blocks the loop
 * on a cold disk.  `release` runs once when no piece is needed any more, whatever became of the client.  Nothing of the
 * body is sent for HEAD.  The pieces are copied.
 */
void req_reply_pieces(struct req *r, int status, const struct req_piece *pieces, size_t count,
		      void (*release)(void *arg), void *arg);

/*
 * The same, but the last REQ_HELD_BYTES are held until req_let_go() says whether they may go: else the connection is cut, so that nobody
 * takes what came for whole.  req_let_go() is called exactly once, on the loop, at any time after this, not from inside, also when the
 * client has gone; `release` has run then, or runs as ever.  NULL: there is nothing to hold (HEAD, or the client has gone), and all is done.
 */
enum { REQ_HELD_BYTES = 64 << 10 };
struct req_held;
struct req_held *req_reply_held(struct req *r, int status, const struct req_piece *pieces, size_t count,
				void (*release)(void *arg), void *arg);
void req_let_go(struct req_held *h, bool is_good);

/*
 * A body that is made piece by piece, with flat memory, as fast as the client takes it.  `produce` appends some of it (about
 * REQ_STREAM_PIECE bytes, at most REQ_STREAM_MAX) to `out` and says by `out_end` whether that was the last; it runs on a worker,
 * the first time on the loop if `is_short_first`.  The head goes out with the first piece: until then an error of `produce` is the
 * answer (req_reply_error()), later it cuts the connection, so that nobody takes the body for whole.  A body of one piece has a
 * Content-Length.  `release` runs once, on the loop, when `produce` will not be called any more.
 */
enum { REQ_STREAM_PIECE = 64 << 10, REQ_STREAM_MAX = 1 << 20 };
typedef enum err req_produce_fn(void *arg, struct buf *out, bool *out_end);
void req_reply_stream(struct req *r, int status, const char *type, bool is_short_first, req_produce_fn *produce,
		      void (*release)(void *arg), void *arg);

/*
 * A body of pieces that come when they come: events.  Begins the reply; each time the client has taken what there was `want` is called,
 * and then req_feed() may be, once, later and not from inside.  `release`, on the loop: nothing can be sent any more (the client has
 * gone, or the end was sent).  Waiting has no deadline.  NULL: the client asked for the head alone or has gone, all is done.
 */
struct req_feed;
struct req_feed *req_reply_feed(struct req *r, int status, const char *type, void (*want)(void *arg),
				void (*release)(void *arg), void *arg);

/* The next piece, not empty; `is_end`: the last.  Copied. */
void req_feed(struct req_feed *f, struct span bytes, bool is_end);

#endif

/*
 * req_priv: the inside of a request, for req.c, body.c, job.c, reply.c and server.c.
 *
 * A request lives in its own arena.  It ends when three things are true: the handler has replied, the wire has let go of it
 * (reply sent, or client gone), and no job, ticket or timer of it is out.
 */
#ifndef SERVER_HTTP_REQ_PRIV_H
#define SERVER_HTTP_REQ_PRIV_H

#include "server/http/req.h"
#include "server/http/server.h"
#include "server/http/stats.h"
#include "server/net/carrier.h"

enum { REQ_MAGIC = 0x72657175 };

/* One loop of the server (server.c). */
struct server_loop {
	struct server *server;
	struct loop *loop;
	struct carrier *carrier;
	pthread_t thread;
	bool is_running;         /* has a thread */
	_Atomic bool is_turning; /* has not ended yet */
	unsigned requests;       /* alive on this loop */
	uint64_t count;          /* ever */
	struct loop_stats stats;
	struct task stop, abort;
	struct event drain; /* while stopping: looks whether all is done */
	int64_t drain_began_ns;
	bool has_aborted; /* a request that still ran */
};

struct reply_field {
	struct span name, value;
};

struct req {
	unsigned magic;
	struct server_loop *home;
	struct pool *pool;
	struct wire *wire; /* NULL: the client has gone, or the reply is over */
	struct arena *arena;
	struct head head;
	enum method method;
	struct target target;
	const char *peer, *user, *client;
	struct span outside_host; /* the authority that a trusted proxy was asked for; empty: none said so */
	const char *change;       /* what it changed, for the log line; NULL: nothing */
	uint64_t id;
	int64_t began_ns;
	bool is_tls, is_admin, is_gone, is_replied, is_over;
	unsigned out; /* jobs, tickets and timers */

	struct body_sink sink;
	void *sink_arg;
	int64_t bytes_in;

	struct reply_field *fields;
	size_t field_count, field_room;
	int status;
	int64_t bytes_out;
	char *body; /* of req_reply_buf(), ours; perhaps a token */
	size_t body_size;
	struct buf text; /* of req_read_text(), ours; perhaps a password */
	void (*release)(void *arg);
	void *release_arg;
	bool (*may_go_on)(void *arg); /* NULL: always */
	void *may_go_on_arg;
};

/* reply.c: the head of a reply without a known length, for the connection as it is: chunked, or until it closes. */
struct span reply_begin_stream(struct req *r, int status, bool *out_is_chunked);

/* And of one with a length, whose body does not go out by answering. */
struct span reply_begin_whole(struct req *r, int status, int64_t length);

/* Ends the request if nothing is left to come. */
void req_settle(struct req *r);

/* server.c: a request has ended. */
void server_forget(struct req *r);

/* What the wire calls. */
void req_begin(void *arg, struct wire *w, const struct head *h, struct arena *arena);
void req_on_gone(void *user);
void req_on_sent(void *user, bool is_whole, int64_t body_bytes);
bool req_may_go_on(void *user);

/* server.c: gives a request that is ready to the handler. */
void server_handle(struct req *r);

#endif

/*
 * wire_priv: what wire.c, wire_body.c, wire_reply.c and carrier.c share: the connection and the loop's set of them.
 */
#ifndef SERVER_NET_WIRE_PRIV_H
#define SERVER_NET_WIRE_PRIV_H

#include "server/net/carrier.h"
#include "server/net/chunk.h"
#include "server/net/fetch.h"
#include "server/net/listener.h"
#include "server/net/proxyhead.h"
#include "server/net/stream.h"

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <sys/queue.h>

enum { WIRE_MAGIC = 0x77697265 };

enum wire_state {
	WIRE_FRESH,     /* accepted, not yet looked at */
	WIRE_PROXY,     /* a proxy says for whom it comes */
	WIRE_HANDSHAKE, /* TLS */
	WIRE_HEAD,      /* idle, or a head is coming in */
	WIRE_WAIT,      /* the handler has the head; the body, if any, is held back */
	WIRE_BODY,      /* the body streams into the sink */
	WIRE_REPLY,     /* the reply is on its way out */
	WIRE_DRAIN,     /* reply out; dropping a short rest of body, then the next head */
	WIRE_LINGER,    /* reply and FIN out; dropping input, so that the client reads the reply and not a reset */
	WIRE_DEAD       /* over; freed by later turns of the loop */
};

/* Bytes that came and were not yet used.  Without `size` they are the loop's read buffer. */
struct wire_input {
	char *data;
	size_t at, end, size;
};

struct wire_output {
	struct span head; /* what is left of it */
	const struct wire_piece *pieces;
	size_t count;
	int64_t done, sent; /* of the first piece; of all, for the log */
	int64_t warm_until; /* offset in the first piece's file up to which a worker has read ahead */
	struct fetch *fetch;
	const struct wire_source *source; /* more will come */
	bool is_waiting;                  /* for it */
};

struct wire {
	unsigned magic;
	TAILQ_ENTRY(wire) next;
	struct carrier *carrier;
	struct loop *loop;
	const struct port *port;

	struct bufferevent *under, *filter; /* evhttp's end: `under` owns the descriptor and never reads it */
	struct evhttp_request *carried;     /* the request in hand, as evhttp sees it */

	struct stream stream;
	struct event read_event, write_event, wake_event;
	bool is_reading, is_writing; /* the events are added */

	enum wire_state state;
	bool is_listed_fresh; /* in the carrier's list of those */
	bool is_busy;         /* wire_run() is on the stack */
	bool is_closing;      /* the connection ends with this reply */
	bool has_ended;       /* the client has said that no more will come */
	bool has_served;      /* a request, before */
	bool has_asked_close; /* the client wants no more after this */
	unsigned generation;  /* the carrier's when the client's certificate was last found good */
	struct wire_input in;
	struct head_scan scan;
	void *user;

	/* The body. */
	struct chunk chunk;
	uint64_t body_left;
	bool is_chunked, is_http10, expects_continue, is_body_done, is_paused;
	const struct wire_sink *sink;
	void *sink_arg;
	uint64_t dropped; /* in WIRE_DRAIN and WIRE_LINGER */

	struct wire_output out;

	unsigned since_s; /* when what is going on began, or last moved on */
	uint64_t moved;   /* bytes at that moment */
	char peer[LISTENER_PEER_SIZE];
	struct network network; /* if it is counted */
	bool is_counted;        /* in the budget's crowd */
};

TAILQ_HEAD(wire_list, wire);

/* One address of one loop. */
struct port {
	struct port *next;
	struct carrier *carrier;
	struct evhttp *evhttp;
	struct evconnlistener *listener;
	struct evhttp_bound_socket *bound; /* NULL: accepts no more */
	SSL_CTX *tls;
	bool is_admin, is_behind_proxy;
	unsigned admin_uid;
};

struct carrier {
	struct loop *loop;
	struct pool *pool;
	struct carrier_budget *budget;
	struct wire_limits limits;
	struct cidr_list trusted;
	struct wire_handler handler;
	struct port *ports;
	struct wire_list wires, fresh;
	struct event start;    /* looks at what is fresh */
	struct wire *carrying; /* whose head evhttp is just being given */
	bool is_accept_paused;
	unsigned generation; /* counts the changes */
};

/*
 * carrier.c: hands a head to evhttp; false: it did not take it.  Lets go of the request again.  And has evhttp free a dead
 * connection.
 */
bool wire_carry(struct wire *w, const struct head *h);
void wire_release(struct wire *w);
void wire_bury(struct wire *w);

/* carrier.c: counts the connection in its network; false: that has too many. */
bool wire_count(struct wire *w);

/* wire.c */
void wire_init(struct wire *w);         /* zeroed, but for its loop */
void wire_start(struct wire *w);        /* the descriptor is known */
void wire_begin(struct wire *w);        /* the peer is known: TLS, or the first head */
void wire_run(struct wire *w);          /* goes on with the bytes that are there */
void wire_watch(struct wire *w);        /* adds and removes the events as the state demands */
void wire_drop(struct wire *w);         /* ends the connection now */
void wire_next(struct wire *w);         /* the exchange is over: next head */
void wire_close(struct wire *w);        /* the last reply is out */
void wire_touch(struct wire *w);        /* the deadline begins anew */
void wire_sweep(struct wire *w);        /* is it time? */
void wire_wake(struct wire *w);         /* wire_run() in the loop's next turn */
bool wire_is_welcome(struct wire *w);   /* false: since the last change its certificate is good no more; drop it */
void wire_forget_input(struct wire *w); /* wipes and frees what is kept of it: there may be credentials in it */

/* wire_proxy.c: reads the proxy's header and not a byte more.  False: it is not complete, or the connection is over. */
bool wire_take_proxy(struct wire *w);

/* wire_body.c: uses input; true: something was used up and the state may have changed. */
bool wire_take_body(struct wire *w);
void wire_skip_buffered(struct wire *w); /* drops what is there of a body nobody reads */
void wire_body_gone(struct wire *w);

/* wire_reply.c */
void wire_push(struct wire *w);               /* sends what can be sent */
void wire_refuse(struct wire *w, int status); /* answers what never became a request, and closes */
void wire_reply_lost(struct wire *w);         /* the client has gone while the reply was under way */

#endif

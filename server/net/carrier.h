/*
 * carrier: the evhttp side of one loop: an evhttp for each address, its listening socket, and all connections.
 */
#ifndef SERVER_NET_CARRIER_H
#define SERVER_NET_CARRIER_H

#include "server/net/cidr.h"
#include "server/net/crowd.h"
#include "server/net/pool.h"
#include "server/net/wire.h"

struct ssl_ctx_st;

/* One for all loops. */
struct carrier_budget {
	atomic_uint open;               /* connections */
	atomic_uint inside;             /* of them through the admin door, for which there is always room */
	atomic_uint_least64_t accepted; /* ever */
	atomic_uint max;
	atomic_uint max_per_network; /* 0: any number */
	struct crowd *crowd;
};

struct carrier;

/* All that is given is borrowed.  The caller frees it on the loop's thread, or when that has ended. */
struct carrier *carrier_new(struct loop *loop, struct pool *pool, struct carrier_budget *budget,
			    const struct wire_limits *limits, const struct wire_handler *handler);

struct carrier_door {
	int fd;        /* a listening socket */
	bool owns_fd;  /* closed with the listener */
	bool is_admin; /* only root and admin_uid come in */
	bool
	    is_behind_proxy; /* connections begin with a header of the PROXY protocol, and come from trusted ones alone */
	unsigned admin_uid;
	struct ssl_ctx_st *tls; /* NULL: plain */
};

/* Before the loop runs.  E_IO. */
enum err carrier_listen(struct carrier *c, const struct carrier_door *door) must_check;

/* Whose word about where a client is counts (cidr.h).  On the loop's thread, or before it runs. */
const struct cidr_list *carrier_trusted(const struct carrier *c);

/*
 * What may change while the loop runs, on its thread or before: deadlines, from now on also of what is open; the proxies that
 * are trusted; for connections to come the TLS context, unless NULL.  Copied; of the context each connection holds its own
 * reference, so that the old one may be freed when this has returned.  An open connection whose client has shown a certificate that
 * the new context would not take ends before its next request, or the next stretch of a body that is under way.
 */
void carrier_change(struct carrier *c, const struct wire_limits *limits, const struct cidr_list *trusted,
		    struct ssl_ctx_st *tls);

/* On the loop's thread, before anything else there. */
void carrier_enter(struct carrier *c);

/* What time has run out for; each second. */
void carrier_sweep(struct carrier *c);

/* Graceful stop, step by step: no more connections; idle ones go; all go (their requests are told). */
void carrier_stop_accepting(struct carrier *c);
void carrier_close_idle(struct carrier *c);
void carrier_abort(struct carrier *c);

/* All connections are gone by now; runs the loop a few turns for what libevent has put off. */
void carrier_free(struct carrier *c);

#endif

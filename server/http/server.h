/*
 * server: the loops.  One event_base, one evhttp and one listening socket per loop and address; requests go to the one
 * handler that app plugs in.  The only includes of libevent outside server/net are in server/http.
 */
#ifndef SERVER_HTTP_SERVER_H
#define SERVER_HTTP_SERVER_H

#include "common/err.h"
#include "server/http/req.h"
#include "server/http/stats.h"
#include "server/net/cidr.h"
#include "server/net/tls.h"

#include <sys/types.h>

struct server;

/* What app decides for each address. */
struct server_listen {
	const char *address; /* "127.0.0.1:8443", "[::]:8443", "unix:/run/x.sock"; NULL with fd: inherited */
	int fd;              /* an inherited listening socket, or -1 */
	bool is_tls, is_admin;
	bool is_behind_proxy; /* connections begin with a header of the PROXY protocol, from trusted addresses alone */
	uid_t admin_uid;      /* is_admin: besides root, the peer uid that may come in (SO_PEERCRED) */
};

/* Seconds, bytes and counts; each has a config key (server/config). */
struct server_limits {
	unsigned handshake_head_s; /* TLS handshake + request head, absolute */
	unsigned idle_s;           /* keep-alive without a request */
	unsigned stall_s;          /* body or reply without progress */
	unsigned linger_s;         /* after an early reply */
	unsigned drain_s;          /* graceful stop: how long running requests may take */
	unsigned max_connections;  /* over all loops; beyond it accepted and closed, or left in the backlog */
	unsigned max_connections_per_address; /* IPv6: per /64; 0: any number; beyond it closed */
	unsigned requests_per_address;        /* a second; beyond it 429; 0: any number */
	unsigned requests_per_user;
	unsigned loops;   /* 0: one per core */
	unsigned workers; /* threads for blocking work */
};

extern const struct server_limits SERVER_LIMITS_DEFAULT;

/* Gets every well-formed request.  Framing errors were answered before. */
typedef void server_handler_fn(struct req *r, void *arg);

/* `tls` is borrowed for the server's life (NULL: no TLS listener).  Binds nothing yet. */
struct server *server_new(const struct server_limits *limits, struct tls *tls, server_handler_fn *handler, void *arg);

/*
 * What a server takes before it starts and again while it runs.  All borrowed for the call, `tls` until the next change or
 * the server's end.
 */
struct server_change {
	const struct server_limits *limits; /* of them not `loops` and `workers` */
	const struct cidr_list *proxies;    /* their PROXY header, Forwarded and X-Forwarded-* fields count */
	struct tls *tls;                    /* for connections to come; NULL: as before */
};

/*
 * Applies it, on each loop between two of its events, and waits until all have: no request is cut, no connection is dropped,
 * and after it no loop uses anything that was reachable only from what the last change gave, or from what a handler read
 * before (so that this is also how app gets rid of old settings).  Not after server_stop(); not from a loop.  Blocks.
 */
void server_apply(struct server *s, const struct server_change *change);

/*
 * Binds and listens (SO_REUSEPORT per loop).  Before server_run().  Port 0: the kernel chooses one, the same for all loops.
 * `out_bound` (may be NULL): the address in words with the real port; the caller frees it.  E_FORBIDDEN, E_BUSY (in use),
 * E_BAD_REQUEST (not an address).
 */
enum err server_listen(struct server *s, const struct server_listen *where, char **out_bound,
		       struct note *why) must_check;

/* Starts the loops and workers and returns at once; `on_ready`-style waiting is not needed: listening has begun. */
enum err server_start(struct server *s) must_check;

/* Any thread, async-signal-safe no: graceful stop; a second call aborts what still runs. */
void server_stop(struct server *s);

/* Waits until every loop has ended.  True if all requests ended by themselves, false if any was aborted. */
bool server_wait(struct server *s);

void server_free(struct server *s);

/* Milliseconds since the loop that answers least lately turned; what the watchdog and healthz look at.  Any thread. */
int64_t server_lag_ms(const struct server *s);

/* What the loops have counted since the start.  Any thread; never blocks. */
void server_stats(const struct server *s, struct server_stats *out);

#endif

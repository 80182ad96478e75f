/*
 * api: what is ours under /.sync/: health, login, and, through the admin socket alone, administration.
 */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include "server/auth/who.h"
#include "server/http/req.h"
#include "server/http/stats.h"
#include "server/store/store.h"

struct api;

struct accounts_address;

/* A reload that somebody waits for, in his request's memory.  Who did it fills it in and calls api_reloaded(), once. */
struct api_reload {
	struct api_reload *next; /* for who keeps it meanwhile */
	struct req_ticket *ticket;
	struct req *req;
	enum err error;
	struct note why;   /* error: what is wrong with the new config */
	struct note fixed; /* OK: what of it only a restart can change; "": nothing */
};
void api_reloaded(struct api_reload *r);

struct api_options {
	struct auth *auth; /* who asks for the metrics; borrowed for its life */
	/* Where login links lead now: borrowed until the loop's next turn.  On a loop. */
	void (*address)(void *arg, struct accounts_address *out);
	/* Reads the config again, elsewhere: `r` comes back by api_reloaded() from any thread.  On a loop. */
	void (*reload)(void *arg, struct api_reload *r);
	/* Appends what the config says (server/config.h).  On a loop. */
	enum err (*show_config)(void *arg, struct buf *out);
	/* Connections and requests, since `out_started_s`.  Any thread. */
	void (*stats)(void *arg, struct server_stats *out, int64_t *out_started_s);
	int64_t (*lag_ms)(void *arg);   /* how long a loop has not turned; any thread */
	bool (*is_draining)(void *arg); /* stopping: not ready for more */
	void *arg;
};

/* Borrows `store` for its life.  api_free(): after the last request; NULL is fine. */
struct api *api_new(struct store *store, const struct api_options *options);
void api_free(struct api *a);

/* The server stops: what would go on without end (events) ends.  Any thread. */
void api_stop(struct api *a);

/*
 * Answers a request for something of ours.  False, and nothing answered: not ours; what is neither a resource here nor a
 * read of /.sync goes on to the tree, which knows how to refuse it.  On the request's loop.
 */
bool api_handle(struct api *a, struct req *r);

/* Is it a supervisor's question (healthz, readyz)?  Those are answered also when nothing else is. */
bool api_is_health(const struct req *r);

#endif

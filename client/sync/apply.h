/*
 * apply: carries out the plan of one round.
 *
 * Every effect has a precondition that is checked when it takes place, here by place.h, there by If-Match, If-None-Match and If; one
 * that does not hold is no error: the path is left for the next round.  The base learns of an effect after it.
 */
#ifndef CLIENT_SYNC_APPLY_H
#define CLIENT_SYNC_APPLY_H

#include "client/remote/http.h"
#include "client/sync/foreign.h"
#include "client/sync/place.h"
#include "client/sync/work.h"

/* The end of one action; texts are borrowed for the call. */
struct apply_end {
	enum plan_action action; /* for apply_done(): PLAN_NOTHING is the plan's */
	const char *path;
	const char *copy; /* of PLAN_ASIDE: where it is now; of a move: where from */
	bool is_new;      /* put, get: nothing was there */
	int64_t bytes;    /* put, get; else -1 */
	struct digest digest;
	enum err err; /* OK, or why it failed, in `why` */
	const char *why;
};

struct apply_config {
	struct http *http;
	const char *collection;        /* the linked one, clean, below the remote's root */
	const struct foreign *foreign; /* NULL: a server of our kind */
	struct base *base;
	struct place place;
	struct scan_config scan; /* for what may stay in a folder */
	const char *host;        /* for conflict names */
	mode_t umask;
	void (*end)(void *arg, const struct apply_end *end);
	/* Adds what this client's locks need to a request that changes `path` and `other` (of the remote; NULL: none). */
	void (*submit_locks)(void *arg, struct http_request *req, const char *path, const char *other);
	void *arg;
};

struct apply_result {
	size_t done, skipped, failed;
	bool has_failed_moves; /* the next plan should do without them */
	enum err fatal;        /* not OK: nothing further would succeed; `why` says it */
	struct note why;
};

/* Does it all; ends when the last request is answered.  Paths that failed go to `failed`. */
void apply_run(const struct apply_config *config, const struct work *work, struct work_failed *failed,
	       struct apply_result *out);

#endif

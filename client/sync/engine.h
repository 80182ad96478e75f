/*
 * engine: brings a linked folder and its folder on the server together, in rounds: what changed there, what changed here, the plan,
 * its effects; until a plan has nothing left to do.
 *
 * What differs is taken up in windows of the walk's order, so that memory has a bound; one is enough unless very much differs.
 *
 * engine_step() does one of these and says which, so that commands and tests drive the same code.  Killed anywhere, the next engine
 * goes on: nothing but observations is kept.
 */
#ifndef CLIENT_SYNC_ENGINE_H
#define CLIENT_SYNC_ENGINE_H

#include "client/sync/apply.h"
#include "client/sync/linked.h"

struct engine;

/*
 * What is known of a folder that is watched, from one engine to the next: where to look, and the rules of the folders that are not
 * read again.  Begins with dirty_new(), NULL and false; its owner frees both.
 */
struct engine_view {
	struct dirty *dirty; /* to be added to between engines; one that is done leaves what it could not settle */
	struct ignore *ignore;
	bool is_settled; /* the last engine was done: if nothing is dirty, only news from the server matter */
};

struct engine_config {
	struct http *http;
	struct linked *linked;
	const struct foreign *foreign; /* NULL: a server of our kind */
	const char *ignore;            /* patterns, separated by blanks; NULL: none */
	const char *merge;             /* names of texts that are merged, likewise; NULL: MERGE_NAMES */
	const char *host;              /* for the names of conflict copies */
	mode_t umask;
	bool allow_deletes; /* whatever the safety belts say */
	bool is_dry;        /* plan each window once, change nothing */
	size_t window;      /* how much is taken up at once; 0: SCAN_ROOM */
	struct engine_view
	    *view;       /* NULL: everything is read.  If nothing is dirty it is read only if something changed there */
	bool holds_open; /* a file that somebody has open for writing waits */
	const volatile sig_atomic_t *interrupted;
	void (*end)(void *arg, const struct apply_end *end);
	void (*submit_locks)(void *arg, struct http_request *req, const char *path, const char *other);
	void *arg;
};

enum engine_did {
	ENGINE_LISTED,  /* the server was asked, for a listing or for what a foreign one's listing leaves open */
	ENGINE_PLANNED, /* the folder was read, and engine_work() is the plan */
	ENGINE_APPLIED, /* it was carried out as far as possible */
	ENGINE_DONE,    /* nothing is left that could be done */
};

struct engine_counts {
	size_t rounds, done, failed;
	size_t unsettled; /* kept changing: the next run takes them up */
	bool was_merge;   /* everything was compared anew */
};

struct engine *engine_new(const struct engine_config *config);
void engine_free(struct engine *e);

/*
 * One step.  E_PRECONDITION: a safety belt holds, and nothing of the plan was done; else what makes going on useless; `why` says it.
 * Blocks.
 */
enum err engine_step(struct engine *e, enum engine_did *out, struct note *why) must_check;

/* The newest plan, and the scan it was made from; they live until the next step. */
const struct work *engine_work(const struct engine *e);
const struct scan *engine_scan(const struct engine *e);

/* Does that plan begin at the first path? */
bool engine_is_first_window(const struct engine *e);

struct engine_counts engine_counts(const struct engine *e);

#endif

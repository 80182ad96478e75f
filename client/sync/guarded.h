/*
 * guarded: one change of a file or folder on a foreign server, with nobody between our look and our change: under a lock, or by a
 * condition, or, where there is neither and the user said --unsafe, by looking right before.
 *
 *     LOCK -> PROPFIND -> the change -> PROPFIND -> UNLOCK        the change with If-Match -> PROPFIND        PROPFIND -> the change -> ...
 */
#ifndef CLIENT_SYNC_GUARDED_H
#define CLIENT_SYNC_GUARDED_H

#include "client/sync/apply_priv.h"
#include "client/sync/davlock.h"
#include "client/sync/tag.h"

struct guarded;
typedef void guarded_fn(struct guarded *g);

enum guarded_end { GUARDED_DONE, GUARDED_SKIPPED, GUARDED_FAILED };

struct guarded {
	struct apply *a;
	size_t index;
	char *path; /* below the remote's root */
	bool is_folder;
	bool is_expected; /* something is to be there: as `expected` tells */
	struct tag expected;
	struct davlock lock;
	bool has_lock, has_asked_whose;
	char *own;               /* the condition that submits a lock of the user's own; NULL: there is none */
	struct http_request req; /* the change */
	bool is_started;         /* req was */
	guarded_fn *change;      /* starts it: guarded_send() */
	guarded_fn *over;        /* the last call: frees */
	enum guarded_end end;
	enum err err;
	struct note why;
	/* What the server tells afterwards: */
	bool has_found, was_alone; /* was_alone: our lock was still there */
	struct tag found;
	void *arg;
};

/*
 * Gets hold of it, looks, and calls `change`; or ends it as skipped or failed with `over`.  `g` is filled in but for what begins with
 * `lock` up to `own`.  `lock_s`: how long it may take.
 */
void guarded_start(struct guarded *g, int64_t lock_s);

/* Sends g->req, with the conditions; `answered` (its done) then ends or goes on. */
void guarded_send(struct guarded *g);

/* Asks what the server tells of it now (g->found), then ends as done. */
void guarded_look_after(struct guarded *g);

/* Lets go, then calls `over`. */
void guarded_end(struct guarded *g, enum guarded_end end, enum err e, const char *why);

/* Frees what it holds. */
void guarded_clear(struct guarded *g);

#endif

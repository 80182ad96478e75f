/*
 * store_change: every change of the tree, as steps of a transaction that happen all or not at all.
 */
#ifndef SERVER_STORE_STORE_CHANGE_H
#define SERVER_STORE_STORE_CHANGE_H

#include "server/store/store_lock.h"
#include "server/store/store_prop.h"
#include "server/store/store_sums.h"

/* Who makes the change: what the journal and the history show. */
struct store_author {
	const char *user, *client; /* "ann", "ann@laptop"; copied */
};

enum { STORE_RUN_SIZE = 16 };

#define STORE_MTIME_NOW INT64_MIN /* PUT: the time of the change; else: leave it as it is */

enum store_op {
	STORE_PUT,
	STORE_MKCOL,
	STORE_DELETE,
	STORE_COPY,
	STORE_MOVE,
	STORE_PROPPATCH,
	STORE_LOCK,
	STORE_REFRESH, /* of a lock */
	STORE_UNLOCK,
	STORE_RESTORE,  /* a content that a file had (store_history.h) */
	STORE_UNDELETE, /* out of the trash, with everything below it */
	STORE_CHECK,    /* changes nothing: holds the conditions, and that no lock is in the way of anything */
	/* The last part of a plan (store_history.h): judged by what is there when the change is made, not by what the plan saw. */
	STORE_REVERT,      /* the place has again what it had at a number; of a collection not its members */
	STORE_REVERT_SINCE /* so do the places below it that changed since the plan was made */
};

/* What was built aside for a change (stage.h); all 0: nothing. */
struct store_stage {
	int64_t top;    /* its node */
	int64_t source; /* of what */
	int64_t looked; /* nothing that it depends on changed up to this number */
};

/*
 * One step of a transaction.  All pointers are borrowed until store_txn_add() returns, except `upload`, which is taken.
 * A step whose path, or destination, is under somebody's lock is E_LOCKED unless `ifs` submits the token and the author's
 * user made the lock (RFC 4918 §7).
 */
struct store_step {
	enum store_op op;
	struct span path;
	const struct cond *cond; /* held against `path` when the change is made; NULL: none */
	const struct digest
	    *content;               /* STORE_PUT: what the file must still have, else E_PRECONDITION; NULL: anything */
	const struct store_if *ifs; /* the If header (store_lock.h), held at the same moment; NULL: none */
	struct upload *upload;      /* STORE_PUT: finished */
	int64_t mtime_ns;           /* PUT, MKCOL, COPY, MOVE, PROPPATCH: STORE_MTIME_NOW, or the client's */
	const struct store_sums *sums; /* STORE_PUT: further hashes that the content is known to have; NULL: none */
	const char *type;              /* STORE_PUT: media type, at most STORE_TYPE_SIZE - 1 bytes; NULL: none named */
	bool
	    is_collection; /* DELETE, COPY, MOVE: the path was written with a trailing slash; a file is E_NOT_FOUND then */

	struct span destination; /* COPY, MOVE */
	bool
	    overwrite; /* COPY, MOVE, UNDELETE: what is at the destination goes; false: E_PRECONDITION when something is */
	bool is_shallow; /* COPY of a collection without its members (Depth: 0) */
	struct store_stage
	    stage; /* COPY: what store_copy_stage() prepared; RESTORE: what a plan did (store_history.h) */

	const struct store_prop_change *props; /* PROPPATCH, MKCOL (store_prop.h): all or none, in order */
	unsigned prop_count;
	enum store_exec executable; /* PROPPATCH */

	const struct store_lock *lock; /* LOCK: scope, depth, owner, expires_s; REFRESH: expires_s */
	const unsigned char *token;    /* REFRESH, UNLOCK: of STORE_LOCK_TOKEN_SIZE */

	int64_t
	    node; /* RESTORE, UNDELETE: whose; REVERT: the collection that the place was in, 0: none was there then */
	int64_t number; /* RESTORE, REVERT: its content at that number; UNDELETE: of its deletion */
	bool
	    is_itself; /* REVERT: `node` is what was at the place; `stage.source` what the plan saw there, 0: nothing */
};

/* Steps that happen all or not at all. */
struct store_txn;

struct store_txn *store_txn_new(const struct store_author *author);
/* STORE_RUN_SIZE bytes that it has in common with the other changes of one command (store_undo.h); else it is one of its own. */
void store_txn_set_run(struct store_txn *t, const unsigned char *run);
void store_txn_add(struct store_txn *t, const struct store_step *step);
void store_txn_free(struct store_txn *t);

struct store_result {
	enum err error;
	unsigned step;      /* the step that failed, or the last one */
	bool created;       /* OK: the name (of a COPY or MOVE the destination's) was new (201), else replaced (204) */
	bool is_over_quota; /* E_NO_SPACE: by a quota, not by the disk */
	bool has_digest;    /* `digest` is set */
	struct digest
	    digest;      /* OK: of what is there now, for DELETE of what was removed; E_PRECONDITION: the current one */
	bool has_before; /* OK, PUT and DELETE of a file: `before` is the content that was there */
	struct digest before;
	int64_t seq; /* OK: the number of the change */
	struct store_node
	    node; /* OK, but for DELETE and UNLOCK: what is there now, at the destination (name is empty) */
	struct store_lock lock; /* OK, LOCK and REFRESH: as it is now; its spans are borrowed until `done` returns */
	struct span
	    culprit; /* E_LOCKED: path of the resource whose lock is in the way; borrowed until `done` returns */
};

/*
 * Runs once, on an unspecified thread, never from inside store_submit().
 *   OK                 on stable storage, visible to all
 *   E_PRECONDITION     a condition did not hold; COPY, MOVE: something is at the destination; REFRESH, UNLOCK: no such lock here
 *   E_NOT_FOUND        DELETE, COPY, MOVE, PROPPATCH: nothing there; RESTORE, UNDELETE: it is not kept, or not in the trash
 *   E_CONFLICT         no parent collection; RESTORE onto a collection
 *   E_METHOD           PUT on a collection; MKCOL on something
 *   E_FORBIDDEN        the root or a reserved name; COPY, MOVE onto itself, an ancestor, or below itself; another's lock
 *   E_LOCKED           a lock is in the way: `culprit`
 *   E_URI_TOO_LONG     COPY, MOVE: what is below the source would be too deep, or its paths too long
 *   E_TOO_LARGE        more locks or properties than a resource or a user may have
 *   E_NO_SPACE         disk, or `is_over_quota`; nothing changed
 *   E_BUSY             surely not done                     E_UNKNOWN     perhaps done; the store stopped, if it was not for want of memory
 */
typedef void store_done_fn(void *arg, const struct store_result *result);

/* Queues a transaction; takes `t`.  Any thread, never blocks. */
void store_submit(struct store *s, struct store_txn *t, store_done_fn *done, void *arg);

/*
 * COPY of a large collection (over STAGE_INLINE_MAX nodes): builds the copy aside, in slices between other changes, so that
 * no PUT waits for it; the step then attaches it by one row if nothing at or below the source has changed since, neither contents
 * nor properties, else it is E_BUSY.  Blocks: on a worker.  `io_stage`: zeroed at first, afterwards what was prepared, which is
 * used again if it is still good; its top is 0 if the collection is small, or there is none: nothing to prepare.  E_BUSY: it
 * keeps changing, or the store closes.
 */
enum err store_copy_stage(struct store *s, struct span path, const struct store_author *author,
			  struct store_stage *io_stage) must_check;

/* What was prepared is not needed (its step failed, or was never submitted): removed in slices.  Blocks. */
void store_unstage(struct store *s, struct store_stage *io_stage);

#endif

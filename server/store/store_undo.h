/*
 * store_undo: taking back what one command of a user changed, and taking that back.
 *
 * What belongs together has one key in the journal: that of its transaction, or the one that the client gave all changes of a
 * command (store_author.run).  Such a run is taken back change by change, the last first: what was saved becomes what it was
 * before, what was made goes to the trash, what was removed comes back, what was moved goes home.  Each holds only if nobody changed
 * the resource since; what somebody did stays as it is, and is said.  All of it is one transaction; a run of more than
 * STORE_UNDO_STEPS changes is several, the last changes first.
 *
 * Taking back is a run, too, with a key that follows from the one it takes back.  So a run is known to be taken back, the next
 * undo goes one further back, and a redo is the undo of the last undo.  Dead properties, times and the executable bit of what
 * was not replaced have no history and are not taken back.
 */
#ifndef SERVER_STORE_STORE_UNDO_H
#define SERVER_STORE_STORE_UNDO_H

#include "server/store/store_change.h"

enum {
	STORE_UNDO_LOOKBACK = 1000000, /* changes of everybody's, in which the run must lie */
	STORE_UNDO_STEPS = 2000,       /* of one transaction */
	STORE_UNDO_LIMIT = 100000      /* of a run */
};

/* May the change be made there?  On the committer's thread too. */
typedef bool store_undo_judge_fn(void *arg, struct span path);

struct store_undo_query {
	const char *user, *client; /* whose run; also who takes it back */
	bool is_any_client;        /* the run may have come through any client of the user's, else through this one */
	bool is_redo;              /* the last undo that was not taken back itself, instead of the last run */
	bool is_rehearsal;         /* does all that it can but leaves nothing of it */
	store_undo_judge_fn *judge;
	void *arg;
};

enum store_undo_what {
	STORE_UNDO_CONTENT, /* it has the content of before */
	STORE_UNDO_GONE,    /* it was new */
	STORE_UNDO_BACK,    /* it was removed, or something was moved over it */
	STORE_UNDO_HOME,    /* it was moved */
	STORE_UNDO_PROPS    /* what has no history: E_NOT_IMPLEMENTED */
};

/* One change that was taken back, or not. */
struct store_undone {
	enum store_undo_what what;
	/*
	 * OK; E_PRECONDITION: changed since, or something is at its place; E_NOT_FOUND: not kept any more; E_CONFLICT: the collection it
	 * was in is not there; E_FORBIDDEN, E_LOCKED, E_NO_SPACE as for any change.
	 */
	enum err error;
	bool is_collection, has_digest;
	struct digest digest; /* has_digest: of what is there now */
	char *path, *from;    /* where it is then, or would be; HOME: where it was moved to; else NULL */
};

struct store_undo;

/*
 * Finds the run.  Blocks, on a worker, some seconds at most.  E_NOT_FOUND: there is none in the last STORE_UNDO_LOOKBACK changes;
 * E_TOO_LARGE: it has more than STORE_UNDO_LIMIT.
 */
enum err store_undo_find(struct store *s, const struct store_undo_query *query, struct store_undo **out) must_check;
void store_undo_free(struct store_undo *u);

/* The next transaction, for store_submit(); NULL: no more.  Only after the one before was answered with OK.  On a worker. */
struct store_txn *store_undo_next(struct store_undo *u);

/* All changes, in the order in which they are taken back; what was not tried yet is E_BUSY.  Not while one is submitted. */
size_t store_undo_count(const struct store_undo *u);
const struct store_undone *store_undo_item(const struct store_undo *u, size_t i);

#endif

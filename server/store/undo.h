/*
 * undo: the parts of store_undo: the runs of a user, and a step that names what it is about by its node (step_undo.c).
 */
#ifndef SERVER_STORE_UNDO_H
#define SERVER_STORE_UNDO_H

#include "server/store/journal.h"
#include "server/store/step.h"
#include "server/store/store_undo.h"

/* The key of what takes the run `key` back. */
void undo_key(const unsigned char key[JOURNAL_TXN_SIZE], unsigned char out[JOURNAL_TXN_SIZE]);

/* ---- the runs of a user, the newest first (undo_runs.c) ---- */

struct undo_run {
	unsigned char key[JOURNAL_TXN_SIZE];
	int64_t first, last; /* numbers, as far as they were looked at */
	bool is_through;     /* the client that was asked for made it */
	int parent;          /* index of the run that it takes back; -1: none */
	unsigned depth;      /* 0: a run, 1: its undo, 2: the redo, ... */
	bool is_cancelled;   /* it was taken back, and that was not */
};

enum { UNDO_RUNS = 200 };

struct undo_runs {
	struct undo_run list[UNDO_RUNS];
	int count;
};

enum err undo_read_runs(struct db *db, const struct store_undo_query *query, struct undo_runs *out) must_check;

/* The run that an undo, or a redo, takes back; NULL: none. */
const struct undo_run *undo_target(const struct undo_runs *runs, bool is_redo);

/* Does a change of the run with that key count for nothing, because it and what took it back do? */
bool undo_is_neutral(const struct undo_runs *runs, struct span key);

/* ---- in the committer ---- */

/* What a step is about, by node, and where what came of it goes. */
struct undo_step {
	int64_t node, seq; /* seq: number of its last change, unless one of the same transaction came after it */
	int64_t to_parent; /* MOVE, UNDELETE: the collection, and in it: */
	struct span to_name;
	const struct digest *left_as; /* DELETE of a collection: what it must have; NULL: anything */
	struct store_undone *outcome;
};

/*
 * Fills the step's paths, by where the nodes are at this moment, and checks that nobody changed the node.  `out->error`: as
 * struct store_undone says.
 */
enum err undo_resolve(struct group *g, const struct store_txn *t, struct txn_step *step,
		      struct store_result *out) must_check;

/* Notes how it went. */
void undo_note(struct txn_step *step, const struct store_result *result);

#endif

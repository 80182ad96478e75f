/*
 * stage: a collection that is built aside, in slices between other changes, and takes its place by one row: a copy of a large one
 * (store_change.h, store_copy_stage()), or a large one as it was (store_history.h, store_restore_plan()).
 *
 * It hangs from the trash's node, where no path leads, without a row in `trash`, under a key that begins with "stage-".
 */
#ifndef SERVER_STORE_STAGE_H
#define SERVER_STORE_STAGE_H

#include "server/store/step.h"

/* ---- building ---- */

enum { STAGE_SLICE = 300, STAGE_KEY_SIZE = 64 };

/* The key of a stage; `state`: of what state of its source it is, 0 if that does not change. */
void stage_key(char out[STAGE_KEY_SIZE], int64_t stage, int64_t state);

/* Ids for a slice, in the transaction that uses them; the number that its nodes get. */
enum err stage_take_ids(struct db *db, int64_t count, int64_t *out_first, int64_t *out_head) must_check;

/* Dead properties as `old` has them now. */
enum err stage_copy_props(struct db *db, int64_t old, int64_t new) must_check;

/*
 * Builds what the collection `id` was at a number; `depth` and `path_bytes` are those of the path that it is for.  Contents are
 * shared; dead properties, which have no history, are those that each node has now.  Blocks, on a worker.  E_NOT_FOUND: it was not
 * a collection then; E_URI_TOO_LONG: at that path something in it could not be named; E_BUSY: the store closes.
 */
struct stage_past {
	const char *author;
	int64_t id, number;
	unsigned depth;
	size_t path_bytes;
};
enum err stage_build_past(struct store *s, const struct stage_past *what, int64_t *out_stage) must_check;

/* ---- judging ---- */

/*
 * What changed since the number `since` in a collection, itself included.  `props_of`: only properties, of nodes that were somewhere at that
 * number; STAGE_ALL: everything.  Looks at no more than `limit` rows of the journal; E_BUSY: there are more.  In a transaction.
 */
enum { STAGE_ALL = -1 };
enum err stage_is_changed(struct db *db, int64_t id, int64_t since, int64_t limit, int64_t props_of,
			  bool *out) must_check;

/* Is the staged copy still one of the source as it is now?  `out->error` E_BUSY: not any more. */
enum err stage_check(struct db *db, const struct store_stage *stage, const struct tree_row *source,
		     struct store_result *out) must_check;

/* ---- into its place, or away ---- */

/* What was built aside takes the place `d`, where nothing is, by one row.  `n`: as it is built; comes out as it is then. */
enum err stage_attach(struct group *g, struct target *d, struct store_node *n) must_check;

/*
 * Removes what a crash left: what was built aside and never got its place, and the rest of what was being purged.  Blocks, at start;
 * in transactions of its own, some hundred rows each, so that after another crash it goes on where it was.
 */
enum err stage_sweep(struct db *db) must_check;

#endif

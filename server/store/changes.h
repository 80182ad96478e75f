/*
 * changes: a page of a report under way (store_sync.h), for the files that make it, and the sync-token as a state token.
 *
 * A report of the numbers above `from` up to `number` is the tombstones of these numbers, then the nodes that changed; where
 * a collection came to its place, everything below it.  A change's results are the collections above it, whose entity
 * tags it changed, from the top down, and then the node or tombstone itself.
 *
 * What is shown was in its place at `number`, and still is.  What left it since has a tombstone that the next report shows;
 * what came to its place since is new to the next report.  So a report that begins where one ended makes good whatever that
 * one saw half of.
 */
#ifndef SERVER_STORE_CHANGES_H
#define SERVER_STORE_CHANGES_H

#include "server/store/branch.h"
#include "server/store/store_sync.h"
#include "server/store/synctoken.h"
#include "server/store/tree.h"

enum {
	CHUNK_RESULTS = 256, /* of one read transaction */
	CHUNK_ROWS = 20000,  /* looked at in one */
	SEEN_SLOTS = 1 << 15 /* more than twice the results of a page */
};

struct store_sync {
	struct store *store;
	struct store_sync_query query; /* its spans are owned */
	bool is_begun;
	struct sync_token token; /* the page's state: number: up to where; cursor: what comes next */
	int64_t target;          /* the collection */
	unsigned given;          /* results of this page */
	int64_t *seen;           /* collections that this page has shown: each is shown once */
	char text[STORE_SYNC_TOKEN_SIZE];

	/* of one chunk */
	struct arena *arena;
	struct db *db;
	struct branches *branches;
	struct store_change *changes;
	size_t count;
	unsigned rows;
};

/* Is there no room in the chunk, or on the page, for one more? */
bool changes_is_full(const struct store_sync *y);

/* Adds a result.  `row` NULL: a tombstone. */
void changes_add(struct store_sync *y, struct span path, const struct tree_row *row, bool is_collection);

/* Has the page shown this collection?  changes_add() notes it. */
bool changes_has_seen(const struct store_sync *y, int64_t id);
void changes_note(struct store_sync *y, int64_t id);

/*
 * Adds the collections above a change in `p` that were not shown yet, counting in cursor.at; false: the chunk is full before
 * all are.  At level 1 that is the topmost alone.
 */
enum err changes_add_above(struct store_sync *y, const struct branch *p, bool *out_all) must_check;

/*
 * The phases: each goes on at the cursor until the chunk is full or the phase is over, and leaves the cursor where to go on;
 * SYNC_NONE: at the end.
 */
typedef enum err changes_phase_fn(struct store_sync *y);
changes_phase_fn changes_gone, changes_nodes, changes_walk;

/*
 * Is `text` a sync-token of this store, and did nothing below the collection `target` change since (RFC 6578 §5)?  Within any
 * transaction.  Looks at a bounded number of changes: after more than that the answer is no.
 */
enum err changes_token_holds(struct db *db, struct span text, int64_t target, bool *out) must_check;

#endif

/*
 * synctoken: the text of a sync token, and whether it is one of this store's history (protocol.md, "Changes").
 *
 *     data:,EPOCH.NUMBER.CHAIN.VIEW[.PHASE-FROM-SEQ-NODE-AT]
 *
 * EPOCH, CHAIN and VIEW are 16 hex digits, the rest decimal.  The chain tells what the epoch cannot: that the store went
 * back in time by a snapshot or `cp`, and on from there to the same number by another way.
 */
#ifndef SERVER_STORE_SYNCTOKEN_H
#define SERVER_STORE_SYNCTOKEN_H

#include "common/db.h"
#include "server/store/store_sync.h"

enum { SYNC_PART_SIZE = 8 };

enum sync_phase {
	SYNC_NONE = 0,    /* no cursor: the report was complete */
	SYNC_GONE = 'g',  /* at tombstone (seq, node) */
	SYNC_NODES = 'n', /* at the changed node (seq, node) */
	SYNC_WALK = 'w',  /* inside the collection `node`, which came at (seq, node), after the node `at` */
	SYNC_LIST = 'l',  /* inside the target, after the node `at`: the first listing */
};

/* Where in a report of the numbers above `from`, up to the token's, the next page begins. */
struct sync_cursor {
	enum sync_phase phase;
	int64_t from, seq, node;
	int64_t at; /* GONE, NODES: how many of this change's results were given */
};

struct sync_token {
	unsigned char epoch[SYNC_PART_SIZE], chain[SYNC_PART_SIZE], view[SYNC_PART_SIZE];
	int64_t number;
	struct sync_cursor cursor;
};

/* Exactly what sync_token_write() writes.  False: not a token. */
bool sync_token_read(struct span text, struct sync_token *out);

const char *sync_token_write(const struct sync_token *t, char out[STORE_SYNC_TOKEN_SIZE]);

/* The namespace as it is in this transaction. */
struct sync_state {
	unsigned char epoch[SYNC_PART_SIZE];
	int64_t head, kept;
	struct digest kept_chain;
};
enum err sync_state_read(struct db *db, struct sync_state *out) must_check;

/* A token without cursor for the number `number`, which is in the journal. */
enum err sync_token_at(struct db *db, const struct sync_state *state, int64_t number,
		       const unsigned char view[SYNC_PART_SIZE], struct sync_token *out) must_check;

/*
 * Is it a token of this history: this epoch, a number that is known and not purged, the chain that was at it?  Says nothing
 * of the view.  E_PRECONDITION: no.
 */
enum err sync_token_check(struct db *db, const struct sync_state *state, const struct sync_token *t) must_check;

#endif

/*
 * store_sync: what changed below a collection since a token (RFC 6578; protocol.md, "Changes").
 *
 * A report covers the numbers from its token's up to the head when it began.  It is read in chunks, each in one short read
 * transaction: what a chunk shows is as of then, and only what was in its place at that head is shown, so that the changes
 * made meanwhile are whole in the next report.  A report during which something changed ends as a truncated one: the client
 * asks once more, and then has a state that was there at one moment.
 */
#ifndef SERVER_STORE_STORE_SYNC_H
#define SERVER_STORE_STORE_SYNC_H

#include "server/store/store.h"

enum { STORE_SYNC_VIEW_SIZE = 8, STORE_SYNC_TOKEN_SIZE = 192, STORE_SYNC_PAGE_LIMIT = 10000 };

/*
 * The token of this moment, for somebody who sees `view`: any bytes that change when what he may read does.  It is a URI
 * that begins with "data:,".  One short read; any thread.
 */
enum err store_sync_token(struct store *s, const unsigned char view[STORE_SYNC_VIEW_SIZE],
			  char out[STORE_SYNC_TOKEN_SIZE]) must_check;

struct store_sync_query {
	struct span path;  /* the collection */
	struct span token; /* what an earlier report or store_sync_token() gave; empty: everything is listed */
	unsigned char view[STORE_SYNC_VIEW_SIZE];
	bool is_deep; /* everything below (sync-level infinite), else the direct members */
	bool
	    knows_ids; /* the client takes a name for one thing: gone or with another resource-id, so is what was below */
	unsigned limit; /* results of this page; 0, or more than STORE_SYNC_PAGE_LIMIT: that many */
};

/* One member that changed, or went. */
struct store_change {
	struct span path;
	bool is_gone, is_collection;
	struct store_node node; /* if it is not gone */
};

enum store_sync_state {
	STORE_SYNC_MORE, /* there is more to read on this page */
	STORE_SYNC_CUT,  /* the page ends here, and its token is where the next one begins */
	STORE_SYNC_DONE, /* the report is complete */
};

/* A page of a report.  Copies the query; the caller frees it with store_sync_free(), NULL is fine. */
struct store_sync *store_sync_new(struct store *s, const struct store_sync_query *query);
void store_sync_free(struct store_sync *y);

/*
 * Reads the next chunk: `out` (borrowed until the next call) has `out_count` changes, perhaps none, parents before what is
 * below them.  Blocks for some milliseconds: on a worker; one thread at a time.  E_NOT_FOUND: no collection at the path.
 * E_PRECONDITION: the token is not valid here any more (RFC 6578 §3.3, DAV:valid-sync-token), or never was: the client
 * starts over; if it comes after other chunks, the page may end there, like a cut one.
 */
enum err store_sync_next(struct store_sync *y, const struct store_change **out, size_t *out_count,
			 enum store_sync_state *out_state) must_check;

/* The token that ends the page after the chunks that were read.  Lives as long as `y`. */
const char *store_sync_end(struct store_sync *y);

#endif

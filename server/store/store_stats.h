/*
 * store_stats: what the store can say of itself: at once, what it counts as it goes; at the price of a walk through some
 * tables, what it holds.
 */
#ifndef SERVER_STORE_STORE_STATS_H
#define SERVER_STORE_STORE_STATS_H

#include "common/counter.h"
#include "server/store/store.h"

struct store_stats {
	int64_t head;                /* number of the last change */
	unsigned queued, max_queued; /* changes that wait for a commit */
	uint64_t commits, changes;   /* since the start */
	struct histogram_view took;  /* commits: from when a group is taken to the end of its COMMIT, bodies synced */
	int64_t memory_bytes, memory_budget_bytes; /* of small bodies on their way in */
	int64_t wal_bytes, db_bytes;
	int64_t free_bytes; /* of the disk, beyond the reserve */
	bool is_read_only;
	int64_t scrub_bytes_per_s;           /* contents are read back at this rate; 0: not at all */
	uint64_t scrub_bytes, scrub_damages; /* read since the start, and found damaged */
	int64_t scrub_ended_s,
	    scrub_round_bytes; /* when all had been read once more, and how much that was; 0: not yet */
};

/* Counters and a few system calls.  Any thread; does not block. */
void store_stats(struct store *s, struct store_stats *out);

struct store_sizes {
	int64_t live_bytes;        /* of the tree, as its readers see it */
	int64_t history_bytes;     /* of what was replaced or deleted, and is kept */
	int64_t stored_bytes;      /* contents on the disk, each once */
	int64_t dead_bytes;        /* in segments, that no row names */
	int64_t damaged;           /* contents that are known to be, and not healed yet */
	int64_t versions, trashed; /* contents that were replaced or deleted; things that were deleted */
	int64_t users, tokens;
};

/* Counts them.  Takes as long as the store is large (some seconds for ten million files): on a worker.  Errors of the database. */
enum err store_sizes(struct store *s, struct store_sizes *out) must_check;

#endif

/*
 * store_retain: removing history that is kept no longer, by age, by count and by size (store_options; keep.h has the rule), and then
 * of the journal what is old enough and what no history that is left needs (retain_journal.c).
 *
 * What is current is never touched, nor a content that anything still refers to; contents that lost their last reference are
 * for the collection of garbage to remove.
 */
#ifndef SERVER_STORE_STORE_RETAIN_H
#define SERVER_STORE_STORE_RETAIN_H

#include "server/store/store.h"

struct store_retained {
	int64_t versions; /* that went */
	int64_t trashed;  /* deleted things that went for good */
	int64_t bytes;    /* that these had; contents that others share count as well */
	int64_t changes;  /* rows of the journal that went */
};

/*
 * Goes through all history once and removes what is due at `now_ns`, in slices between other changes; `is_rehearsal`: only counts
 * what is due by age and by count.  Blocks as long as there is history to look at: on a worker.  One at a time: E_BUSY, another
 * one runs, or the store is closing.  Errors of the database.
 */
enum err store_retain(struct store *s, int64_t now_ns, bool is_rehearsal, struct store_retained *out) must_check;

/* What holds, and what the last pass did.  Any thread; does not block. */
struct store_retention {
	int64_t all_s, daily_s, weekly_s, versions_max;
	int64_t bytes_max; /* -1: not known before the first pass */
	int64_t journal_s;
	int64_t last_ns; /* when the last pass ended; 0: none since the start */
	struct store_retained last;
};
void store_retention(struct store *s, struct store_retention *out);

#endif

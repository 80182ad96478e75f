/*
 * sweeper: the thread that looks after a store that is served: it collects (store_gc.h), what was noted every few minutes, everything
 * once a day; and between that it scrubs: reads content after content back and proves it, slowly.  Rot is marked: answered 500,
 * never served, healed by the next upload of the same bytes.
 */
#ifndef SERVER_STORE_SWEEPER_H
#define SERVER_STORE_SWEEPER_H

#include "server/store/state.h"

struct sweeper;

enum err sweeper_start(struct store *s, struct sweeper **out) must_check;

/* Ends it, between two slices (`is_closing` ends those that read).  Before the committer ends.  NULL is fine. */
void sweeper_free(struct sweeper *w);

/* ---- scrubbing ---- */

struct scrub {
	int64_t after;          /* id of the last content that was looked at */
	int64_t bytes, damages; /* that were read; that were found */
	bool is_end;            /* it went round */
};

/* Looks at some contents more.  Blocks for as long as reading them takes at `bytes_per_s` (0: as fast as the disk). */
enum err scrub_some(struct store *s, struct scrub *scrub, int64_t bytes_per_s) must_check;

#endif

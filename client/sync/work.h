/*
 * work: the plan of one round: where the three trees differ, joined from the scan and from what the server told, and what to do
 * about it.
 */
#ifndef CLIENT_SYNC_WORK_H
#define CLIENT_SYNC_WORK_H

#include "client/sync/base.h"
#include "client/sync/ignore.h"
#include "client/sync/scan.h"

/* What stands behind a plan_item. */
struct work_detail {
	const struct scan_entry *local;  /* NULL: as in the base; borrowed from the scan */
	const struct base_row *base;     /* kind PLAN_ABSENT: none; never NULL */
	const struct remote_row *remote; /* likewise */
	const char *why;                 /* why it is held */
	size_t from;                     /* PLAN_MOVE, PLAN_RENAME: the item that it was before */
};

struct work {
	struct arena *arena;     /* of paths and rows that are not the scan's */
	struct plan_item *items; /* planned; in the order of treepath_compare() */
	struct work_detail *details;
	size_t count, room;
	const char *end; /* the plan is that of a window that ends before this path; NULL: at the end of all */
	struct base_untold untold; /* what the server told of outside the window */
	bool has_seen_top;         /* the server has something in the root that the base has not */
};

/* Why the item at a window's end is held: what is above it may not go before the rest of it was looked at. */
#define WORK_LATER "later in this run"

/* Paths that failed in an earlier round of this run, in no order; they are held now. */
#define WORK_FAILED_BEFORE "it failed in this run"

struct work_failed {
	char **paths;
	size_t count, room;
};

void work_failed_add(struct work_failed *f, const char *path);
void work_failed_clear(struct work_failed *f);

struct work_config {
	struct base *base;
	const struct ignore *ignore;
	struct work_failed *failed; /* is put in order */
	const char *from;           /* where the scan's window begins; NULL: at the first */
	size_t room;                /* how many of the server's differences it holds at most; 0: SCAN_ROOM */
	bool with_moves, has_modes; /* moves are wanted; executable bits are kept here */
};

/* Joins and plans.  `scan` has to outlive it.  Errors of the base.  work_clear() frees, whatever came. */
enum err work_build(const struct work_config *config, const struct scan *scan, struct work *out) must_check;
void work_clear(struct work *w);

/* Actions but PLAN_NOTHING, PLAN_HOLD and PLAN_MOVED. */
size_t work_to_do(const struct work *w);

/*
 * The safety belts.  E_PRECONDITION: one holds, `why` says which: one side lost everything that the other still has, or at least 25
 * and more than a quarter of all files and folders would be deleted on one side.
 */
enum err work_check_belts(const struct work *w, const struct scan *scan, struct base *base,
			  struct note *why) must_check;

#endif

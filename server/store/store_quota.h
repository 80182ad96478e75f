/*
 * store_quota: how many live bytes may lie below a path.
 *
 * A quota belongs to the place, as a lock does, not to the collection that is there: who removes or moves that does not get
 * rid of it.  Versions and what was deleted do not count.
 */
#ifndef SERVER_STORE_STORE_QUOTA_H
#define SERVER_STORE_STORE_QUOTA_H

#include "server/store/store.h"

struct store_quota {
	struct span path; /* borrowed for the call */
	int64_t limit_bytes, used_bytes;
};

/*
 * Sets the quota of the collection at the clean `path`; -1: none any more.  Less than what is there is fine: nothing can be
 * added then.  Blocks until it is on stable storage.  E_NOT_FOUND: no collection there, or no quota to remove.
 */
enum err store_quota_set(struct store *s, struct span path, int64_t limit_bytes) must_check;

/* All, in the order of their paths; false from the callback stops.  Blocks. */
typedef bool store_quota_fn(void *arg, const struct store_quota *q);
enum err store_quota_list(struct store *s, store_quota_fn *fn, void *arg) must_check;

/*
 * What the quotas of all collections on the way to `path`, itself included, leave: never negative; INT64_MAX: there is none.
 * It only tells: what decides is asked again when a change is made (E_NO_SPACE).  Any thread; a bounded look-up.
 */
enum err store_quota_left(struct store *s, struct span path, int64_t *out) must_check;

#endif

/*
 * quota: whether what a step brings fits the quotas on the way to it, inside the committer's transaction.
 */
#ifndef SERVER_STORE_QUOTA_H
#define SERVER_STORE_QUOTA_H

#include "server/store/step.h"

/*
 * `bytes` come to `d`, whose path is `path`, in the place of what is there.  `from` (may be NULL): the collection that loses
 * them by the same step, so that what it is in gains nothing.  `out->error` E_NO_SPACE and `is_over_quota` if they do not fit.
 * Before the step's first change.
 */
enum err quota_check(struct group *g, const struct target *d, const struct txn_path *path, const struct folder *from,
		     int64_t bytes, struct store_result *out) must_check;

/* Are there any?  Asked once, at start; store_quota_set() keeps it up. */
enum err quota_look(struct store *s, struct db *db) must_check;

#endif

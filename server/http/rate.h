/*
 * rate: requests a second, per key (a network, a user): token buckets in a table of fixed size.
 *
 * A bucket holds RATE_BURST_S seconds' worth, so that a burst of a client that has much to do passes, and a flood does not.  When
 * more keys are busy at once than the table holds, the ones beyond are not limited: nobody pays for a stranger.
 */
#ifndef SERVER_HTTP_RATE_H
#define SERVER_HTTP_RATE_H

#include "common/base.h"

enum { RATE_BURST_S = 10 };

struct rate;

struct rate *rate_new(void);
void rate_free(struct rate *r); /* NULL is fine */

/*
 * Takes one token of the bucket of `key` (a hash) that fills by `per_second`.  False: it is empty; a second brings the next
 * ones.  `per_second` 0: no limit.  `now_ns`: the monotonic clock.  Any thread; a short lock.
 */
bool rate_take(struct rate *r, uint64_t key, unsigned per_second, int64_t now_ns) must_check;

#endif

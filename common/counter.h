/*
 * counter: numbers that one thread writes and any thread reads, without a lock; and durations counted in powers of two.
 *
 * Who writes: one thread at a time (a loop its own, the committer under its lock).  A reader may see one counter of several
 * a little ahead of another; each by itself is exact.
 */
#ifndef COMMON_COUNTER_H
#define COMMON_COUNTER_H

#include <stdatomic.h>

#include "common/base.h"

struct counter {
	atomic_uint_least64_t value;
};

static inline void counter_add(struct counter *c, uint64_t n)
{
	/* The one writer: no need for a locked instruction. */
	atomic_store_explicit(&c->value, atomic_load_explicit(&c->value, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline uint64_t counter_read(const struct counter *c)
{
	return atomic_load_explicit(&c->value, memory_order_relaxed);
}

/*
 * Durations.  Bucket n counts those of at most 2^n microseconds that are in no bucket before it; the last one, of half an
 * hour, counts whatever is longer.
 */
enum { HISTOGRAM_BUCKETS = 32 };

struct histogram {
	struct counter buckets[HISTOGRAM_BUCKETS], sum_ns;
};

void histogram_add(struct histogram *h, int64_t duration_ns);

/* What histograms held when they were read: a plain value. */
struct histogram_view {
	uint64_t buckets[HISTOGRAM_BUCKETS], count, sum_ns;
};

/* Adds what `h` holds to `view`, which begins zeroed. */
void histogram_read(const struct histogram *h, struct histogram_view *view);

/* The largest duration of a bucket, in microseconds. */
int64_t histogram_bound_us(unsigned bucket);

/* A duration that `per_mille` of 1000 do not pass, in microseconds: a bucket's bound.  0: nothing was counted. */
int64_t histogram_quantile_us(const struct histogram_view *view, unsigned per_mille);

#endif

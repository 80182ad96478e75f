#include "common/counter.h"

#include "common/clock.h"

enum { NS_PER_US = 1000 };

/* The smallest n with 2^n >= us. */
static unsigned bucket_of(int64_t duration_ns)
{
	uint64_t us = ((uint64_t)MAX(duration_ns, 0) + NS_PER_US - 1) / NS_PER_US;
	unsigned n = us <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(us - 1);

	return MIN(n, (unsigned)HISTOGRAM_BUCKETS - 1);
}

void histogram_add(struct histogram *h, int64_t duration_ns)
{
	counter_add(&h->buckets[bucket_of(duration_ns)], 1);
	counter_add(&h->sum_ns, (uint64_t)MAX(duration_ns, 0));
}

void histogram_read(const struct histogram *h, struct histogram_view *view)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t n = counter_read(&h->buckets[i]);

		view->buckets[i] += n;
		view->count += n; /* of the very numbers that were read, so that the buckets always add up */
	}
	view->sum_ns += counter_read(&h->sum_ns);
}

int64_t histogram_bound_us(unsigned bucket)
{
	return INT64_C(1) << bucket;
}

int64_t histogram_quantile_us(const struct histogram_view *view, unsigned per_mille)
{
	uint64_t wanted = view->count / 1000 * per_mille + (view->count % 1000 * per_mille + 999) / 1000, seen = 0;

	if (!view->count)
		return 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		if ((seen += view->buckets[i]) >= MAX(wanted, 1u))
			return histogram_bound_us(i);
	return histogram_bound_us(HISTOGRAM_BUCKETS - 1);
}

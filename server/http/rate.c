#include "server/http/rate.h"

#include "common/clock.h"

#include <pthread.h>
#include <stdlib.h>

enum { ROWS = 8192, PROBES = 8 };

struct bucket {
	uint64_t key;
	int64_t tokens;  /* in billionths: one a nanosecond at a rate of one a second */
	int64_t seen_ns; /* 0: never used */
};

struct rate {
	pthread_mutex_t lock;
	struct bucket rows[ROWS];
};

struct rate *rate_new(void)
{
	struct rate *r = xcalloc(1, sizeof *r);

	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void rate_free(struct rate *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static void fill(struct bucket *b, unsigned per_second, int64_t now_ns)
{
	int64_t most = (int64_t)per_second * RATE_BURST_S * NS_PER_S;
	int64_t passed_ns = MAX(MIN(now_ns - b->seen_ns, RATE_BURST_S * NS_PER_S), 0);

	b->tokens = MIN(b->tokens + passed_ns * per_second, most);
	b->seen_ns = now_ns;
}

/* The key's bucket, else one that nobody needs: unused for as long as an empty one takes to be full.  NULL: all are in use. */
static struct bucket *find(struct rate *r, uint64_t key, int64_t now_ns)
{
	struct bucket *unused = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct bucket *b = &r->rows[(key + i) % ROWS];

		if (b->seen_ns && b->key == key)
			return b;
		if (!unused && (!b->seen_ns || now_ns - b->seen_ns >= RATE_BURST_S * NS_PER_S))
			unused = b;
	}
	if (unused)
		*unused = (struct bucket){ .key = key };
	return unused;
}

bool rate_take(struct rate *r, uint64_t key, unsigned per_second, int64_t now_ns)
{
	struct bucket *b;
	bool has_one = true;

	if (!per_second)
		return true;
	pthread_mutex_lock(&r->lock);
	b = find(r, key, now_ns);
	if (b) {
		if (!b->seen_ns)
			b->seen_ns = now_ns - RATE_BURST_S * NS_PER_S; /* a new one is full */
		fill(b, per_second, now_ns);
		has_one = b->tokens >= NS_PER_S;
		if (has_one)
			b->tokens -= NS_PER_S;
	}
	pthread_mutex_unlock(&r->lock);
	return has_one;
}

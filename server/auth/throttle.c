/*
 * throttle: a fixed table; addresses that share a row share its delay, which does no harm.
 */
#include "server/auth/throttle.h"

#include "common/clock.h"
#include "common/network.h"

#include <pthread.h>
#include <stdlib.h>

enum { ROWS = 4096, FIRST_MS = 250, DOUBLINGS = 4, FORGET_S = 60 };

struct throttle {
	pthread_mutex_t lock;
	struct {
		int64_t last_ns;
		unsigned failures;
	} rows[ROWS];
};

struct throttle *throttle_new(void)
{
	struct throttle *t = xcalloc(1, sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void throttle_free(struct throttle *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static size_t row_of(const char *address)
{
	struct network network;

	if (network_of(address, &network))
		return network_hash(&network) % ROWS;
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *address; address++)
		hash = (hash ^ (unsigned char)*address) * 16777619u;
	return hash % ROWS;
}

unsigned throttle_failed(struct throttle *t, const char *address)
{
	size_t row = row_of(address);
	int64_t now_ns = clock_monotonic_ns();
	unsigned failures;

	pthread_mutex_lock(&t->lock);
	if (now_ns - t->rows[row].last_ns > FORGET_S * NS_PER_S)
		t->rows[row].failures = 0;
	failures = t->rows[row].failures;
	t->rows[row].failures = MIN(failures + 1, (unsigned)DOUBLINGS);
	t->rows[row].last_ns = now_ns;
	pthread_mutex_unlock(&t->lock);
	return FIRST_MS << failures;
}

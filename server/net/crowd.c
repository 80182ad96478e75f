#include "server/net/crowd.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

struct member {
	struct member *next;
	struct network network;
	unsigned open;
};

struct crowd {
	pthread_mutex_t lock;
	struct member *buckets[BUCKETS];
};

struct crowd *crowd_new(void)
{
	struct crowd *c = xcalloc(1, sizeof *c);

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void crowd_free(struct crowd *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (c->buckets[i]) {
			struct member *m = c->buckets[i];

			c->buckets[i] = m->next;
			free(m);
		}
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* Where the member hangs, or would. */
static struct member **find(struct crowd *c, const struct network *n)
{
	struct member **at = &c->buckets[network_hash(n) % BUCKETS];

	while (*at && memcmp(&(*at)->network, n, sizeof *n) != 0)
		at = &(*at)->next;
	return at;
}

bool crowd_enter(struct crowd *c, const struct network *n, unsigned max)
{
	struct member **at;
	bool has_room;

	pthread_mutex_lock(&c->lock);
	at = find(c, n);
	has_room = !max || !*at || (*at)->open < max;
	if (has_room && !*at) {
		*at = xcalloc(1, sizeof **at);
		(*at)->network = *n;
	}
	if (has_room)
		(*at)->open++;
	pthread_mutex_unlock(&c->lock);
	return has_room;
}

void crowd_leave(struct crowd *c, const struct network *n)
{
	struct member **at, *m;

	pthread_mutex_lock(&c->lock);
	at = find(c, n);
	m = *at;
	if (m && --m->open == 0) {
		*at = m->next;
		free(m);
	}
	pthread_mutex_unlock(&c->lock);
}

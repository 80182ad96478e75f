#include "server/store/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LOCKS = 64 };

struct entry {
	int64_t version; /* -1: empty */
	uint32_t key_len;
	char key[CACHE_KEY_MAX];
	_Alignas(16) char value[];
};

struct cache {
	size_t slots, value_size;
	pthread_mutex_t locks[CACHE_LOCKS];
	struct entry *entries[]; /* NULL until used */
};

struct cache *cache_new(size_t slots, size_t value_size)
{
	struct cache *c = xcalloc(1, sizeof *c + slots * sizeof(struct entry *));

	c->slots = slots;
	c->value_size = value_size;
	for (size_t i = 0; i < CACHE_LOCKS; i++)
		pthread_mutex_init(&c->locks[i], NULL);
	return c;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->slots; i++)
		free(c->entries[i]);
	for (size_t i = 0; i < CACHE_LOCKS; i++)
		pthread_mutex_destroy(&c->locks[i]);
	free(c);
}

/* FNV-1a, eight bytes at a time.  Who makes keys collide on purpose only makes own lookups slow. */
static size_t slot_of(const struct cache *c, struct span key)
{
	uint64_t hash = 0xcbf29ce484222325u ^ key.len, word;
	size_t i;

	for (i = 0; i + 8 <= key.len; i += 8) {
		memcpy(&word, key.ptr + i, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	word = 0;
	memcpy(&word, key.ptr + i, key.len - i);
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return (size_t)(hash ^ hash >> 32) & (c->slots - 1);
}

bool cache_get(struct cache *c, struct span key, int64_t version, void *out)
{
	size_t slot;
	const struct entry *entry;
	bool found;

	if (key.len > CACHE_KEY_MAX)
		return false;
	slot = slot_of(c, key);
	pthread_mutex_lock(&c->locks[slot % CACHE_LOCKS]);
	entry = c->entries[slot];
	found = entry && entry->version == version && entry->key_len == key.len &&
		memcmp(entry->key, key.ptr, key.len) == 0;
	if (found)
		memcpy(out, entry->value, c->value_size);
	pthread_mutex_unlock(&c->locks[slot % CACHE_LOCKS]);
	return found;
}

void cache_put(struct cache *c, struct span key, int64_t version, const void *value)
{
	size_t slot;
	struct entry *entry;

	if (key.len > CACHE_KEY_MAX)
		return;
	slot = slot_of(c, key);
	pthread_mutex_lock(&c->locks[slot % CACHE_LOCKS]);
	if (!c->entries[slot])
		c->entries[slot] = xmalloc((sizeof *entry + c->value_size + 15) & ~(size_t)15);
	entry = c->entries[slot];
	entry->version = version;
	entry->key_len = (uint32_t)key.len;
	memcpy(entry->key, key.ptr, key.len);
	memcpy(entry->value, value, c->value_size);
	pthread_mutex_unlock(&c->locks[slot % CACHE_LOCKS]);
}

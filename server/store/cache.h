/*
 * cache: values found under a key at a version; a newer version of the store makes every older entry a miss.
 *
 * Direct-mapped, of fixed size, any thread: a hit is one hash, one short uncontended lock and one copy.
 */
#ifndef SERVER_STORE_CACHE_H
#define SERVER_STORE_CACHE_H

#include "common/span.h"

enum { CACHE_KEY_MAX = 192 };

struct cache;

/* `slots` is a power of two; each costs `value_size` and about 200 bytes, once used. */
struct cache *cache_new(size_t slots, size_t value_size);
void cache_free(struct cache *c);

/* Copies the value out.  False: not there, or of another version. */
bool cache_get(struct cache *c, struct span key, int64_t version, void *out);

/* `version` was read before the value was.  Keys over CACHE_KEY_MAX are not kept. */
void cache_put(struct cache *c, struct span key, int64_t version, const void *value);

#endif

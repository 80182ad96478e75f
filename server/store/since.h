/*
 * since: the places of a collection that changed since a number, for a restore that is planned while others write (store_history.h).
 */
#ifndef SERVER_STORE_SINCE_H
#define SERVER_STORE_SINCE_H

#include "common/arena.h"
#include "common/db.h"

/* A place that changed, and the collection that it was in at `number`. */
struct since_place {
	struct since_place *next;
	struct span path;
	int64_t then;
};

/* Of what is to become as `node` was at `number`, and is now `top`, at `path`: what changed in the numbers (from, to]. */
struct since {
	int64_t top, node, number, from, to;
	struct span path;
	size_t limit;
};

/*
 * The places in the arena, each after what it is in; none in a collection that was not there at `number`, as they go with that.  In a
 * transaction.  E_BUSY: more rows than `limit` tell of it, or a collection that is to be there came or went, so that what is below it has
 * to be compared anew.  E_NOT_FOUND: `number` is before what is kept.
 */
enum err since_list(struct db *db, const struct since *what, struct arena *arena, struct since_place **out) must_check;

#endif

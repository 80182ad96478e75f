/*
 * parts: sets of parts (store_parts.h) that nobody has touched for a day.  They go when a new one is made, and with a collection.
 */
#ifndef SERVER_STORE_PARTS_H
#define SERVER_STORE_PARTS_H

#include "server/store/object.h"
#include "server/store/state.h"

/* Removes them; `only_counts`: says how many there are, and the bytes in them.  Blocks.  E_IO. */
enum err parts_sweep(struct store *s, bool only_counts, struct object_strays *out) must_check;

#endif

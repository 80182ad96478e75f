/*
 * memory: what becomes of the server when there is none to be had.
 *
 * An allocation that fails would end the process (base.h); that loses nothing, but cuts everybody off.  So some is kept
 * back.  The first allocation that fails gets it, and from then on memory is short, until it can be kept back again: no new
 * connection and no new request comes in (503), and what grows by what a peer sends (memory_grow()) stops growing.  What was
 * let in before can so be ended in peace.  Only when the reserve is gone as well does the process end.
 */
#ifndef COMMON_MEMORY_H
#define COMMON_MEMORY_H

#include "common/base.h"

/*
 * Keeps `size_bytes` back, mapped and not touched, so it costs nothing but room.  Once, before other threads; without it
 * memory is never short.  False: so much is not to be had.
 */
bool memory_keep_reserve(size_t size_bytes);

/*
 * Is it so?  From the first failure until the reserve and a quarter more is there to be taken, which is tried ten times a
 * second.  Any thread; no lock of ours.
 */
bool memory_is_short(void);

/*
 * malloc(), calloc() and realloc() that give up the reserve before they fail.  For libraries, which know what to do about
 * NULL; ours is xmalloc() and its like, which ends the process then.
 */
void *memory_alloc(size_t size_bytes);
void *memory_zalloc(size_t count, size_t size_bytes);
void *memory_resize(void *old, size_t size_bytes);

/* Something else than these has failed for want of memory: true, if there is some now.  Any thread. */
bool memory_give_up(void);

/* For sizes that a peer chooses: NULL while memory is short, `old` stays then.  Without a reserve as xrealloc(). */
void *memory_grow(void *old, size_t size_bytes) must_check;

#endif

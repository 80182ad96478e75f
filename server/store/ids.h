/*
 * ids: numbers for object files, never used twice.
 *
 * They are taken in blocks of 4,096; the raised counter is committed before the first of a block is used, so that after
 * any crash it lies above every name on disk.
 */
#ifndef SERVER_STORE_IDS_H
#define SERVER_STORE_IDS_H

#include "common/db.h"

struct ids;

struct ids *ids_new(void);
void ids_free(struct ids *ids);

/*
 * The next number.  Any thread; when the blocks are used up it waits for the committer, which `low` wakes (it may also be
 * called early).  E_IO: the committer stopped.
 */
enum err ids_take(struct ids *ids, void (*low)(void *arg), void *arg, int64_t *out) must_check;

/* ---- the committer's side ---- */

/* Is it time to raise the counter? */
bool ids_are_low(struct ids *ids);

/* Raises the counter by a block, inside the caller's transaction; ids_raised() once that is committed. */
enum err ids_raise(struct db *db, int64_t *out_limit) must_check;
void ids_raised(struct ids *ids, int64_t limit);

/* None will be had any more: ends the waits. */
void ids_stop(struct ids *ids);

/* Every number that was in use when the store was opened is below. */
int64_t ids_first(const struct ids *ids);

#endif

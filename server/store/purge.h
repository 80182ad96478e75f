/*
 * purge: removing nodes for good, with their versions, in slices: what was deleted and is kept no longer, and copies that were
 * built aside for nothing (stage.h).
 */
#ifndef SERVER_STORE_PURGE_H
#define SERVER_STORE_PURGE_H

#include "common/db.h"

/*
 * Takes something out of the trash, to be purged: from here on no path leads to it, and a start after a crash goes on with
 * it.  In a transaction.
 */
enum err purge_begin(struct db *db, int64_t node) must_check;

/* Removes some hundred rows below `top`, itself at last.  In a transaction.  E_NOT_FOUND: nothing is left. */
enum err purge_some(struct db *db, int64_t top) must_check;

#endif

/*
 * store_snapshot: the names of one moment, for what works beside a store that goes on: backup and export.
 */
#ifndef SERVER_STORE_STORE_SNAPSHOT_H
#define SERVER_STORE_STORE_SNAPSHOT_H

#include "server/store/store.h"

enum { STORE_SNAPSHOT_SIZE = 48, STORE_HOLD_S = 120 };

/*
 * Writes the database as it is at one moment to a file below the store's folder, whose name `out` gets ("tmp/snapshot-...");
 * every body that it names is on stable storage.  No content is removed or moved for the next STORE_HOLD_S seconds
 * (store_hold(), whose value is `out_hold`).  Takes as long as reading the database; blocks, on a worker.  The caller removes
 * the file; the next start does as well.  E_NO_SPACE, and errors of the database.
 */
enum err store_snapshot(struct store *s, char out[STORE_SNAPSHOT_SIZE], int64_t *out_hold) must_check;

/*
 * From now on for STORE_HOLD_S seconds no content is removed or moved.  Whoever still reads what a snapshot names says so again from
 * time to time; what he reads he proves by its digest all the same.  store_let_go() with what the last call returned: he is done; if
 * somebody else has said so meanwhile, that holds.
 */
int64_t store_hold(struct store *s);
void store_let_go(struct store *s, int64_t hold);

#endif

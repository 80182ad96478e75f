/*
 * janitor: the thread for what may take long and nobody waits for: WAL checkpoints, and unlinking large files.
 */
#ifndef SERVER_STORE_JANITOR_H
#define SERVER_STORE_JANITOR_H

#include "common/db.h"

struct janitor;

/* Starts the thread.  `db` is its own connection to the database, taken in every case. */
enum err janitor_start(struct db *db, struct janitor **out) must_check;

/* Does what is left to do and ends the thread.  NULL is fine. */
void janitor_free(struct janitor *j);

/* Unlinks `name` in the open folder later and closes `fd` (-1: none), which frees its blocks.  Any thread. */
void janitor_unlink(struct janitor *j, int folder, const char *name, int fd);

/* ---- the committer's side ---- */

/* A group is about to begin its transaction. */
void janitor_begins(struct janitor *j);

/* Its commit returned; the WAL now has `wal_pages` pages. */
void janitor_committed(struct janitor *j, int wal_pages);

/* Between two groups: begins a WAL anew that grew long, through the committer's connection. */
void janitor_restart_wal(struct janitor *j, struct db *writer);

#endif

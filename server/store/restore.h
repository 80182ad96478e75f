/*
 * restore: the last step of putting a backup in a store's place, which a crash may interrupt anywhere.
 *
 * The new store is built whole in DATA/restore/, its database last: `restore/db` says that it is complete.  From then on
 * the new one is the store: whoever opens it first moves what is new into place and what was there aside, `db` last, and removes what
 * is left.  Before that the old one is, and what was built is left-over.
 */
#ifndef SERVER_STORE_RESTORE_H
#define SERVER_STORE_RESTORE_H

#include "common/err.h"

#define RESTORE_FOLDER "restore"

/* Is there a complete one that waits to take its place? */
bool restore_is_ready(int data_fd);

/* Finishes it, or removes what is left of one that was never complete.  The caller holds the store's lock; the store is not open. */
enum err restore_finish(int data_fd) must_check;

#endif

/*
 * sums: the row's side of store_sums.h.
 */
#ifndef SERVER_STORE_SUMS_H
#define SERVER_STORE_SUMS_H

#include "common/db.h"
#include "server/store/store_sums.h"

/* Adds what `sums` has to the content's row, inside the caller's transaction; what is kept already stays. */
enum err sums_keep(struct db *db, const struct digest *hash, const struct store_sums *sums) must_check;

#endif

/*
 * stage: a copy of a large collection that is built aside, in slices (store_change.h, store_copy_stage()).
 */
#ifndef SERVER_STORE_STAGE_H
#define SERVER_STORE_STAGE_H

#include "server/store/tree.h"

/* Is the staged copy still one of the source as it is now?  `out->error` E_BUSY: not any more. */
struct store_result;
enum err stage_check(struct db *db, int64_t stage, const struct tree_row *source, struct store_result *out) must_check;

/* Removes what a crash left: staged copies that never got their place, and the rest of what was being purged.  In a transaction. */
enum err stage_sweep(struct db *db) must_check;

#endif

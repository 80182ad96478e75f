/*
 * plan: what is to be done so that a place becomes as something was (store_history.h, store_restore_plan()).
 */
#ifndef SERVER_STORE_PLAN_H
#define SERVER_STORE_PLAN_H

#include "server/store/state.h"
#include "server/store/store_history.h"
#include "server/store/txn.h"

/* A collection that is to be built aside and to take the place `path`. */
struct plan_folder {
	struct plan_folder *next;
	struct span path;
	int64_t node;
};

/*
 * Adds the steps to `txn`, in the caller's read transaction.  `is_whole`: what is at the path, or if that is the root each of its
 * members, is replaced as a whole if it is a collection that changed: `out_folders`, in the arena.  Errors as store_restore_plan().
 */
enum err restore_plan_make(struct db *db, const struct store_restore *r, bool is_whole, struct arena *arena,
			   struct store_txn *txn, struct plan_folder **out_folders, unsigned *out_changes) must_check;

#endif

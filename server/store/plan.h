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

struct plan_result {
	struct plan_folder *folders; /* in the arena */
	int64_t head, top;           /* the state that was compared, and what is at the path there; top 0: nothing */
	unsigned changes;
};

/*
 * Adds the first steps to `txn`, in the caller's read transaction.  What changes in the collections that `out->folders` names has no steps.
 * `is_whole`: what is at the path, or if that is the root each of its members, is replaced as a whole if it is a collection that changed.
 * Errors as store_restore_plan().
 */
enum err restore_plan_make(struct db *db, const struct store_restore *r, bool is_whole,
			   const struct store_staged *staged, struct arena *arena, struct store_txn *txn,
			   struct plan_result *out) must_check;

/* Was the collection `node` as it was at `number` built aside already? */
bool staged_has(const struct store_staged *st, int64_t node, int64_t number);

#endif

/*
 * lock: locks inside the store: what guards a change, and what becomes of locks when nodes go or move (RFC 4918 §6, §7).
 *
 * All by queries on one connection: the committer's, whose rows are as the earlier steps of the group left them, or a reader's.
 * Where there is no lock in the store nobody comes here (store_has_locks()).
 */
#ifndef SERVER_STORE_LOCK_H
#define SERVER_STORE_LOCK_H

#include "common/path.h"
#include "server/store/txn.h"

/* A path's nodes from the root down, as far as they are there. */
struct lock_chain {
	int64_t ids[PATH_SEGMENTS_LIMIT + 1];
	unsigned count;
	bool exists;     /* the last one is the path's own node */
	bool has_parent; /* else: it is the path's parent collection */
};

/* E_NOT_FOUND never: what is not there shows in `out`. */
enum err lock_chain(struct db *db, const struct txn_path *path, struct lock_chain *out) must_check;

/* Who wants to change something, and what tokens he submits. */
struct lock_claim {
	struct span user;
	const struct store_if *ifs;      /* NULL: none */
	const struct txn_path *if_paths; /* of its lists */
};

/*
 * May `claim` change `scope` (enum store_lock_scope) of the path at `chain`?  E_LOCKED: no, `out_culprit` (in `arena`) is the
 * path of what is locked.  Else errors of the database.
 */
enum err lock_guard(struct db *db, const struct lock_chain *chain, unsigned scope, const struct lock_claim *claim,
		    struct arena *arena, struct span *out_culprit) must_check;

/* Is `token` that of a live lock that covers the path at `chain`? */
enum err lock_covers(struct db *db, const struct lock_chain *chain, const unsigned char token[STORE_LOCK_TOKEN_SIZE],
		     bool *out) must_check;

/* Where the lock on `node` is rooted: its path, in `arena`. */
enum err lock_set_root(struct db *db, int64_t node, struct arena *arena, struct store_lock *out) must_check;

/* A live lock, its spans in `arena`.  E_NOT_FOUND. */
enum err lock_find(struct db *db, const unsigned char token[STORE_LOCK_TOKEN_SIZE], struct arena *arena,
		   int64_t *out_node, struct store_lock *out) must_check;

/* Would a lock like this, made on the path at `chain`, clash with one that is there?  E_LOCKED: yes, at `out_culprit`. */
enum err lock_clash(struct db *db, const struct lock_chain *chain, const struct store_lock *wanted, struct arena *arena,
		    struct span *out_culprit) must_check;

/* Locks rooted on the node or below it are gone (it was deleted, or moved: §7.5, §9.9). */
enum err lock_drop_below(struct db *db, int64_t node) must_check;

/* Locks rooted on `from` protect what took its place (§9.9.4: the URL's lock stays). */
enum err lock_repoint(struct db *db, int64_t from, int64_t to) must_check;

/* Forgets expired locks and says whether any is left.  In a transaction that writes. */
enum err lock_sweep(struct db *db, bool *out_any) must_check;

#endif

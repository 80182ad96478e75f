/*
 * store_history: what was where, and when; and having it back (store.md, "History").
 *
 * A moment is a number: the state after the change of that number.  Reading it takes some short look-ups and may be done on
 * any thread; what lists much of it belongs on a worker.
 */
#ifndef SERVER_STORE_STORE_HISTORY_H
#define SERVER_STORE_STORE_HISTORY_H

#include "common/arena.h"
#include "server/store/store_change.h"

/* ---- the tree at a moment ---- */

/*
 * The number of the last change made at or before a time; of a time to come: the head.  Where the server's clock was set back
 * a time may have had several states: any of them.  E_NOT_FOUND: before the first change, or before the journal begins.
 */
enum err store_number_at(struct store *s, int64_t at_ns, int64_t *out) must_check;

/* When the change of that number was made, ns since 1970.  E_NOT_FOUND: none of that number, or not in the journal any more. */
enum err store_time_of(struct store *s, int64_t number, int64_t *out_ns) must_check;

/*
 * As store_lookup(), store_list() and store_next_collection(), of the tree at a number.  A node has the name, content, type and
 * dates of then, its seq is the number at which that content came; a collection has neither digest nor size nor members.  A
 * file whose content of then retention has taken is not there.
 */
enum err store_lookup_at(struct store *s, struct span path, int64_t number, struct store_node *out) must_check;
enum err store_list_at(struct store *s, int64_t id, int64_t number, const char *after, unsigned limit,
		       store_member_fn *fn, void *arg) must_check;
enum err store_next_collection_at(struct store *s, int64_t id, int64_t number, const char *after,
				  struct store_node *out) must_check;

/*
 * The digest, size and members that the collection `io_node` had at a number, from what of it is kept.  `io_budget`: how many members
 * may be looked at for one number; what was is taken off.  On a worker.  E_TOO_LARGE: that was not enough.
 */
struct store_past_budget {
	unsigned left;
	/* the store's: */
	bool has_time;
	int64_t number_ns; /* what has not changed since then is as it was; 0: not known */
};
enum err store_sum_at(struct store *s, int64_t number, struct store_node *io_node,
		      struct store_past_budget *io_budget) must_check;

/* ---- one node's versions, and a path's ---- */

/*
 * A node as it was at a number.  `then`: a collection's path at that moment; a file's when that content ended, which is the last
 * moment it could be read; `now`: where it is, or would be if it had not been deleted.
 * E_NOT_FOUND: no such node, it was nowhere then, or that content is not kept.
 */
enum err store_node_at(struct store *s, int64_t id, int64_t number, struct arena *arena, struct store_node *out,
		       struct span *out_then, struct span *out_now) must_check;

/* Where a node is now, or would be if it had not been deleted.  E_NOT_FOUND: there is no such node. */
enum err store_path_now(struct store *s, int64_t id, struct arena *arena, struct span *out) must_check;

/* The node at the path `below` ("/a/b"; "/": itself) below the collection `id`, as it was at a number.  E_NOT_FOUND. */
enum err store_lookup_below_at(struct store *s, int64_t id, struct span below, int64_t number,
			       struct store_node *out) must_check;

/* One content that a file had. */
struct store_version {
	int64_t node, number;        /* that it can be had by: the node, and when the content came */
	int64_t until;               /* the number that ended it; 0: it is current */
	struct store_node content;   /* digest, size, type, mtime; ctime_ns: when it came; name: of then */
	const char *author, *client; /* who made it, and through what; "": not known; borrowed for the call */
	struct span then, now;       /* the node's paths (store_node_at()), when it ended and now; likewise */
};

enum { STORE_VERSIONS_LIMIT = 10000 };

/*
 * The history of the file that is, or was last, at a path: the newest first; false from the callback stops.  It follows the
 * node through its moves, and the place: what other nodes had there before, down to the moment each left, be it deleted,
 * replaced or moved away.  Where a file came to a place that had nothing before, it goes on with what was deleted or replaced
 * at the place it came from.  `out_cut`: there is more than STORE_VERSIONS_LIMIT.  E_NOT_FOUND: no file was ever there, or
 * nothing of it is kept.
 */
typedef bool store_version_fn(void *arg, const struct store_version *v);
enum err store_history(struct store *s, struct span path, store_version_fn *fn, void *arg, bool *out_cut) must_check;

/* ---- what was deleted ---- */

struct store_trashed {
	int64_t number;         /* of the deletion: what it is named by */
	struct store_node node; /* as it was */
	int64_t deleted_ns;
	const char *by;        /* who deleted it; borrowed, as are: */
	struct span then, now; /* the place it was deleted from, by the names of then and as they are now */
};

/*
 * Lists what is in the trash, what was deleted last first, at most `limit` of what comes after the one with that deleted_ns and
 * node.id (INT64_MAX for both: from the start); false from the callback stops.
 */
typedef bool store_trashed_fn(void *arg, const struct store_trashed *t);
enum err store_list_trash(struct store *s, int64_t before_ns, int64_t before_id, unsigned limit, store_trashed_fn *fn,
			  void *arg) must_check;

/* One of them; its texts are in the arena.  E_NOT_FOUND: not in the trash (any more). */
enum err store_find_trashed(struct store *s, int64_t number, struct arena *arena, struct store_trashed *out) must_check;

/* The node at the path `below` ("/a/b"; "/": itself) below the collection `id`, wherever that is, as it is now. */
enum err store_lookup_below(struct store *s, int64_t id, struct span below, struct store_node *out) must_check;

/*
 * Removes something from the trash for good, with every version of all that is in it.  Other nodes' histories, and contents that
 * something else refers to, stay.  In slices: blocks, on a worker.  E_NOT_FOUND.
 */
enum err store_purge(struct store *s, int64_t number) must_check;

/* ---- having it back ---- */

/*
 * The steps that make what is at `path` as the node `id` was at a number, all or nothing: of a collection, everything below it.
 *
 * Up to STORE_RESTORE_LIMIT changes: what is the same stays as it is; what was not there then goes to the trash; what was deleted
 * comes out of it, with its history, else it is made anew.
 *
 * More: the collections with most of them are built aside as they were, in slices between other changes, and each takes the place of what
 * is there, which goes to the trash whatever came to it meanwhile: one row.  Its members are new nodes; their history goes on by their
 * place.  Where that does not help, the collection itself is built so; of the root each member that is a collection, and up to
 * STORE_RESTORE_ROOT_LIMIT others are changed one by one.
 *
 * It needs no quiet moment: each step does what is to be done at the moment of the change, and the last one takes back what others
 * changed since the plan.  `cond` and `ifs` are held at that moment (step 0).  If a collection came, went or was moved meanwhile where one is
 * to be, or properties were changed in what a built one replaces, a step is E_BUSY, and the caller plans again.
 *
 * Dead properties have no history: a node keeps those that it has; what was deleted comes back with those that it had; what is
 * built aside has those of the node that it was.
 *
 * `staged` keeps what was built from one plan to the next.  `out` is for store_submit(); `out_changes`: what will be changed, 0:
 * it is as it was.  Blocks, on a worker.  E_NOT_FOUND: no such node or content; E_CONFLICT: no collection to put it in; E_BUSY: it
 * keeps changing, or the store closes; E_TOO_LARGE: too many changes directly in the root; E_URI_TOO_LONG: a path would be.
 */
/* 25 µs each, in one commit, for which every other change waits. */
enum { STORE_RESTORE_LIMIT = 1000, STORE_RESTORE_ROOT_LIMIT = 5000 };
struct store_restore {
	int64_t node, number;
	struct span path;
	const struct cond *cond;    /* held against what is at `path`; NULL: none */
	const struct store_if *ifs; /* likewise */
	unsigned limit;             /* changes that are made one by one; 0: STORE_RESTORE_LIMIT */
};
struct store_staged;
enum err store_restore_plan(struct store *s, const struct store_restore *r, const struct store_author *author,
			    struct store_staged *staged, struct store_txn **out, unsigned *out_changes) must_check;

/*
 * What plans built aside.  store_staged_free() removes it; NULL is fine; blocks, in slices.  store_staged_forget(): it has its place now, or
 * perhaps: nothing is to be removed.
 */
struct store_staged *store_staged_new(void);
void store_staged_forget(struct store_staged *st);
void store_staged_free(struct store *s, struct store_staged *st);

#endif

/*
 * walk: everything below a collection that has been in its place since some number, in the order of the paths' keys, from
 * any node on.
 *
 * A position is a node, and stays good whatever happens to that node: its place at the number is in its row, or in the
 * tombstone it left there.  So a walk costs what the collection holds, however large the store is, and nothing is kept
 * between two parts of it.
 */
#ifndef SERVER_STORE_WALK_H
#define SERVER_STORE_WALK_H

#include "common/arena.h"
#include "server/store/tree.h"

struct walk_level {
	struct walk_level *up; /* NULL: the collection that is walked */
	int64_t id;
	struct span key, path; /* of the member after which to go on; of the collection */
};

struct walk {
	struct db *db;
	struct arena *arena; /* grows by a level for each collection that is entered */
	int64_t number;
	bool is_deep;
	struct walk_level *level; /* the collection that is being listed; NULL: at the end */
};

/*
 * Begins in the collection `id` at `path`, which is in its place since `number`, after the node `after` (0: with the first
 * member).  The walk holds no statement.  E_NOT_FOUND: that node was not below it at the number.
 */
enum err walk_begin(struct walk *w, int64_t id, struct span path, int64_t after) must_check;

/*
 * Calls back for each node, a collection before its members; false stops, after which the walk can only begin anew.  `path`
 * is in the arena.  A node whose path would pass PATH_LIMIT, which no request can name, is left out with what is below it.
 */
typedef bool walk_fn(void *arg, const struct tree_row *row, struct span path);
enum err walk_run(struct walk *w, walk_fn *fn, void *arg) must_check;

#endif

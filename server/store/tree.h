/*
 * tree: rows of `node` by place and by path.
 */
#ifndef SERVER_STORE_TREE_H
#define SERVER_STORE_TREE_H

#include "common/arena.h"
#include "common/db.h"
#include "common/folderhash.h"
#include "common/path.h"
#include "server/store/store.h"

/* NFC may make a name three times as long. */
enum { TREE_KEY_SIZE = 3 * PATH_NAME_LIMIT + 1 };

struct tree_row {
	struct store_node node;
	int64_t since, made, object;
	struct folder_sum sum; /* collections only */
	char author[STORE_USER_SIZE];
};

/* The key of one name (path_key() without allocating for ASCII).  Borrows from `name` or `room`. */
struct span tree_key(struct span name, char room[TREE_KEY_SIZE]);

/* The columns of a query whose rows tree_read() reads; more may follow them. */
enum { NODE_COLUMN_COUNT = 18 };
#define NODE_COLUMNS \
	"id, kind, hash, CASE kind WHEN 1 THEN bytes ELSE size END, members, mtime_ns, ctime_ns, seq, type, name, " \
	"since," \
	" made, sum, author, object, created_ns, executable, props"
void tree_read(const struct db_rows *rows, struct tree_row *out);

/* The member of `parent` with that key; the row of `id` itself.  E_NOT_FOUND. */
enum err tree_child(struct db *db, int64_t parent, struct span key, struct tree_row *out) must_check;
enum err tree_node(struct db *db, int64_t id, struct tree_row *out) must_check;

/* The parent of a node.  E_NOT_FOUND. */
enum err tree_parent(struct db *db, int64_t id, int64_t *out) must_check;

/* The path of a node, in `arena`.  E_NOT_FOUND: it is not in the tree (any more). */
enum err tree_path(struct db *db, int64_t id, struct arena *arena, struct span *out) must_check;

/*
 * The path of a node, or the one it had when it, or what it was in, was deleted: `out_is_gone` (may be NULL).  E_NOT_FOUND: there
 * is no such node, or nothing says where it was.
 */
enum err tree_last_path(struct db *db, int64_t id, struct arena *arena, struct span *out, bool *out_is_gone) must_check;

#endif

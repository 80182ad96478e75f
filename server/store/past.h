/*
 * past: the tree as it was at a number (store.md, "History"): where a node was, what was in a collection, what a file had.
 *
 * A node is in its place since `node.since`; the places it left have tombstones with the interval it was there.  Its content
 * came at `node.made`; those before are versions, each with the interval it was current.  What retention has taken is not
 * there any more: a file without a content for a number is left out, and no collection is known at a number before the journal's first.
 *
 * A row that is read here has the name, content, type, time and executable bit of then, which are those that the content had
 * last; its `seq` and `made` are the number at which that content came and its ctime the moment.  Of a collection there is
 * neither hash nor size: both were of everything below it (past_sum.c adds them up). Dead properties have no history.
 */
#ifndef SERVER_STORE_PAST_H
#define SERVER_STORE_PAST_H

#include "server/store/tree.h"

/* Where a node was. */
struct past_place {
	int64_t parent, since, until; /* until: number at which it left; INT64_MAX: it is there still */
	char name[STORE_NAME_SIZE];
};

/* E_NOT_FOUND: it had no place at that number, or there is no such node (any more). */
enum err past_place(struct db *db, int64_t id, int64_t number, struct past_place *out) must_check;

/* Its path, in the arena.  E_NOT_FOUND: it was not in the tree then, be it in the trash. */
enum err past_path(struct db *db, int64_t id, int64_t number, struct arena *arena, struct span *out) must_check;

/*
 * Where a node is now; if it is in the trash, where it would be had what was deleted stayed.  E_NOT_FOUND: there is no such node.
 */
enum err past_path_now(struct db *db, int64_t id, struct arena *arena, struct span *out) must_check;

/* The member of `parent` with that key; a node wherever it was, in the trash too; what was at a path below `top`.  E_NOT_FOUND. */
enum err past_child(struct db *db, int64_t parent, struct span key, int64_t number, struct tree_row *out) must_check;
enum err past_node(struct db *db, int64_t id, int64_t number, struct tree_row *out) must_check;
enum err past_lookup(struct db *db, int64_t top, struct span path, int64_t number, struct tree_row *out) must_check;

/* Has the node of such a row, which tree_read() reads, dead properties now? */
bool past_has_props(const struct db_rows *rows);

/* The members of `parent`, at most `limit` of them, in the order of their keys, from after `after` on: tree_read() reads the rows. */
enum err past_members(struct db *db, int64_t parent, struct span after, int64_t number, int64_t limit,
		      struct db_rows *out) must_check;

/*
 * As that, of the names up to `until`; and a key up to which not many more than `rows` rows tell of: what has come since is read too, be it
 * a million, to find that it was not there.  E_NOT_FOUND: there are no more.
 */
enum err past_members_until(struct db *db, int64_t parent, struct span after, struct span until, int64_t number,
			    int64_t limit, struct db_rows *out) must_check;
enum err past_window(struct db *db, int64_t parent, struct span after, int64_t rows,
		     char out_until[TREE_KEY_SIZE]) must_check;

#endif

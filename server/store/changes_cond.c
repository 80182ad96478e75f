/* A sync-token as a state token in If (RFC 6578 §5): true while nothing below the collection has changed since. */
#include "server/store/changes.h"

enum { HOLDS_ROWS = 2000 };

/* Have the collection, and all above it, been where they are since that number? */
static enum err is_unmoved(struct db *db, int64_t id, int64_t number, bool *out)
{
	bool is_top = false;

	*out = true;
	while (*out && !is_top) {
		autorows struct db_rows rows = { NULL, NULL };
		enum err e =
		    db_select(db, "SELECT parent, since FROM node WHERE ns = 1 AND id = ?1", &rows, DB_INT(id));

		if (e != OK || (e = db_next(&rows)) != OK)
			return e;
		is_top = db_col_int(&rows, 0) == id;
		id = db_col_int(&rows, 0);
		*out = db_col_int(&rows, 1) <= number;
	}
	return OK;
}

/* Reads the parents of what changed or went until one is below the target. */
static enum err is_quiet(struct branches *bs, struct db_rows *rows, bool *out)
{
	struct branch *p;
	unsigned seen = 0;
	enum err e;

	*out = true;
	while (*out && (e = db_next(rows)) == OK) {
		bool is_target = db_col_int(rows, 1) == bs->target.id;

		if ((e = branch_find(bs, db_col_int(rows, 0), &p)) != OK)
			return e;
		*out = (!p->is_below || is_target) && ++seen <= HOLDS_ROWS;
	}
	return !*out || e == E_NOT_FOUND ? OK : e;
}

static enum err is_unchanged(struct db *db, struct arena *arena, int64_t target, int64_t number, bool *out)
{
	autorows struct db_rows nodes = { NULL, NULL }, gone = { NULL, NULL };
	struct branches *bs = branches_new(db, arena, target, span_of("/"));
	enum err e = db_select(db, "SELECT parent, id FROM node INDEXED BY node_seq WHERE ns = 1 AND seq > ?1", &nodes,
			       DB_INT(number));

	if (e != OK || (e = is_quiet(bs, &nodes, out)) != OK || !*out)
		return e;
	e = db_select(db, "SELECT parent, node FROM gone WHERE ns = 1 AND seq > ?1", &gone, DB_INT(number));
	return e != OK ? e : is_quiet(bs, &gone, out);
}

enum err changes_token_holds(struct db *db, struct span text, int64_t target, bool *out)
{
	struct sync_state state;
	struct sync_token token;
	struct arena *arena;
	enum err e;

	*out = false;
	if (!sync_token_read(text, &token) || token.cursor.phase != SYNC_NONE)
		return OK;
	if ((e = sync_state_read(db, &state)) != OK || (e = sync_token_check(db, &state, &token)) != OK)
		return e == E_PRECONDITION ? OK : e;
	if ((e = is_unmoved(db, target, token.number, out)) != OK || !*out)
		return e;
	arena = arena_new();
	e = is_unchanged(db, arena, target, token.number, out);
	arena_free(arena);
	return e;
}

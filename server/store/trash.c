/* What was deleted: listing it, finding it, removing it for good (store_history.h). */
#include "server/store/commit.h"
#include "server/store/past.h"
#include "server/store/purge.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/store_history.h"

/* The place something was deleted from, as it is called now; if its collection is gone too, as it was called then. */
static enum err read_places(struct db *db, int64_t id, int64_t parent, struct arena *arena, struct store_trashed *out)
{
	struct span above;
	enum err e = past_path(db, id, out->number - 1, arena, &out->then);

	if (e != OK)
		return e;
	out->now = out->then;
	e = tree_path(db, parent, arena, &above);
	if (e == OK)
		out->now = span_of(arena_printf(arena, "%s/%s", above.len == 1 ? "" : above.ptr, out->node.name));
	return e == E_NOT_FOUND ? OK : e;
}

#define TRASH_COLUMNS NODE_COLUMNS ", t_parent, t_by, t_at"
#define TRASH_ROWS    "(SELECT node AS t_node, parent AS t_parent, by AS t_by, at AS t_at FROM trash WHERE ns = 1"

static enum err read_row(struct db *db, const struct db_rows *rows, struct arena *arena, struct store_trashed *out)
{
	struct tree_row row;

	tree_read(rows, &row);
	*out = (struct store_trashed){ .number = row.since, .node = row.node };
	out->by = arena_span(arena, db_col_text(rows, NODE_COLUMN_COUNT + 1));
	out->deleted_ns = db_col_int(rows, NODE_COLUMN_COUNT + 2);
	return read_places(db, row.node.id, db_col_int(rows, NODE_COLUMN_COUNT), arena, out);
}

enum err store_list_trash(struct store *s, int64_t before_ns, int64_t before_id, unsigned limit, store_trashed_fn *fn,
			  void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	autorows struct db_rows rows = { NULL, NULL };
	struct arena *arena = arena_new();
	struct store_trashed t;
	bool go_on = true;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) == OK && (e = db_begin_read(reader.db, &tx)) == OK)
		e = db_select(reader.db,
			      "SELECT " TRASH_COLUMNS " FROM " TRASH_ROWS
			      " AND (at, node) < (?1, ?2) ORDER BY at DESC, node DESC LIMIT ?3) JOIN node ON ns = 1"
			      " AND id = t_node ORDER BY t_at DESC, t_node DESC",
			      &rows, DB_INT(before_ns), DB_INT(before_id), DB_INT(limit));
	while (e == OK && go_on && (e = db_next(&rows)) == OK) {
		e = read_row(reader.db, &rows, arena, &t);
		/* Deleted and brought back within one number of its collection's: it has no place to be named by. */
		if (e == OK)
			go_on = fn(arg, &t);
		else if (e == E_NOT_FOUND)
			e = OK;
		arena_reset(arena);
	}
	arena_free(arena);
	return e == E_NOT_FOUND ? OK : e;
}

static enum err find_trashed(struct db *db, int64_t number, struct arena *arena, struct store_trashed *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT " TRASH_COLUMNS " FROM " TRASH_ROWS
			       " AND node IN (SELECT node FROM gone WHERE ns = 1 AND seq = ?1)) JOIN node ON ns = 1"
			       " AND id = t_node WHERE since = ?1",
			       &rows, DB_INT(number));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	return read_row(db, &rows, arena, out);
}

enum err store_find_trashed(struct store *s, int64_t number, struct arena *arena, struct store_trashed *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = find_trashed(reader.db, number, arena, out)) != OK)
		return e;
	return tx_commit(&tx);
}

enum err store_lookup_below(struct store *s, int64_t id, struct span below, struct store_node *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct span rest = below, name;
	char room[TREE_KEY_SIZE];
	struct tree_row row;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	e = tree_node(reader.db, id, &row);
	while (e == OK && path_next(&rest, &name))
		e = tree_child(reader.db, row.node.id, tree_key(name, room), &row);
	if (e != OK)
		return e;
	*out = row.node;
	return tx_commit(&tx);
}

/* ---- for good ---- */

struct purge {
	int64_t number, node;
};

static enum err begin(struct db *db, void *arg)
{
	struct purge *p = arg;
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT t.node FROM gone g JOIN trash t ON t.ns = 1 AND t.node = g.node JOIN node n"
			       " ON n.ns = 1 AND n.id = g.node WHERE g.ns = 1 AND g.seq = ?1 AND n.since = ?1",
			       &rows, DB_INT(p->number));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	p->node = db_col_int(&rows, 0);
	db_rows_end(&rows);
	return purge_begin(db, p->node);
}

static enum err go_on(struct db *db, void *arg)
{
	const struct purge *p = arg;

	return purge_some(db, p->node);
}

enum err store_purge(struct store *s, int64_t number)
{
	struct purge p = { .number = number };
	enum err e = commit_call(s, begin, &p);

	if (e != OK)
		return e;
	while ((e = commit_call(s, go_on, &p)) == OK)
		;
	return e == E_NOT_FOUND ? OK : e;
}

#include "server/store/walk.h"

enum { DEPTH_LIMIT = 100000 }; /* a damaged tree may have a ring in it */

static struct span copy(struct arena *a, struct span s)
{
	return (struct span){ arena_span(a, s), s.len };
}

static void enter(struct walk *w, int64_t id, struct span path, struct span key)
{
	struct walk_level *level = arena_zalloc(w->arena, sizeof *level);

	*level = (struct walk_level){ w->level, id, key, path };
	w->level = level;
}

static struct span join(struct walk *w, struct span above, struct span name)
{
	const char *path = arena_printf(w->arena, "%.*s/%.*s", above.len == 1 ? 0 : (int)above.len, above.ptr,
					(int)name.len, name.ptr);

	return span_of(path);
}

/* ---- finding the position again ---- */

/* Where a node was at the walk's number. */
struct step_down {
	struct step_down *down; /* the next one on the way to the position */
	int64_t id, parent;
	struct span key, name;
	bool is_there, is_collection; /* there: it still is */
};

static enum err from_tombstone(struct walk *w, struct step_down *d)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(w->db,
			       "SELECT parent, key FROM gone WHERE ns = 1 AND seq > ?2 AND node = ?1 AND since <= ?2"
			       " ORDER BY seq LIMIT 1",
			       &rows, DB_INT(d->id), DB_INT(w->number));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	d->parent = db_col_int(&rows, 0);
	d->key = copy(w->arena, db_col_text(&rows, 1));
	return OK;
}

static enum err find(struct walk *w, struct step_down *d)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(w->db, "SELECT parent, key, name, kind FROM node WHERE ns = 1 AND id = ?1 AND since <= ?2", &rows,
		      DB_INT(d->id), DB_INT(w->number));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e == E_NOT_FOUND ? from_tombstone(w, d) : e;
	d->is_there = true;
	d->parent = db_col_int(&rows, 0);
	d->key = copy(w->arena, db_col_text(&rows, 1));
	d->name = copy(w->arena, db_col_text(&rows, 2));
	d->is_collection = db_col_int(&rows, 3) == STORE_COLLECTION;
	return OK;
}

/* From the position up to the collection that is walked. */
static enum err climb(struct walk *w, int64_t top, int64_t position, struct step_down **out)
{
	struct step_down *low = NULL;

	for (unsigned depth = 0; position != top; depth++) {
		struct step_down *d = arena_zalloc(w->arena, sizeof *d);
		enum err e;

		d->id = position;
		d->down = low;
		if ((e = find(w, d)) != OK)
			return e;
		if (d->parent == d->id || depth == DEPTH_LIMIT)
			return E_NOT_FOUND;
		low = d;
		position = d->parent;
	}
	*out = low;
	return OK;
}

enum err walk_begin(struct walk *w, int64_t id, struct span path, int64_t after)
{
	struct step_down *d = NULL;
	enum err e;

	w->level = NULL;
	enter(w, id, path, span_of(""));
	if (!after)
		return OK;
	if ((e = climb(w, id, after, &d)) != OK)
		return e;
	/* What left its place meanwhile is not entered: the walk goes on behind where it was. */
	for (; d; d = d->down) {
		w->level->key = d->key;
		if (!d->is_there || !d->is_collection || !w->is_deep)
			return OK;
		enter(w, d->id, join(w, w->level->path, d->name), span_of(""));
	}
	return OK;
}

/* ---- going on ---- */

/* The members of the level from its key on, up to the first collection that is to be entered. */
static enum err list_level(struct walk *w, walk_fn *fn, void *arg, bool *out_stopped)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct walk_level *level = w->level;
	char room[TREE_KEY_SIZE];
	struct tree_row row;
	enum err e;

	e = db_select(w->db,
		      "SELECT " NODE_COLUMNS
		      " FROM node WHERE ns = 1 AND parent = ?1 AND key > ?2 AND since <= ?3 ORDER BY key",
		      &rows, DB_INT(level->id), DB_TEXT(level->key), DB_INT(w->number));
	while (e == OK && (e = db_next(&rows)) == OK) {
		struct span name, path;

		tree_read(&rows, &row);
		name = span_of(row.node.name);
		if (level->path.len + 1 + name.len > PATH_LIMIT)
			continue;
		path = join(w, level->path, name);
		if (!fn(arg, &row, path)) {
			*out_stopped = true;
			return OK;
		}
		if (row.node.kind == STORE_COLLECTION && w->is_deep) {
			level->key = copy(w->arena, tree_key(name, room));
			enter(w, row.node.id, path, span_of(""));
			return OK;
		}
	}
	if (e == E_NOT_FOUND)
		w->level = level->up;
	return e == E_NOT_FOUND ? OK : e;
}

enum err walk_run(struct walk *w, walk_fn *fn, void *arg)
{
	bool is_stopped = false;
	enum err e = OK;

	while (e == OK && w->level && !is_stopped)
		e = list_level(w, fn, arg, &is_stopped);
	return e;
}

/*
 * By the rows that tell a sync report of changes: nodes by the number of their last change, tombstones by the number at which a place
 * was left (changes_phase.c).  A file that changed ten times is one of them.
 */
#include "server/store/since.h"

#include <stdlib.h>
#include <string.h>

#include "server/store/branch.h"
#include "server/store/past.h"
#include "server/store/schema.h"

struct listing {
	struct db *db;
	const struct since *what;
	struct arena *arena, *scratch;
	struct branches *branches;
	struct since_place **places;
	size_t count, seen;
};

/* The collection at the path `up` then, which ends where `what->path` does or below it.  0: there was none. */
static enum err find_then(struct listing *l, struct span up, int64_t *out)
{
	size_t top = l->what->path.len == 1 ? 0 : l->what->path.len;
	struct span below = { up.ptr + top, up.len > top ? up.len - top : 0 };
	struct tree_row row;
	enum err e = past_lookup(l->db, l->what->node, below.len ? below : span_of("/"), l->what->number, &row);

	*out = e == OK && row.node.kind == STORE_COLLECTION ? row.node.id : 0;
	return e == E_NOT_FOUND ? OK : e;
}

static enum err was_there(struct listing *l, int64_t then, struct span name, bool *out)
{
	char room[TREE_KEY_SIZE];
	struct tree_row row;
	enum err e = then ? past_child(l->db, then, tree_key(name, room), l->what->number, &row) : E_NOT_FOUND;

	*out = e == OK;
	return e == E_NOT_FOUND ? OK : e;
}

static enum err add(struct listing *l, int64_t parent, struct span name, bool is_folder)
{
	struct since_place *place;
	struct branch *up;
	bool was = false;
	int64_t then;
	enum err e;

	if ((e = branch_find(l->branches, parent, &up)) != OK || !up->is_below)
		return e;
	if ((e = find_then(l, branch_path(l->branches, up, span_of(""), l->scratch), &then)) != OK ||
	    (is_folder && (e = was_there(l, then, name, &was)) != OK))
		return e;
	/* What it is in was not there: it goes with that, which tells of itself or is in the plan. */
	if (!then)
		return OK;
	if (was)
		return E_BUSY;
	place = arena_zalloc(l->arena, sizeof *place);
	place->path = branch_path(l->branches, up, name, l->arena);
	place->then = then;
	l->places[l->count++] = place;
	return OK;
}

/* Columns: parent, name, is it a collection that came or went. */
static enum err read_rows(struct listing *l, const char *sql)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(l->db, sql, &rows, DB_INT(l->what->from), DB_INT(l->what->to), DB_INT(NODE_TRASH),
			       DB_INT((int64_t)l->what->limit + 1));

	while (e == OK && (e = db_next(&rows)) == OK) {
		if (l->seen++ == l->what->limit)
			return E_BUSY;
		e = add(l, db_col_int(&rows, 0), db_col_text(&rows, 1), db_col_int(&rows, 2) != 0);
	}
	return e == E_NOT_FOUND ? OK : e;
}

static int by_path(const void *a, const void *b)
{
	struct span x = (*(struct since_place *const *)a)->path, y = (*(struct since_place *const *)b)->path;
	int order = memcmp(x.ptr, y.ptr, MIN(x.len, y.len));

	return order ? order : (x.len > y.len) - (x.len < y.len);
}

static enum err list(struct listing *l)
{
	struct tree_row top;
	/* Is that still known? */
	enum err e = past_node(l->db, l->what->node, l->what->number, &top);

	/* A collection of which only properties or members changed tells nothing: what is in it speaks for itself. */
	if (e != OK ||
	    (e = read_rows(l, "SELECT parent, name, kind FROM node INDEXED BY node_seq WHERE ns = 1 AND seq > ?1"
			      " AND seq <= ?2 AND parent <> ?3 AND (kind = 0 OR since > ?1) LIMIT ?4")) != OK)
		return e;
	return read_rows(
	    l, "SELECT g.parent, g.name, ifnull(n.kind, 1) FROM gone g LEFT JOIN node n ON n.ns = 1 AND n.id = g.node"
	       " WHERE g.ns = 1 AND g.seq > ?1 AND g.seq <= ?2 AND g.parent <> ?3 LIMIT ?4");
}

enum err since_list(struct db *db, const struct since *what, struct arena *arena, struct since_place **out)
{
	struct listing l = { .db = db, .what = what, .arena = arena, .scratch = arena_new() };
	enum err e;

	*out = NULL;
	l.places = xcalloc(2 * what->limit + 2, sizeof(void *));
	l.branches = branches_new(db, l.scratch, what->top, what->path);
	e = list(&l);
	qsort(l.places, l.count, sizeof(void *), by_path);
	while (l.count && e == OK) {
		l.places[--l.count]->next = *out;
		*out = l.places[l.count];
	}
	free(l.places);
	arena_free(l.scratch);
	return e;
}

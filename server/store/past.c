#include "server/store/past.h"

#include <string.h>

#include "common/path.h"
#include "server/store/schema.h"

enum { DEPTH_LIMIT = 100000 }; /* a damaged tree may have a ring in it */

/*
 * What tree_read() reads, of the rows (id, name, since) of a table `m`; ?1 is the number.  The present content of a file that
 * came later than that is not the one: then it is the last version that came by then, if it was current still.
 */
#define THEN(column)        "iif(n.made <= ?1, n." column ", v." column ")"
#define OF_FILE(expression) "iif(n.kind = 0, " expression ", NULL)"
/* clang-format off */
#define PAST_COLUMNS \
	"n.id, n.kind, " OF_FILE(THEN("hash")) ", " OF_FILE(THEN("size")) ", NULL, " THEN("mtime_ns") ", " \
	"iif(n.made <= ?1, ifnull((SELECT at FROM journal j WHERE j.ns = 1 AND j.seq = n.made), " \
	"iif(n.seq = n.made, n.ctime_ns, n.created_ns)), v.made_ns), " \
	THEN("made") ", " OF_FILE(THEN("type")) ", m.name, m.since, " THEN("made") ", NULL, " \
	THEN("author") ", " OF_FILE(THEN("object")) ", n.created_ns, " THEN("executable") ", 0, n.props"
/* clang-format on */
#define PAST_CONTENT \
	" CROSS JOIN node n ON n.ns = 1 AND n.id = m.id" \
	" LEFT JOIN version v ON n.kind = 0 AND n.made > ?1 AND v.ns = 1 AND v.node = n.id AND v.seq > ?1" \
	" AND v.made = (SELECT max(made) FROM version x WHERE x.ns = 1 AND x.node = n.id AND x.made <= ?1)" \
	" WHERE n.kind = 1 OR n.made <= ?1 OR v.node IS NOT NULL"

/*
 * The journal and its tombstones begin after `kept` (retain_journal.c).  Every content that is kept was still there at it: where a file
 * was before, only its place then can tell.  What was in a collection before nothing tells.
 */
#define NOT_BEFORE_KEPT "max(?2, (SELECT kept FROM ns WHERE id = 1))"

static enum err is_known(struct db *db, int64_t number, bool *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT kept <= ?1 FROM ns WHERE id = 1", &rows, DB_INT(number));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0) != 0;
	return e;
}

bool past_has_props(const struct db_rows *rows)
{
	return db_col_int(rows, NODE_COLUMN_COUNT) > 0;
}

/* ---- places ---- */

enum err past_place(struct db *db, int64_t id, int64_t number, struct past_place *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT parent, name, since, 9223372036854775807 FROM node"
			       " WHERE ns = 1 AND id = ?1 AND since <= " NOT_BEFORE_KEPT
			       " UNION ALL SELECT * FROM (SELECT parent, name, since, seq FROM gone"
			       " WHERE ns = 1 AND node = ?1 AND seq > " NOT_BEFORE_KEPT
			       " ORDER BY seq LIMIT 1) WHERE since <= " NOT_BEFORE_KEPT,
			       &rows, DB_INT(id), DB_INT(number));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	out->parent = db_col_int(&rows, 0);
	db_col_copy(&rows, 1, out->name, sizeof out->name);
	out->since = db_col_int(&rows, 2);
	out->until = db_col_int(&rows, 3);
	return OK;
}

/* The path of a node by the places of `number`, below `below` (a path, or ""). */
static enum err climb(struct db *db, int64_t id, int64_t number, struct arena *arena, const char *below,
		      struct span *out)
{
	struct past_place place;

	for (unsigned depth = 0; id != NODE_ROOT; depth++) {
		enum err e = past_place(db, id, number, &place);

		if (e != OK)
			return e;
		if (id == NODE_TRASH || place.parent == NODE_TRASH || depth > DEPTH_LIMIT)
			return E_NOT_FOUND;
		below = arena_printf(arena, "/%s%s", place.name, below);
		id = place.parent;
	}
	*out = span_of(*below ? below : "/");
	return OK;
}

enum err past_path(struct db *db, int64_t id, int64_t number, struct arena *arena, struct span *out)
{
	return climb(db, id, number, arena, "", out);
}

enum err past_path_now(struct db *db, int64_t id, struct arena *arena, struct span *out)
{
	const char *below = "";
	struct past_place place;

	for (unsigned depth = 0; id != NODE_ROOT; depth++) {
		enum err e = past_place(db, id, INT64_MAX - 1, &place);

		if (e != OK || id == NODE_TRASH || depth > DEPTH_LIMIT)
			return e != OK ? e : E_NOT_FOUND;
		/* Deleted at `since`: by the names that led to it just before. */
		if (place.parent == NODE_TRASH)
			return climb(db, id, place.since - 1, arena, below, out);
		below = arena_printf(arena, "/%s%s", place.name, below);
		id = place.parent;
	}
	*out = span_of(*below ? below : "/");
	return OK;
}

/* ---- what was there ---- */

static enum err read_one(enum err e, struct db_rows *rows, struct tree_row *out)
{
	if (e == OK && (e = db_next(rows)) == OK)
		tree_read(rows, out);
	return e;
}

enum err past_child(struct db *db, int64_t parent, struct span key, int64_t number, struct tree_row *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(
	    db,
	    "SELECT " PAST_COLUMNS " FROM (SELECT id, name, since FROM node WHERE ns = 1 AND parent = ?2 AND key = ?3"
	    " AND since <= ?1 UNION ALL SELECT * FROM (SELECT node, name, since FROM gone WHERE ns = 1 AND parent = ?2"
	    " AND key = ?3 AND seq > ?1 ORDER BY seq LIMIT 1) WHERE since <= ?1) m" PAST_CONTENT,
	    &rows, DB_INT(number), DB_INT(parent), DB_TEXT(key));

	return read_one(e, &rows, out);
}

enum err past_node(struct db *db, int64_t id, int64_t number, struct tree_row *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct past_place place;
	bool known = true;
	enum err e = past_place(db, id, number, &place);

	if (e != OK)
		return e;
	e = db_select(db, "SELECT " PAST_COLUMNS " FROM (SELECT ?2 AS id, ?3 AS name, ?4 AS since) m" PAST_CONTENT,
		      &rows, DB_INT(number), DB_INT(id), DB_STRING(place.name), DB_INT(place.since));
	e = read_one(e, &rows, out);
	if (e == OK && out->node.kind == STORE_COLLECTION)
		e = is_known(db, number, &known);
	return e == OK && !known ? E_NOT_FOUND : e;
}

enum err past_lookup(struct db *db, int64_t top, struct span path, int64_t number, struct tree_row *out)
{
	struct span rest = path, name;
	char room[TREE_KEY_SIZE];
	enum err e = past_node(db, top, number, out);

	while (e == OK && path_next(&rest, &name))
		e = out->node.kind == STORE_COLLECTION ? past_child(db, out->node.id, tree_key(name, room), number, out)
						       : E_NOT_FOUND;
	return e;
}

enum err past_members(struct db *db, int64_t parent, struct span after, int64_t number, int64_t limit,
		      struct db_rows *out)
{
	return past_members_until(db, parent, after, span_of("\xff"), number, limit, out); /* no key has that byte */
}

enum err past_members_until(struct db *db, int64_t parent, struct span after, struct span until, int64_t number,
			    int64_t limit, struct db_rows *out)
{
	/*
	 * Each half comes in the order of its index, SQLite merges the two, and what is read of a million names is what is
	 * asked for.  That takes a subquery whose ORDER BY is not optimized away (it has a LIMIT) as the outermost loop (CROSS JOIN
	 * is not reordered): an ORDER BY outside would sort all of it first.
	 */
	return db_select(
	    db,
	    "SELECT " PAST_COLUMNS " FROM (SELECT key, id, name, since FROM node WHERE ns = 1 AND parent = ?2"
	    " AND key > ?3 AND key <= ?5 AND since <= ?1 UNION ALL SELECT key, node, name, since FROM gone WHERE ns = 1"
	    " AND parent = ?2 AND key > ?3 AND key <= ?5 AND seq > ?1 AND since <= ?1 ORDER BY key LIMIT -1) "
	    "m" PAST_CONTENT " LIMIT ?4",
	    out, DB_INT(number), DB_INT(parent), DB_TEXT(after), DB_INT(limit), DB_TEXT(until));
}

enum err past_window(struct db *db, int64_t parent, struct span after, int64_t rows, char out_until[TREE_KEY_SIZE])
{
	autorows struct db_rows found = { NULL, NULL };
	enum err e = db_select(
	    db,
	    "SELECT min(key) AS k FROM (SELECT * FROM (SELECT key FROM node WHERE ns = 1 AND parent = ?1"
	    " AND key > ?2 ORDER BY key LIMIT 1 OFFSET ?3) UNION ALL SELECT * FROM (SELECT key FROM gone"
	    " WHERE ns = 1 AND parent = ?1 AND key > ?2 ORDER BY key LIMIT 1 OFFSET ?3)) HAVING k IS NOT NULL",
	    &found, DB_INT(parent), DB_TEXT(after), DB_INT(rows));

	if (e == OK && (e = db_next(&found)) == OK)
		db_col_copy(&found, 0, out_until, TREE_KEY_SIZE);
	return e;
}

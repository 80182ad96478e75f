/*
 * Goes down to a collection without collections, removes its members, then itself: every slice costs what it removes and the
 * way down, however large the rest is.
 */
#include "server/store/purge.h"

#include "server/store/keep.h"
#include "server/store/schema.h"

enum { SLICE = 200, DEPTH_LIMIT = 100000 /* a damaged tree may have a ring in it */ };

enum err purge_begin(struct db *db, int64_t node)
{
	enum err e = db_run(db, "DELETE FROM trash WHERE ns = 1 AND node = ?1", DB_INT(node));

	if (e != OK)
		return e;
	/* The key that stage_sweep() looks for. */
	return db_run(db, "UPDATE node SET key = 'stage-purge-' || id WHERE ns = 1 AND id = ?1 AND parent = ?2",
		      DB_INT(node), DB_INT(NODE_TRASH));
}

/* What a node referred to loses a reference, or its last. */
static enum err note_objects(struct db *db, const int64_t *objects, size_t count)
{
	enum err e = OK;

	for (size_t i = 0; i < count && e == OK; i++)
		e = keep_note_dropped(db, objects[i]);
	return e;
}

static enum err read_numbers(struct db *db, const char *sql, int64_t id, int64_t *out, size_t room, size_t *out_count)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, sql, &rows, DB_INT(id), DB_INT((int64_t)room));

	*out_count = 0;
	while (e == OK && (e = db_next(&rows)) == OK)
		out[(*out_count)++] = db_col_int(&rows, 0);
	return e == E_NOT_FOUND ? OK : e;
}

/* Some versions of a node.  `out_count` 0: it has none any more. */
static enum err remove_versions(struct db *db, int64_t id, size_t *out_count)
{
	int64_t objects[SLICE];
	enum err e = read_numbers(db, "SELECT object FROM version WHERE ns = 1 AND node = ?1 ORDER BY made LIMIT ?2",
				  id, objects, SLICE, out_count);

	if (e != OK || !*out_count)
		return e;
	e = db_run(db,
		   "DELETE FROM version WHERE ns = 1 AND node = ?1 AND made IN"
		   " (SELECT made FROM version WHERE ns = 1 AND node = ?1 ORDER BY made LIMIT ?2)",
		   DB_INT(id), DB_INT((int64_t)*out_count));
	return e == OK ? note_objects(db, objects, *out_count) : e;
}

/* A node without members.  `out_count`: rows that went; less than all if it had many versions. */
static enum err remove_node(struct db *db, int64_t id, size_t *out_count)
{
	int64_t object;
	size_t had;
	enum err e;

	if ((e = remove_versions(db, id, out_count)) != OK || *out_count == SLICE)
		return e;
	++*out_count;
	if ((e = read_numbers(db, "SELECT object FROM node WHERE ns = 1 AND id = ?1 AND object IS NOT NULL LIMIT ?2",
			      id, &object, 1, &had)) != OK ||
	    (e = db_run(db, "DELETE FROM prop WHERE ns = 1 AND node = ?1", DB_INT(id))) != OK ||
	    (e = db_run(db, "DELETE FROM lock WHERE ns = 1 AND node = ?1", DB_INT(id))) != OK ||
	    (e = db_run(db, "DELETE FROM node WHERE ns = 1 AND id = ?1", DB_INT(id))) != OK)
		return e;
	return note_objects(db, &object, had);
}

/* The lowest collection on the way of first ones. */
static enum err go_down(struct db *db, int64_t *io_id)
{
	enum err e = OK;
	size_t count = 1;

	for (unsigned depth = 0; e == OK && count && depth < DEPTH_LIMIT; depth++)
		e = read_numbers(db,
				 "SELECT id FROM node WHERE ns = 1 AND parent = ?1 AND key > '' AND kind = 1 LIMIT ?2",
				 *io_id, io_id, 1, &count);
	return e;
}

enum err purge_some(struct db *db, int64_t top)
{
	int64_t members[SLICE], low = top;
	size_t removed = 0, count, rows;
	/* What has its place in the tree meanwhile is not to be purged. */
	enum err e = read_numbers(
	    db, "SELECT id FROM node WHERE ns = 1 AND id = ?1 AND parent = 2 AND key LIKE 'stage-%' LIMIT ?2", top,
	    members, 1, &count);

	if (e != OK || !count)
		return e == OK ? E_NOT_FOUND : e;
	if ((e = go_down(db, &low)) != OK ||
	    (e = read_numbers(db, "SELECT id FROM node WHERE ns = 1 AND parent = ?1 AND key > '' LIMIT ?2", low,
			      members, SLICE, &count)) != OK)
		return e;
	if (!count)
		return remove_node(db, low, &rows);
	for (size_t i = 0; i < count && removed < SLICE && e == OK; i++) {
		e = remove_node(db, members[i], &rows);
		removed += rows;
	}
	return e;
}

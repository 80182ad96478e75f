/*
 * Reading the tree.  Trees are parent-id: a path is walked name by name over the index (ns, parent, key), in one short
 * read transaction; what was found is cached until the next change of the store.
 */
#include "server/store/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/cache.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/state.h"

struct span tree_key(struct span name, char room[TREE_KEY_SIZE])
{
	struct span key = { room, 0 };
	char *text;

	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.ptr[i] >= 0x80) {
			text = path_key(name);
			key.len = strlen(text);
			assert(key.len < TREE_KEY_SIZE);
			memcpy(room, text, key.len);
			free(text);
			return key;
		}
	}
	return name;
}

void tree_read(const struct db_rows *rows, struct tree_row *out)
{
	struct store_node *n = &out->node;
	struct span sum;

	n->id = db_col_int(rows, 0);
	n->kind = (enum store_kind)db_col_int(rows, 1);
	db_col_digest(rows, 2, &n->digest);
	n->size_bytes = db_col_int(rows, 3);
	n->members = db_col_int(rows, 4);
	n->mtime_ns = db_col_int(rows, 5);
	n->ctime_ns = db_col_int(rows, 6);
	n->seq = db_col_int(rows, 7);
	db_col_copy(rows, 8, n->type, sizeof n->type);
	db_col_copy(rows, 9, n->name, sizeof n->name);
	out->since = db_col_int(rows, 10);
	out->made = db_col_int(rows, 11);
	sum = db_col_blob(rows, 12);
	if (sum.len == DIGEST_SIZE)
		out->sum = folder_sum_read((const unsigned char *)sum.ptr);
	db_col_copy(rows, 13, out->author, sizeof out->author);
	out->object = db_col_int(rows, 14);
	n->created_ns = db_col_int(rows, 15);
	n->is_executable = db_col_int(rows, 16) != 0;
	n->has_props = db_col_int(rows, 17) != 0;
}

enum err tree_child(struct db *db, int64_t parent, struct span key, struct tree_row *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT " NODE_COLUMNS " FROM node WHERE ns = 1 AND parent = ?1 AND key = ?2", &rows,
			       DB_INT(parent), DB_TEXT(key));

	if (e == OK && (e = db_next(&rows)) == OK)
		tree_read(&rows, out);
	return e;
}

enum err tree_node(struct db *db, int64_t id, struct tree_row *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT " NODE_COLUMNS " FROM node WHERE ns = 1 AND id = ?1", &rows, DB_INT(id));

	if (e == OK && (e = db_next(&rows)) == OK)
		tree_read(&rows, out);
	return e;
}

enum err tree_parent(struct db *db, int64_t id, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT parent FROM node WHERE ns = 1 AND id = ?1", &rows, DB_INT(id));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e;
}

enum err tree_path(struct db *db, int64_t id, struct arena *arena, struct span *out)
{
	const char *path = "";

	for (unsigned depth = 0; id != NODE_ROOT; depth++) {
		autorows struct db_rows rows = { NULL, NULL };
		struct span name;
		enum err e = db_select(db, "SELECT parent, name FROM node WHERE ns = 1 AND id = ?1", &rows, DB_INT(id));

		if (e != OK || (e = db_next(&rows)) != OK)
			return e;
		if (id == NODE_TRASH || depth > PATH_SEGMENTS_LIMIT)
			return E_NOT_FOUND;
		id = db_col_int(&rows, 0);
		name = db_col_text(&rows, 1);
		path = arena_printf(arena, "/%.*s%s", (int)name.len, name.ptr, path);
	}
	*out = span_of(*path ? path : "/");
	return OK;
}

/* Where a node is in the tree, or was when it was deleted. */
static enum err last_place(struct db *db, int64_t id, struct arena *arena, int64_t *out_parent, struct span *out_name,
			   bool *io_is_gone)
{
	autorows struct db_rows rows = { NULL, NULL }, trash = { NULL, NULL };
	struct span name;
	enum err e = db_select(db, "SELECT parent, name FROM node WHERE ns = 1 AND id = ?1", &rows, DB_INT(id));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out_parent = db_col_int(&rows, 0);
	name = db_col_text(&rows, 1);
	if (*out_parent == NODE_TRASH) {
		e = db_select(db, "SELECT parent, name FROM trash WHERE ns = 1 AND node = ?1", &trash, DB_INT(id));
		if (e != OK || (e = db_next(&trash)) != OK)
			return e;
		*out_parent = db_col_int(&trash, 0);
		name = db_col_text(&trash, 1);
		*io_is_gone = true;
	}
	*out_name = (struct span){ arena_span(arena, name), name.len };
	return OK;
}

enum err tree_last_path(struct db *db, int64_t id, struct arena *arena, struct span *out, bool *out_is_gone)
{
	const char *path = "";
	bool is_gone = false;

	/* What is deleted may have been in something that is deleted: both ways up come to the root, or a row is damaged. */
	for (unsigned depth = 0; id != NODE_ROOT; depth++) {
		struct span name;
		enum err e;

		if (id == NODE_TRASH || depth > 2 * PATH_SEGMENTS_LIMIT)
			return E_NOT_FOUND;
		if ((e = last_place(db, id, arena, &id, &name, &is_gone)) != OK)
			return e;
		path = arena_printf(arena, "/%.*s%s", (int)name.len, name.ptr, path);
	}
	*out = span_of(*path ? path : "/");
	if (out_is_gone)
		*out_is_gone = is_gone;
	return OK;
}

/* From a name on the way to its id, out of the index alone. */
static enum err child_id(struct db *db, int64_t parent, struct span name, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	char room[TREE_KEY_SIZE];
	struct span key = tree_key(name, room);
	enum err e = db_select(db, "SELECT id FROM node WHERE ns = 1 AND parent = ?1 AND key = ?2", &rows,
			       DB_INT(parent), DB_TEXT(key));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e;
}

/* The last name was not found below `parent`: what does that mean? */
static enum err missing(struct db *db, int64_t parent)
{
	struct tree_row row;
	enum err e = tree_node(db, parent, &row);

	if (e != OK)
		return e;
	return row.node.kind == STORE_COLLECTION ? E_NOT_FOUND : E_CONFLICT;
}

static enum err walk(struct db *db, struct span path, struct tree_row *out)
{
	struct span rest = path, name;
	char room[TREE_KEY_SIZE];
	int64_t parent = NODE_ROOT;
	enum err e;

	if (!path_next(&rest, &name))
		return tree_node(db, NODE_ROOT, out);
	while (rest.len > 0) {
		e = child_id(db, parent, name, &parent);
		if (e != OK)
			return e == E_NOT_FOUND ? E_CONFLICT : e;
		if (!path_next(&rest, &name))
			break;
	}
	e = tree_child(db, parent, tree_key(name, room), out);
	return e == E_NOT_FOUND ? missing(db, parent) : e;
}

enum err store_lookup(struct store *s, struct span path, struct store_node *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	int64_t head = atomic_load(&s->paths_head); /* before the transaction: we see this state or a newer one */
	struct tree_row row;
	enum err e;

	if (head >= 0 && cache_get(s->paths, path, head, out))
		return OK;
	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = walk(reader.db, path, &row)) != OK)
		return e;
	*out = row.node;
	if (head >= 0)
		cache_put(s->paths, path, head, out);
	return tx_commit(&tx);
}

static enum err each_member(struct db_rows *rows, store_member_fn *fn, void *arg)
{
	struct tree_row row;
	enum err e;

	while ((e = db_next(rows)) == OK) {
		tree_read(rows, &row);
		if (!fn(arg, &row.node))
			return OK;
	}
	return e == E_NOT_FOUND ? OK : e;
}

enum err store_list(struct store *s, int64_t id, const char *after, unsigned limit, store_member_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK)
		return e;
	/* Keys are never empty but for the root's own, which so is not its member. */
	e = db_select(reader.db,
		      "SELECT " NODE_COLUMNS
		      " FROM node WHERE ns = 1 AND parent = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
		      &rows, DB_INT(id), DB_STRING(after), DB_INT(limit));
	return e == OK ? each_member(&rows, fn, arg) : e;
}

enum err store_next_collection(struct store *s, int64_t id, const char *after, struct store_node *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	struct tree_row row;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK)
		return e;
	e = db_select(reader.db,
		      "SELECT " NODE_COLUMNS
		      " FROM node WHERE ns = 1 AND parent = ?1 AND key > ?2 AND kind = 1 ORDER BY key LIMIT 1",
		      &rows, DB_INT(id), DB_STRING(after));
	if (e == OK && (e = db_next(&rows)) == OK) {
		tree_read(&rows, &row);
		*out = row.node;
	}
	return e;
}

enum err store_count_below(struct store *s, int64_t id, int64_t limit, int64_t *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK)
		return e;
	/* Only collections are looked at.  Keys are never empty but for the root's own, which so is not its member. */
	e = db_select(reader.db,
		      "WITH RECURSIVE below(id, members) AS ("
		      " SELECT id, members FROM node WHERE ns = 1 AND id = ?1"
		      " UNION ALL SELECT n.id, n.members FROM below b JOIN node n"
		      " ON n.ns = 1 AND n.parent = b.id AND n.key > '' AND n.kind = 1)"
		      " SELECT total(members) FROM (SELECT members FROM below LIMIT ?2)",
		      &rows, DB_INT(id), DB_INT(limit));
	if (e == OK && (e = db_next(&rows)) == OK)
		*out = MIN(db_col_int(&rows, 0), limit);
	return e;
}

enum err store_list_all(struct store *s, struct span path, struct store_node *out_self, store_member_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	autorows struct db_rows rows = { NULL, NULL };
	struct tree_row row;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = walk(reader.db, path, &row)) != OK)
		return e == E_CONFLICT ? E_NOT_FOUND : e;
	if (row.node.kind != STORE_COLLECTION)
		return E_NOT_FOUND;
	*out_self = row.node;
	/* By name, not by key: the two differ for names that are not in NFC.  SQLite sorts, on disk if it must. */
	e = db_select(reader.db,
		      "SELECT " NODE_COLUMNS
		      " FROM node WHERE ns = 1 AND parent = ?1 AND key > '' ORDER BY CAST(name AS BLOB)",
		      &rows, DB_INT(row.node.id));
	return e == OK ? each_member(&rows, fn, arg) : e;
}

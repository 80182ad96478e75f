/*
 * A staged copy hangs from the trash's node, where no path leads, without a row in `trash`.  Its key says of what state of the
 * source it is: "stage-ID-CTIME"; each change below the source gives that a new change time with its new hash.
 *
 * What is copied in one slice is as the source was at that moment; the check at the end, that nothing below the source has changed
 * since the beginning, makes all of it one state.
 */
#include "server/store/stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/commit.h"
#include "server/store/purge.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/store_change.h"

enum { STAGE_INLINE_MAX = 5000, SLICE = 1000, KEY_SIZE = 64 };

/* A folder whose members are still to be copied. */
struct pending {
	int64_t old, new;
	char *after; /* key of the last member that was */
};

struct stage {
	const char *author;
	struct tree_row source;
	int64_t top;
	struct pending *pending;
	size_t count, room;
};

static void make_key(char out[KEY_SIZE], int64_t stage, int64_t ctime_ns)
{
	snprintf(out, KEY_SIZE, "stage-%" PRId64 "-%" PRId64, stage, ctime_ns);
}

static void push(struct stage *s, int64_t old, int64_t new, const char *after)
{
	if (s->count == s->room) {
		s->room = MAX(2 * s->room, (size_t)64);
		s->pending = xrealloc(s->pending, s->room * sizeof *s->pending);
	}
	s->pending[s->count++] = (struct pending){ old, new, xstrdup(after) };
}

static void stage_clear(struct stage *s)
{
	while (s->count)
		free(s->pending[--s->count].after);
	free(s->pending);
}

/* Ids for a slice, in the transaction that uses them. */
static enum err take_ids(struct db *db, int64_t count, int64_t *out_first, int64_t *out_head)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "UPDATE ns SET next_id = next_id + ?1 WHERE id = 1 RETURNING next_id, head", &rows,
			       DB_INT(count));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out_first = db_col_int(&rows, 0) - count;
	*out_head = db_col_int(&rows, 1);
	e = db_next(&rows); /* RETURNING is done when it was stepped to its end */
	return e == E_NOT_FOUND ? OK : e;
}

static enum err copy_props(struct db *db, int64_t old, int64_t new)
{
	return db_run(db,
		      "INSERT INTO prop(ns, node, xmlns, name, lang, value)"
		      " SELECT 1, ?2, xmlns, name, lang, value FROM prop WHERE ns = 1 AND node = ?1",
		      DB_INT(old), DB_INT(new));
}

/* The copy of the source itself, aside. */
static enum err copy_top(struct db *db, const struct stage *s, const char *key, int64_t head)
{
	enum err e = db_run(
	    db,
	    "INSERT INTO node(ns, id, parent, key, name, kind, hash, size, mtime_ns, ctime_ns, created_ns,"
	    " executable, type, props, seq, since, made, author, sum, members, bytes, object)"
	    " SELECT 1, ?2, ?3, ?4, name, kind, hash, size, mtime_ns, ?6, ?6, executable, type, props, ?5, ?5, ?5, ?7,"
	    " sum, members, bytes, object FROM node WHERE ns = 1 AND id = ?1",
	    DB_INT(s->source.node.id), DB_INT(s->top), DB_INT(NODE_TRASH), DB_STRING(key), DB_INT(head),
	    DB_INT(clock_now_ns()), DB_STRING(s->author));

	return e == OK ? copy_props(db, s->source.node.id, s->top) : e;
}

/* ---- slices ---- */

static enum err begin(struct db *db, void *arg)
{
	struct stage *s = arg;
	char key[KEY_SIZE];
	int64_t head;
	enum err e = take_ids(db, 1, &s->top, &head);

	if (e != OK)
		return e;
	make_key(key, s->top, s->source.node.ctime_ns);
	return copy_top(db, s, key, head);
}

struct member {
	int64_t id;
	bool is_folder, has_props;
};

/* What one transaction copies.  It may run twice (commit.h): it reads the stage, and what came of it goes there afterwards. */
struct slice {
	const struct stage *stage;
	struct pending from; /* the folder, and where in it */
	int64_t first;       /* number of the first copy; the others follow in the order of the keys */
	struct member members[SLICE];
	size_t count;
	char *last; /* key of the last one */
};

static enum err read_members(struct db *db, struct slice *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(
	    db, "SELECT id, kind, props, key FROM node WHERE ns = 1 AND parent = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
	    &rows, DB_INT(out->from.old), DB_STRING(out->from.after), DB_INT(SLICE));

	out->count = 0;
	while (e == OK && (e = db_next(&rows)) == OK) {
		out->members[out->count++] =
		    (struct member){ db_col_int(&rows, 0), db_col_int(&rows, 1) != 0, db_col_int(&rows, 2) != 0 };
		if (out->count == SLICE) {
			free(out->last);
			out->last = span_dup(db_col_text(&rows, 3));
		}
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err copy_members(struct db *db, const struct slice *slice, int64_t head)
{
	return db_run(db,
		      "INSERT INTO node(ns, id, parent, key, name, kind, hash, size, mtime_ns, ctime_ns, created_ns,"
		      " executable, type, props, seq, since, made, author, sum, members, bytes, object)"
		      " SELECT 1, ?1 + row_number() OVER (ORDER BY key) - 1, ?2, key, name, kind, hash, size, mtime_ns,"
		      " ?3, ?3, executable, type, props, ?4, ?4, ?4, ?5, sum, members, bytes, object FROM"
		      " (SELECT * FROM node WHERE ns = 1 AND parent = ?6 AND key > ?7 ORDER BY key LIMIT ?8)",
		      DB_INT(slice->first), DB_INT(slice->from.new), DB_INT(clock_now_ns()), DB_INT(head),
		      DB_STRING(slice->stage->author), DB_INT(slice->from.old), DB_STRING(slice->from.after),
		      DB_INT(SLICE));
}

static enum err copy_slice(struct db *db, void *arg)
{
	struct slice *slice = arg;
	int64_t head;
	enum err e;

	if ((e = read_members(db, slice)) != OK ||
	    (e = take_ids(db, (int64_t)slice->count, &slice->first, &head)) != OK ||
	    (e = copy_members(db, slice, head)) != OK)
		return e;
	for (size_t i = 0; i < slice->count && e == OK; i++)
		if (slice->members[i].has_props)
			e = copy_props(db, slice->members[i].id, slice->first + (int64_t)i);
	return e;
}

static enum err run_slice(struct store *store, struct stage *s)
{
	struct slice *slice = xcalloc(1, sizeof *slice);
	enum err e;

	slice->stage = s;
	slice->from = s->pending[--s->count]; /* its text is ours now */
	e = commit_call(store, copy_slice, slice);
	if (e == OK && slice->count == SLICE)
		push(s, slice->from.old, slice->from.new, slice->last);
	for (size_t i = 0; i < slice->count && e == OK; i++)
		if (slice->members[i].is_folder)
			push(s, slice->members[i].id, slice->first + (int64_t)i, "");
	free(slice->from.after);
	free(slice->last);
	free(slice);
	return e;
}

/* ---- the whole ---- */

static enum err find_source(struct store *s, struct span path, struct stage *out, int64_t *out_nodes)
{
	struct store_node node;
	enum err e = store_lookup(s, path, &node);

	*out_nodes = 0;
	if (e != OK || node.kind != STORE_COLLECTION)
		return e == E_CONFLICT || e == OK ? E_NOT_FOUND : e;
	out->source.node = node;
	return store_count_below(s, node.id, STAGE_INLINE_MAX + 1, out_nodes);
}

enum err store_copy_stage(struct store *s, struct span path, const struct store_author *author, int64_t *out_stage)
{
	struct stage stage = { .author = author->user };
	int64_t nodes;
	enum err e = find_source(s, path, &stage, &nodes);

	*out_stage = 0;
	if (e == E_NOT_FOUND || (e == OK && nodes <= STAGE_INLINE_MAX))
		return OK;
	if (e != OK || (e = commit_call(s, begin, &stage)) != OK)
		return e;
	push(&stage, stage.source.node.id, stage.top, "");
	while (stage.count && e == OK)
		e = run_slice(s, &stage);
	if (e == OK)
		*out_stage = stage.top;
	else
		store_copy_unstage(s, stage.top);
	stage_clear(&stage);
	return e;
}

enum err stage_check(struct db *db, int64_t stage, const struct tree_row *source, struct store_result *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	char key[KEY_SIZE];
	enum err e;

	make_key(key, stage, source->node.ctime_ns);
	e = db_select(db, "SELECT 1 FROM node WHERE ns = 1 AND id = ?1 AND parent = ?2 AND key = ?3 AND hash = ?4",
		      &rows, DB_INT(stage), DB_INT(NODE_TRASH), DB_STRING(key), DB_DIGEST(&source->node.digest));
	if (e == OK)
		e = db_next(&rows);
	if (e != E_NOT_FOUND)
		return e;
	out->error = E_BUSY;
	return OK;
}

/* ---- removal ---- */

static enum err remove_some(struct db *db, void *arg)
{
	const int64_t *top = arg;

	return purge_some(db, *top);
}

void store_copy_unstage(struct store *s, int64_t stage)
{
	enum err e = OK;

	while (stage && e == OK)
		e = commit_call(s, remove_some, &stage);
	/* Else the next start goes on with it. */
}

enum err stage_sweep(struct db *db)
{
	int64_t stage = 0;
	enum err e;

	do {
		autorows struct db_rows rows = { NULL, NULL };

		e = db_select(db,
			      "SELECT id FROM node WHERE ns = 1 AND parent = ?1 AND key LIKE 'stage-%' AND id > ?2"
			      " ORDER BY id LIMIT 1",
			      &rows, DB_INT(NODE_TRASH), DB_INT(stage));
		if (e != OK || (e = db_next(&rows)) != OK)
			break;
		stage = db_col_int(&rows, 0);
		db_rows_end(&rows);
		while (e == OK)
			e = remove_some(db, &stage);
	} while (e == E_NOT_FOUND);
	return e == E_NOT_FOUND ? OK : e;
}

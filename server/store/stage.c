/*
 * The key says of what state of the source a copy is: "stage-ID-CTIME"; each change below the source gives that a new change time with
 * its new hash.
 *
 * What is copied in one slice is as the source was at that moment; the checks at the end, that nothing below the source has changed
 * since the beginning, make all of it one state.  The hash tells of names and contents; of properties, types and times the journal.
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

enum {
	STAGE_INLINE_MAX = 5000,
	TRIES = 3,
	JOURNAL_SLICE = 10000, /* rows looked at in one read transaction */
	COMMIT_ROWS = 2000     /* and while a commit waits */
};

/* A folder whose members are still to be copied. */
struct pending {
	int64_t old, new;
	char *after; /* key of the last member that was */
};

struct stage {
	const char *author;
	struct tree_row source;
	int64_t top, begun; /* begun: the head at the beginning */
	struct pending *pending;
	size_t count, room;
};

void stage_key(char out[STAGE_KEY_SIZE], int64_t stage, int64_t state)
{
	snprintf(out, STAGE_KEY_SIZE, "stage-%" PRId64 "-%" PRId64, stage, state);
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

enum err stage_take_ids(struct db *db, int64_t count, int64_t *out_first, int64_t *out_head)
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

enum err stage_copy_props(struct db *db, int64_t old, int64_t new)
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

	return e == OK ? stage_copy_props(db, s->source.node.id, s->top) : e;
}

/* ---- slices ---- */

static enum err begin(struct db *db, void *arg)
{
	struct stage *s = arg;
	char key[STAGE_KEY_SIZE];
	enum err e = stage_take_ids(db, 1, &s->top, &s->begun);

	if (e != OK)
		return e;
	stage_key(key, s->top, s->source.node.ctime_ns);
	return copy_top(db, s, key, s->begun);
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
	struct member members[STAGE_SLICE];
	size_t count;
	char *last; /* key of the last one */
};

static enum err read_members(struct db *db, struct slice *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(
	    db, "SELECT id, kind, props, key FROM node WHERE ns = 1 AND parent = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
	    &rows, DB_INT(out->from.old), DB_STRING(out->from.after), DB_INT(STAGE_SLICE));

	out->count = 0;
	while (e == OK && (e = db_next(&rows)) == OK) {
		out->members[out->count++] =
		    (struct member){ db_col_int(&rows, 0), db_col_int(&rows, 1) != 0, db_col_int(&rows, 2) != 0 };
		if (out->count == STAGE_SLICE) {
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
		      DB_INT(STAGE_SLICE));
}

static enum err copy_slice(struct db *db, void *arg)
{
	struct slice *slice = arg;
	int64_t head;
	enum err e;

	if ((e = read_members(db, slice)) != OK ||
	    (e = stage_take_ids(db, (int64_t)slice->count, &slice->first, &head)) != OK ||
	    (e = copy_members(db, slice, head)) != OK)
		return e;
	for (size_t i = 0; i < slice->count && e == OK; i++)
		if (slice->members[i].has_props)
			e = stage_copy_props(db, slice->members[i].id, slice->first + (int64_t)i);
	return e;
}

static enum err run_slice(struct store *store, struct stage *s)
{
	struct slice *slice = xcalloc(1, sizeof *slice);
	enum err e;

	slice->stage = s;
	slice->from = s->pending[--s->count]; /* its text is ours now */
	e = commit_call(store, copy_slice, slice);
	if (e == OK && slice->count == STAGE_SLICE)
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

/* Builds all of it.  `out_begun`: the number since when nothing may have changed. */
static enum err build(struct store *s, struct stage *stage)
{
	enum err e = commit_call(s, begin, stage);

	if (e != OK)
		return e;
	push(stage, stage->source.node.id, stage->top, "");
	while (stage->count && e == OK)
		e = atomic_load(&s->is_closing) ? E_BUSY : run_slice(s, stage);
	stage_clear(stage);
	return e;
}

/* Looks at what changed since `io_stage->looked`, slice by slice, up to now.  E_BUSY: the source did. */
static enum err look(struct store *s, struct store_stage *io_stage)
{
	for (;;) {
		autoreader struct reader reader = { NULL, NULL };
		autotx struct tx tx = { NULL };
		int64_t head = store_head(s), to = MIN(head, io_stage->looked + JOURNAL_SLICE);
		bool is_changed = false;
		enum err e;

		if (io_stage->looked >= head)
			return OK;
		if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
			return e;
		e = stage_is_changed(reader.db, io_stage->source, io_stage->looked, to - io_stage->looked, STAGE_ALL,
				     &is_changed);
		if (is_changed || (e != OK && e != E_BUSY))
			return is_changed ? E_BUSY : e;
		io_stage->looked = to;
	}
}

enum err store_copy_stage(struct store *s, struct span path, const struct store_author *author,
			  struct store_stage *io_stage)
{
	enum err e = E_BUSY;

	for (unsigned i = 0; i < TRIES && e == E_BUSY; i++) {
		struct stage stage = { .author = author->user };
		int64_t nodes;

		e = find_source(s, path, &stage, &nodes);
		if (e == OK && io_stage->top && io_stage->source == stage.source.node.id &&
		    (e = look(s, io_stage)) == OK)
			return OK;
		store_unstage(s, io_stage);
		if (e == E_NOT_FOUND || (e == OK && nodes <= STAGE_INLINE_MAX))
			return OK;
		if (e != OK && e != E_BUSY)
			return e;
		e = build(s, &stage);
		*io_stage = (struct store_stage){ stage.top, stage.source.node.id, stage.begun };
		if (e == OK)
			e = look(s, io_stage);
	}
	if (e != OK)
		store_unstage(s, io_stage);
	return e;
}

enum err stage_check(struct db *db, const struct store_stage *stage, const struct tree_row *source,
		     struct store_result *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	char key[STAGE_KEY_SIZE];
	bool is_changed = false;
	enum err e;

	stage_key(key, stage->top, source->node.ctime_ns);
	e = db_select(db, "SELECT 1 FROM node WHERE ns = 1 AND id = ?1 AND parent = ?2 AND key = ?3 AND hash = ?4",
		      &rows, DB_INT(stage->top), DB_INT(NODE_TRASH), DB_STRING(key), DB_DIGEST(&source->node.digest));
	if (e == OK)
		e = db_next(&rows);
	if (e == OK)
		e = stage_is_changed(db, source->node.id, stage->looked, COMMIT_ROWS, STAGE_ALL, &is_changed);
	if (e == E_NOT_FOUND || e == E_BUSY || is_changed)
		return step_refuse(out, E_BUSY);
	return e;
}

/* ---- into its place ---- */

enum err stage_attach(struct group *g, struct target *d, struct store_node *n)
{
	n->seq = ++g->head;
	n->ctime_ns = g->now_ns;
	group_add_member(d->parent, 1, true, d->name->name, &n->digest, n->size_bytes);
	return db_run(
	    g->db,
	    "UPDATE node SET parent = ?2, key = ?3, name = ?4, seq = ?5, since = ?5, made = ?5, ctime_ns = ?6,"
	    " created_ns = ?7 WHERE ns = 1 AND id = ?1",
	    DB_INT(n->id), DB_INT(d->parent->id), DB_TEXT(d->name->key), DB_TEXT(d->name->name), DB_INT(n->seq),
	    DB_INT(g->now_ns), DB_INT(n->created_ns));
}

/* ---- removal ---- */

static enum err remove_some(struct db *db, void *arg)
{
	const int64_t *top = arg;

	return purge_some(db, *top);
}

void store_unstage(struct store *s, struct store_stage *io_stage)
{
	int64_t top = io_stage->top;
	enum err e = OK;

	*io_stage = (struct store_stage){ 0, 0, 0 };
	while (top && e == OK)
		e = commit_call(s, remove_some, &top);
	/* Else the next start goes on with it. */
}

/* Of the first that is left, in a transaction.  E_NOT_FOUND: nothing is. */
static enum err sweep_some(struct db *db)
{
	autorows struct db_rows rows = { NULL, NULL };
	int64_t stage;
	enum err e = db_select(db, "SELECT id FROM node WHERE ns = 1 AND parent = ?1 AND key LIKE 'stage-%' LIMIT 1",
			       &rows, DB_INT(NODE_TRASH));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	stage = db_col_int(&rows, 0);
	db_rows_end(&rows);
	return remove_some(db, &stage);
}

enum err stage_sweep(struct db *db)
{
	enum err e;

	do {
		autotx struct tx tx = { NULL };

		if ((e = db_begin(db, &tx)) == OK && (e = sweep_some(db)) == OK)
			e = tx_commit(&tx);
	} while (e == OK);
	return e == E_NOT_FOUND ? OK : e;
}

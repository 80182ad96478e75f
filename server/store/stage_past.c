/*
 * Building aside what a collection was at a number (stage.h): its members first, then its collections one after the other, each
 * summed up when all below it is there.  What is kept meanwhile is the way down, so that memory does not grow with what is built;
 * the past does not change, so that it does not matter how long it takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/commit.h"
#include "server/store/past.h"
#include "server/store/schema.h"
#include "server/store/stage.h"

enum {
	LEVELS = PATH_SEGMENTS_LIMIT + 1,
	WINDOW_ROWS = 1000 /* read in one slice, at most, of what has come since too */
};

/* A collection that is being built. */
struct level {
	int64_t old, new;
	struct folder_sum sum;
	int64_t members, bytes;
	bool is_listed;            /* all its members are there: now its collections, one by one */
	char after[TREE_KEY_SIZE]; /* key of the last member, or collection, that was looked at */
	char name[STORE_NAME_SIZE];
	size_t path_bytes;
};

/* All that is known between two slices. */
struct build {
	const struct stage_past *what;
	struct level levels[LEVELS];
	unsigned count; /* 0: it is done */
};

/* What one transaction builds.  It may run twice (commit.h): it begins at `was`, and leaves its results in `now`. */
struct slice {
	const struct build *was;
	struct build *now;
	struct tree_row rows[STAGE_SLICE]; /* members that were read and are to be made */
	bool has_props[STAGE_SLICE];
	unsigned left; /* how much more this one may do */
};

static struct level *innermost(struct build *b)
{
	return &b->levels[b->count - 1];
}

static enum err enter(struct build *b, int64_t old, int64_t new, const char *name)
{
	struct level *above = b->count ? innermost(b) : NULL, *l;

	/* The names below it need one more. */
	if (b->count == LEVELS || b->what->depth + b->count >= PATH_SEGMENTS_LIMIT)
		return E_URI_TOO_LONG;
	l = &b->levels[b->count++];
	*l = (struct level){ .old = old, .new = new };
	snprintf(l->name, sizeof l->name, "%s", name);
	l->path_bytes = above ? above->path_bytes + 1 + strlen(name) : b->what->path_bytes;
	return OK;
}

/* ---- rows ---- */

static enum err insert(struct db *db, const struct stage_past *what, int64_t id, int64_t parent, struct span key,
		       const struct tree_row *row, int64_t head)
{
	static const unsigned char zero[DIGEST_SIZE];
	const struct store_node *n = &row->node;
	bool is_folder = n->kind == STORE_COLLECTION;
	struct digest empty = folder_hash(&(struct folder_sum){ { 0 } }, 0);
	int64_t now_ns = clock_now_ns();

	return db_run(
	    db,
	    "INSERT INTO node(ns, id, parent, key, name, kind, hash, object, size, mtime_ns, ctime_ns,"
	    " created_ns, executable, type, seq, since, made, author, sum, members, bytes)"
	    " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?14, ?15, ?16, ?17,"
	    " ?17)",
	    DB_INT(id), DB_INT(parent), DB_TEXT(key), DB_STRING(n->name), DB_INT(n->kind),
	    DB_DIGEST(is_folder ? &empty : &n->digest), is_folder ? DB_NULL : DB_INT(row->object),
	    DB_INT(is_folder ? 0 : n->size_bytes), DB_INT(is_folder ? now_ns : n->mtime_ns), DB_INT(now_ns),
	    DB_INT(n->created_ns), DB_INT(n->is_executable), DB_STRING(is_folder ? "" : n->type), DB_INT(head),
	    DB_STRING(what->author), is_folder ? DB_BLOB(zero, sizeof zero) : DB_NULL, is_folder ? DB_INT(0) : DB_NULL);
}

static enum err insert_props(struct db *db, int64_t old, int64_t new)
{
	enum err e = stage_copy_props(db, old, new);

	if (e != OK)
		return e;
	return db_run(db,
		      "UPDATE node SET props = (SELECT count(*) FROM prop WHERE ns = 1 AND node = ?1) WHERE ns = 1"
		      " AND id = ?1",
		      DB_INT(new));
}

/* ---- one part of a slice ---- */

/* `out_until`: the key up to which all were read; "": to the end, or as many as there was room for. */
static enum err read_members(struct db *db, struct slice *s, unsigned *out_count, char out_until[TREE_KEY_SIZE])
{
	autorows struct db_rows rows = { NULL, NULL };
	const struct level *l = innermost(s->now);
	enum err e = past_window(db, l->old, span_of(l->after), WINDOW_ROWS, out_until);

	*out_count = 0;
	if (e == E_NOT_FOUND)
		out_until[0] = '\0';
	else if (e != OK)
		return e;
	e = past_members_until(db, l->old, span_of(l->after), span_of(out_until[0] ? out_until : "\xff"),
			       s->now->what->number, s->left, &rows);
	while (e == OK && (e = db_next(&rows)) == OK) {
		tree_read(&rows, &s->rows[*out_count]);
		s->has_props[(*out_count)++] = past_has_props(&rows);
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err add_member(struct db *db, struct slice *s, const struct tree_row *row, bool has_props, int64_t id,
			   int64_t head)
{
	const struct stage_past *what = s->now->what;
	struct level *l = innermost(s->now);
	struct span name = span_of(row->node.name), key;
	struct folder_sum term;
	char room[TREE_KEY_SIZE];
	enum err e;

	key = tree_key(name, room);
	if (l->path_bytes + 1 + name.len > PATH_LIMIT)
		return E_URI_TOO_LONG;
	memcpy(l->after, key.ptr, key.len);
	l->after[key.len] = '\0';
	l->members++;
	if (row->node.kind == STORE_FILE) {
		term = folder_term(false, name, &row->node.digest);
		folder_add(&l->sum, &term);
		l->bytes += row->node.size_bytes;
	}
	e = insert(db, what, id, l->new, key, row, head);
	return e == OK && has_props ? insert_props(db, row->node.id, id) : e;
}

static enum err list_some(struct db *db, struct slice *s)
{
	struct level *l = innermost(s->now);
	unsigned wanted = s->left, count;
	char until[TREE_KEY_SIZE];
	int64_t first, head;
	enum err e = read_members(db, s, &count, until);

	if (e != OK || (e = stage_take_ids(db, count, &first, &head)) != OK)
		return e;
	for (unsigned i = 0; i < count && e == OK; i++)
		e = add_member(db, s, &s->rows[i], s->has_props[i], first + i, head);
	s->left -= count;
	if (count < wanted && until[0]) {
		memcpy(l->after, until, sizeof until);
		s->left = 0; /* that was much to read */
	} else if (count < wanted) {
		l->is_listed = true;
		l->after[0] = '\0';
	}
	return e;
}

/* The collection is whole: its sum, and with it a member's of the one above. */
static enum err finish(struct db *db, struct build *b)
{
	struct level *l = innermost(b), *above;
	struct digest digest = folder_hash(&l->sum, l->members);
	unsigned char sum[DIGEST_SIZE];
	struct folder_sum term;

	folder_sum_write(&l->sum, sum);
	if (--b->count) {
		above = innermost(b);
		term = folder_term(true, span_of(l->name), &digest);
		folder_add(&above->sum, &term);
		above->bytes += l->bytes;
	}
	return db_run(db, "UPDATE node SET sum = ?2, members = ?3, bytes = ?4, hash = ?5 WHERE ns = 1 AND id = ?1",
		      DB_INT(l->new), DB_BLOB(sum, sizeof sum), DB_INT(l->members), DB_INT(l->bytes),
		      DB_DIGEST(&digest));
}

/* Into the next collection, or out of this one. */
static enum err descend(struct db *db, struct slice *s)
{
	struct build *b = s->now;
	struct level *l = innermost(b);
	char name[STORE_NAME_SIZE];
	struct tree_row old;
	int64_t new;
	enum err e;

	s->left--;
	{
		autorows struct db_rows rows = { NULL, NULL };

		e = db_select(db,
			      "SELECT id, name, key FROM node WHERE ns = 1 AND parent = ?1 AND key > ?2 AND kind = 1"
			      " ORDER BY key LIMIT 1",
			      &rows, DB_INT(l->new), DB_STRING(l->after));
		if (e != OK || (e = db_next(&rows)) != OK)
			return e == E_NOT_FOUND ? finish(db, b) : e;
		new = db_col_int(&rows, 0);
		db_col_copy(&rows, 1, name, sizeof name);
		db_col_copy(&rows, 2, l->after, sizeof l->after);
	}
	e = past_child(db, l->old, span_of(l->after), b->what->number, &old);
	if (e != OK && e != E_NOT_FOUND)
		return e;
	/* Removed for good meanwhile: an empty one is what is left of it. */
	return enter(b, e == OK ? old.node.id : 0, new, name);
}

static enum err build_slice(struct db *db, void *arg)
{
	struct slice *s = arg;
	struct build *b = s->now;
	enum err e = OK;

	b->what = s->was->what;
	b->count = s->was->count;
	memcpy(b->levels, s->was->levels, b->count * sizeof *b->levels);
	for (s->left = STAGE_SLICE; s->left && b->count && e == OK;)
		e = innermost(b)->is_listed ? descend(db, s) : list_some(db, s);
	return e;
}

/* ---- the whole ---- */

struct beginning {
	const struct stage_past *what;
	int64_t top;
};

static enum err begin(struct db *db, void *arg)
{
	struct beginning *b = arg;
	char key[STAGE_KEY_SIZE];
	struct tree_row row;
	int64_t head;
	enum err e = past_node(db, b->what->id, b->what->number, &row);

	if (e != OK || row.node.kind != STORE_COLLECTION)
		return e == OK ? E_NOT_FOUND : e;
	if ((e = stage_take_ids(db, 1, &b->top, &head)) != OK)
		return e;
	stage_key(key, b->top, 0);
	if ((e = insert(db, b->what, b->top, NODE_TRASH, span_of(key), &row, head)) != OK)
		return e;
	return insert_props(db, b->what->id, b->top);
}

enum err stage_build_past(struct store *s, const struct stage_past *what, int64_t *out_stage)
{
	struct build *builds = xcalloc(2, sizeof *builds);
	struct slice *slice = xcalloc(1, sizeof *slice);
	struct beginning b = { .what = what };
	enum err e = commit_call(s, begin, &b);

	*out_stage = e == OK ? b.top : 0;
	builds[0].what = what;
	if (e == OK)
		e = enter(&builds[0], what->id, b.top, "");
	for (unsigned i = 0; e == OK && builds[i % 2].count; i++) {
		slice->was = &builds[i % 2];
		slice->now = &builds[(i + 1) % 2];
		e = atomic_load(&s->is_closing) ? E_BUSY : commit_call(s, build_slice, slice);
	}
	free(slice);
	free(builds);
	return e;
}

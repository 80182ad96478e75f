/*
 * The history of a path.  A stay is an interval during which one node was at the place: the present one, or what a tombstone
 * tells.  A place is a name in a collection, so renaming a collection above does not end the stays in it; the stays of a path
 * are those in each collection that was ever where the path's parent is.
 */
#include "server/store/store_history.h"

#include <stdlib.h>
#include <string.h>

#include "server/store/past.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/state.h"

enum { STAYS_LIMIT = 10000, HOPS_LIMIT = 64 };

struct stay {
	int64_t node, parent, since, until; /* until: INT64_MAX: it is there now */
	struct span key;                    /* of the place */
};

struct stays {
	struct stay *list;
	size_t count, room;
	bool is_cut;
};

static void add_stay(struct stays *s, struct stay stay)
{
	if (s->count == STAYS_LIMIT) {
		s->is_cut = true;
		return;
	}
	if (s->count == s->room) {
		s->room = MAX(2 * s->room, (size_t)16);
		s->list = xrealloc(s->list, s->room * sizeof *s->list);
	}
	s->list[s->count++] = stay;
}

/*
 * The nodes that came to a place before the number `before`; `is_removed`: of those that were not there at it any more only
 * the ones that were deleted or replaced (journal.h: JOURNAL_DELETE), not those that moved on.
 */
static enum err stays_at(struct db *db, int64_t parent, struct span key, int64_t before, bool is_removed,
			 struct stays *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(
	    db,
	    "SELECT id, since, 9223372036854775807 AS until FROM node WHERE ns = 1 AND parent = ?1 AND key = ?2"
	    " AND since < ?3 AND ?4 = 0"
	    " UNION ALL SELECT node, since, seq FROM gone g WHERE ns = 1 AND parent = ?1 AND key = ?2"
	    " AND since < ?3 AND (?4 = 0 OR seq <= ?3 AND EXISTS (SELECT 1 FROM journal j WHERE j.ns = 1"
	    " AND j.seq = g.seq AND j.op = 3)) ORDER BY until DESC LIMIT ?5",
	    &rows, DB_INT(parent), DB_TEXT(key), DB_INT(before), DB_INT(is_removed), DB_INT(STAYS_LIMIT + 1));

	while (e == OK && (e = db_next(&rows)) == OK)
		add_stay(out, (struct stay){ db_col_int(&rows, 0), parent, db_col_int(&rows, 1),
					     MIN(db_col_int(&rows, 2), before), key });
	return e == E_NOT_FOUND ? OK : e;
}

/* The end of a node's last stay among these. */
static int64_t last_until(const struct stays *s, int64_t node)
{
	int64_t until = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].node == node)
			until = MAX(until, s->list[i].until);
	return until;
}

/* A node was listed before, which was later: the last stay is the one that counts. */
static bool is_known(const struct stays *s, size_t count, int64_t node)
{
	for (size_t i = 0; i < count; i++)
		if (s->list[i].node == node)
			return true;
	return false;
}

static int last_left_first(const void *a, const void *b)
{
	const struct stay *x = a, *y = b;

	if (x->until != y->until)
		return x->until < y->until ? 1 : -1;
	return (x->since < y->since) - (x->since > y->since);
}

/* The stays of a path: name by name, in every collection that was there, the newest first. */
static enum err stays_of(struct db *db, struct arena *arena, struct span path, struct stays *out)
{
	struct span rest = path, name;
	char room[TREE_KEY_SIZE];
	enum err e = OK;

	add_stay(out, (struct stay){ NODE_ROOT, NODE_ROOT, 0, INT64_MAX, { "", 0 } });
	while (e == OK && path_next(&rest, &name)) {
		struct span key = tree_key(name, room);
		struct stays above = *out;

		key.ptr = arena_span(arena, key);
		*out = (struct stays){ .is_cut = above.is_cut };
		for (size_t i = 0; e == OK && i < above.count; i++)
			if (!is_known(&above, i, above.list[i].node))
				e = stays_at(db, above.list[i].node, key, last_until(&above, above.list[i].node), false,
					     out);
		free(above.list);
	}
	if (out->count)
		qsort(out->list, out->count, sizeof *out->list, last_left_first);
	return e;
}

/* Where a node came from when it came to its place by MOVE: the place, and since when it was there. */
static enum err find_origin(struct db *db, struct arena *arena, const struct stay *s, struct stay *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT parent, key, since FROM gone WHERE ns = 1 AND node = ?1 AND seq = ?2", &rows,
			       DB_INT(s->node), DB_INT(s->since));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out = (struct stay){ s->node, db_col_int(&rows, 0), db_col_int(&rows, 2), s->since, db_col_text(&rows, 1) };
	out->key.ptr = arena_span(arena, out->key);
	return OK;
}

/* The first node of all came from elsewhere: what was deleted or replaced there before it belongs to the story. */
static enum err follow_moves(struct db *db, struct arena *arena, struct stays *s)
{
	struct stay first, origin;

	if (!s->count)
		return OK;
	first = s->list[s->count - 1];
	for (unsigned hops = 0; hops < HOPS_LIMIT; hops++) {
		size_t count = s->count;
		enum err e = find_origin(db, arena, &first, &origin);

		if (e == E_NOT_FOUND)
			return OK;
		if (e != OK || (e = stays_at(db, origin.parent, origin.key, origin.since + 1, true, s)) != OK)
			return e;
		first = s->count > count ? s->list[s->count - 1] : origin;
	}
	return OK;
}

/* ---- versions ---- */

struct entry {
	int64_t node, number, until; /* until: 0: current */
};

struct entries {
	struct entry *list;
	size_t count, room;
};

static void add_entry(struct entries *s, struct entry entry)
{
	if (s->count == s->room) {
		s->room = MAX(2 * s->room, (size_t)32);
		s->list = xrealloc(s->list, s->room * sizeof *s->list);
	}
	s->list[s->count++] = entry;
}

/*
 * The contents that a file had before it left the place, its present one among them: that has a version too once it was deleted,
 * and again when it came back.
 */
static enum err add_versions(struct db *db, int64_t node, int64_t until, struct entries *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	bool is_there = until == INT64_MAX;
	enum err e =
	    db_select(db,
		      "SELECT made, seq, 0 FROM version WHERE ns = 1 AND node = ?1 AND made < ?2"
		      " UNION ALL SELECT made, ?2, 1 FROM node WHERE ns = 1 AND id = ?1 AND kind = 0 AND made < ?2"
		      " ORDER BY 1 DESC, 3 LIMIT ?3",
		      &rows, DB_INT(node), DB_INT(until), DB_INT(STORE_VERSIONS_LIMIT + 1));
	int64_t last = 0;

	while (e == OK && (e = db_next(&rows)) == OK) {
		struct entry entry = { node, db_col_int(&rows, 0), MIN(db_col_int(&rows, 1), until) };
		bool is_present = db_col_int(&rows, 2) != 0;

		if (is_present && is_there)
			entry.until = 0;
		if (entry.number != last)
			add_entry(out, entry);
		else if (is_present && is_there)
			out->list[out->count - 1].until = 0;
		last = entry.number;
	}
	return e == E_NOT_FOUND ? OK : e;
}

static int newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? 1 : -1;
	return (x->node < y->node) - (x->node > y->node);
}

static enum err find_entries(struct db *db, struct arena *arena, struct span path, struct entries *out, bool *out_cut)
{
	struct stays stays = { .list = NULL };
	enum err e = stays_of(db, arena, path, &stays);

	if (e == OK)
		e = follow_moves(db, arena, &stays);
	for (size_t i = 0; e == OK && i < stays.count; i++)
		if (!is_known(&stays, i, stays.list[i].node))
			e = add_versions(db, stays.list[i].node, last_until(&stays, stays.list[i].node), out);
	*out_cut = stays.is_cut;
	free(stays.list);
	if (out->count)
		qsort(out->list, out->count, sizeof *out->list, newest_first);
	return e;
}

/* ---- showing them ---- */

/* Where a content was when it ended, and its node is now. */
static enum err read_paths(struct db *db, int64_t node, int64_t until, struct arena *arena, struct span *then,
			   struct span *now)
{
	enum err e = past_path_now(db, node, arena, now);

	*then = *now;
	return e == OK && until ? past_path(db, node, until - 1, arena, then) : e;
}

/* Through what the content came: a version says it, else the journal. */
static enum err read_client(struct db *db, struct arena *arena, int64_t node, int64_t number, const char **out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(db,
		      "SELECT client FROM version WHERE ns = 1 AND node = ?1 AND made = ?2 UNION ALL"
		      " SELECT client FROM journal j WHERE j.ns = 1 AND j.seq = ?2 AND (j.node = ?1 OR (j.op = 4"
		      " AND j.at = (SELECT created_ns FROM node WHERE ns = 1 AND id = ?1))) LIMIT 1",
		      &rows, DB_INT(node), DB_INT(number));

	*out = "";
	if (e == OK && (e = db_next(&rows)) == OK)
		*out = arena_span(arena, db_col_text(&rows, 0));
	return e == E_NOT_FOUND ? OK : e;
}

static enum err show(struct db *db, struct arena *arena, const struct entry *entry, store_version_fn *fn, void *arg,
		     bool *out_more)
{
	struct store_version v = { .node = entry->node, .number = entry->number, .until = entry->until };
	struct tree_row row;
	enum err e = past_node(db, entry->node, entry->number, &row);

	/* Made under another collection than the one it is in: then it was nowhere at that number (a copy that was built aside). */
	if (e == E_NOT_FOUND)
		return OK;
	if (e != OK || (e = read_paths(db, entry->node, entry->until, arena, &v.then, &v.now)) != OK ||
	    (e = read_client(db, arena, entry->node, entry->number, &v.client)) != OK)
		return e == E_NOT_FOUND ? OK : e;
	v.content = row.node;
	v.author = row.author;
	*out_more = fn(arg, &v);
	return OK;
}

enum err store_history(struct store *s, struct span path, store_version_fn *fn, void *arg, bool *out_cut)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct arena *arena = arena_new();
	struct entries entries = { .list = NULL };
	bool go_on = true;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) == OK && (e = db_begin_read(reader.db, &tx)) == OK)
		e = find_entries(reader.db, arena, path, &entries, out_cut);
	if (e == OK && !entries.count)
		e = E_NOT_FOUND;
	if (e == OK && entries.count > STORE_VERSIONS_LIMIT)
		*out_cut = true;
	for (size_t i = 0; e == OK && go_on && i < MIN(entries.count, (size_t)STORE_VERSIONS_LIMIT); i++) {
		e = show(reader.db, arena, &entries.list[i], fn, arg, &go_on);
		arena_reset(arena);
	}
	free(entries.list);
	arena_free(arena);
	return e == OK ? tx_commit(&tx) : e;
}

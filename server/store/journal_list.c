/*
 * The journal for people (store_journal.h).  A row names its node and the place that it left or changed in; what it does not name
 * is looked up: it stands for one row of a table, not for a copy of each path.
 */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "server/store/journal.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/state.h"
#include "server/store/tree.h"

enum { ROWS_EACH = 500, CHAIN_EACH = 20000, KNOWN_FOLDERS = 1024 };

/* Where a folder is, as far as the path that is asked for goes: of what is elsewhere nothing is to be told. */
struct known_folder {
	int64_t id; /* 0: none */
	bool is_elsewhere;
};

struct store_journal {
	struct store *store;
	struct db *db;
	struct arena *arena;
	int64_t seq; /* of the last that was given */
	bool is_newest_first;
	int64_t since_ns;
	char *path, *user;
	struct known_folder known[KNOWN_FOLDERS]; /* by what is left of the id */
};

struct store_journal *store_journal_new(struct store *s, const struct store_journal_query *query)
{
	struct store_journal *j = xcalloc(1, sizeof *j);

	j->store = s;
	j->arena = arena_new();
	j->is_newest_first = query->is_newest_first;
	j->seq = !query->is_newest_first ? query->since : query->until ? query->until : INT64_MAX;
	j->since_ns = query->since_ns;
	j->path = query->path.len > 1 ? span_dup(query->path) : NULL;
	j->user = query->user ? xstrdup(query->user) : NULL;
	return j;
}

void store_journal_free(struct store_journal *j)
{
	if (!j)
		return;
	db_close(j->db);
	arena_free(j->arena);
	free(j->path);
	free(j->user);
	free(j);
}

int64_t store_journal_at(const struct store_journal *j)
{
	return j->seq;
}

static const char *op_name(enum journal_op op)
{
	static const char *const names[] = {
		[JOURNAL_PUT] = "put",
		[JOURNAL_MKCOL] = "mkcol",
		[JOURNAL_DELETE] = "delete",
		[JOURNAL_COPY] = "copy",
		[JOURNAL_MOVE] = "move",
		[JOURNAL_RESTORE] = "restore",
		[JOURNAL_PROPPATCH] = "proppatch",
	};

	return (size_t)op < ARRAY_LEN(names) && names[op] ? names[op] : "other";
}

/* The path of a name in a folder that may be gone; empty: nothing says where that was. */
static enum err place_path(struct store_journal *j, int64_t parent, struct span name, struct span *out)
{
	struct span above;
	enum err e = tree_last_path(j->db, parent, j->arena, &above, NULL);

	*out = span_of("");
	if (e != OK)
		return e == E_NOT_FOUND ? OK : e;
	*out = span_of(arena_printf(j->arena, "%.*s/%.*s", above.len > 1 ? (int)above.len : 0, above.ptr, (int)name.len,
				    name.ptr));
	return OK;
}

/* Where the node was after the change `seq`: the place it left next, or the one that it has now, or had last. */
static enum err node_path(struct store_journal *j, int64_t node, int64_t seq, struct span *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(
	    j->db, "SELECT parent, name FROM gone WHERE ns = ?1 AND node = ?2 AND seq > ?3 ORDER BY seq LIMIT 1", &rows,
	    DB_INT(SCHEMA_NS), DB_INT(node), DB_INT(seq));

	if (e == OK && (e = db_next(&rows)) == OK)
		return place_path(j, db_col_int(&rows, 0), db_col_text(&rows, 1), out);
	if (e == E_NOT_FOUND)
		e = tree_last_path(j->db, node, j->arena, out, NULL);
	if (e != E_NOT_FOUND)
		return e;
	*out = span_of("");
	return OK;
}

static enum err find_paths(struct store_journal *j, const struct journal_row *row, struct store_entry *entry)
{
	struct span old = span_of("");
	enum err e = OK;

	entry->from = old;
	if (row->old_parent && (e = place_path(j, row->old_parent, row->old_name, &old)) != OK)
		return e;
	if (row->op == JOURNAL_MOVE)
		entry->from = old;
	if (row->op != JOURNAL_MOVE && old.len)
		entry->path = old;
	else
		e = node_path(j, row->node, row->seq, &entry->path);
	return e;
}

/* A node that is gone for good is none. */
static enum err find_kind(struct store_journal *j, struct store_entry *entry)
{
	struct tree_row row;
	enum err e = tree_node(j->db, entry->node, &row);

	entry->is_collection = e == OK && row.node.kind == STORE_COLLECTION;
	return e == E_NOT_FOUND ? OK : e;
}

static bool is_wanted(const struct store_journal *j, const struct store_entry *entry)
{
	struct span at = span_of(j->path);

	return !j->path || path_is_within(entry->path, at) || (entry->from.len && path_is_within(entry->from, at));
}

/* Is a member of the folder neither the path nor below it? */
static enum err is_elsewhere(struct store_journal *j, int64_t parent, bool *out)
{
	struct known_folder *f = &j->known[(uint64_t)parent % KNOWN_FOLDERS];
	struct span at = span_of(j->path), path;
	enum err e = OK;

	if (f->id != parent) {
		e = tree_last_path(j->db, parent, j->arena, &path, NULL);
		if (e != OK)
			return *out = e == E_NOT_FOUND, e == E_NOT_FOUND ? OK : e;
		*f = (struct known_folder){ parent, !path_is_within(path, at) && !path_is_within(at, path) };
	}
	*out = f->is_elsewhere;
	return OK;
}

/* The collection that the node was in after the change `seq`.  0: it is nowhere. */
static enum err parent_after(struct store_journal *j, int64_t node, int64_t seq, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(j->db,
			       "SELECT ifnull((SELECT parent FROM gone WHERE ns = 1 AND node = ?1 AND seq > ?2"
			       " ORDER BY seq LIMIT 1), (SELECT parent FROM node WHERE ns = 1 AND id = ?1))",
			       &rows, DB_INT(node), DB_INT(seq));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e;
}

/* Most rows of a large journal are about other folders: those are told by the folder, not by each path. */
static enum err may_skip(struct store_journal *j, const struct journal_row *row, bool *out)
{
	int64_t parent = row->old_parent;
	enum err e = OK;

	*out = false;
	if (!j->path || row->op == JOURNAL_MOVE)
		return OK;
	if (!parent)
		e = parent_after(j, row->node, row->seq, &parent);
	/* In the trash: it may have been anywhere. */
	if (e != OK || !parent || parent == NODE_TRASH)
		return e;
	return is_elsewhere(j, parent, out);
}

/* One row.  `io_go_on` false: the callback has enough. */
static enum err give(struct store_journal *j, const struct db_rows *rows, store_entry_fn *fn, void *arg, bool *io_go_on)
{
	struct digest old_hash, new_hash;
	struct journal_row row = journal_read(rows, &old_hash, &new_hash);
	struct store_entry entry = {
		.seq = row.seq,
		.node = row.node,
		.at_ns = row.at_ns,
		.op = op_name(row.op),
		.user = row.author,
		.client = row.client,
		.before = row.old_hash,
		.after = row.new_hash,
	};
	bool is_skipped;
	enum err e;

	if ((e = may_skip(j, &row, &is_skipped)) != OK)
		return e;
	if (is_skipped) {
		j->seq = row.seq;
		return OK;
	}
	if ((e = find_paths(j, &row, &entry)) != OK)
		return e;
	if (is_wanted(j, &entry)) {
		if ((e = find_kind(j, &entry)) != OK)
			return e;
		*io_go_on = fn(arg, &entry);
	}
	if (*io_go_on)
		j->seq = row.seq;
	return OK;
}

enum err store_journal_next(struct store_journal *j, store_entry_fn *fn, void *arg, bool *out_end)
{
	autorows struct db_rows rows = { NULL, NULL };
	bool go_on = true;
	int64_t count = 0;
	enum err e;

	*out_end = false;
	if (!j->db && (e = readers_open(j->store->readers, &j->db)) != OK)
		return e;
	arena_reset(j->arena);
	e = db_select(j->db,
		      j->is_newest_first
			  ? "SELECT " JOURNAL_COLUMNS " FROM journal WHERE ns = ?1 AND seq < ?2 AND at >= ?3"
			    " AND (?4 IS NULL OR author = ?4) ORDER BY seq DESC LIMIT ?5"
			  : "SELECT " JOURNAL_COLUMNS " FROM journal WHERE ns = ?1 AND seq > ?2 AND at >= ?3"
			    " AND (?4 IS NULL OR author = ?4) ORDER BY seq LIMIT ?5",
		      &rows, DB_INT(SCHEMA_NS), DB_INT(j->seq), DB_INT(j->since_ns),
		      j->user ? DB_STRING(j->user) : DB_NULL, DB_INT(ROWS_EACH));
	while (e == OK && go_on && (e = db_next(&rows)) == OK) {
		count++;
		e = give(j, &rows, fn, arg, &go_on);
	}
	if (e != E_NOT_FOUND)
		return e;
	*out_end = count < ROWS_EACH;
	return OK;
}

enum err store_journal_span(struct store *s, struct store_journal_span *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(s->readers, &reader);

	if (e == OK)
		e = db_select(reader.db,
			      "SELECT n.kept, n.head, ifnull(j.at, 0) FROM ns n LEFT JOIN journal j"
			      " ON j.ns = n.id AND j.seq = n.kept + 1 WHERE n.id = ?1",
			      &rows, DB_INT(SCHEMA_NS));
	if (e == OK && (e = db_next(&rows)) == OK)
		*out =
		    (struct store_journal_span){ db_col_int(&rows, 0) + 1, db_col_int(&rows, 1), db_col_int(&rows, 2) };
	return e;
}

/* The last row is the head that `ns` has, unless all of them were purged. */
static enum err check_head(struct db *db, const struct store_chain *c)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT head FROM ns WHERE id = ?1", &rows, DB_INT(SCHEMA_NS));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	return db_col_int(&rows, 0) == c->seq ? OK : E_CORRUPT;
}

enum err store_journal_verify(struct store *s, struct store_chain *c, bool *out_end)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = journal_verify_some(reader.db, c, CHAIN_EACH, out_end)) != OK)
		return e;
	return *out_end ? check_head(reader.db, c) : OK;
}

/* What goes though it is young enough: more versions of one file than wanted, more bytes than history may have. */
#include <stdlib.h>

#include "server/store/commit.h"
#include "server/store/readers.h"
#include "server/store/retain.h"
#include "server/store/space.h"

enum { PAGE = 500 };

/* ---- by count ---- */

static enum err read_crowded(struct pass *p, int64_t after, struct due *due, size_t *out_count)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(p->store->readers, &reader);

	*out_count = 0;
	if (e == OK)
		e = db_select(reader.db,
			      "SELECT node, count(*) FROM version WHERE ns = 1 AND node > ?1 GROUP BY node"
			      " HAVING count(*) > ?2 ORDER BY node LIMIT ?3",
			      &rows, DB_INT(after), DB_INT(p->rule.versions_max), DB_INT(PAGE));
	while (e == OK && (e = db_next(&rows)) == OK)
		due[(*out_count)++] = (struct due){ .node = db_col_int(&rows, 0), .made = db_col_int(&rows, 1) };
	return e == E_NOT_FOUND ? OK : e;
}

/* The oldest `excess` versions of a node, at most a page of them. */
static enum err read_oldest_of(struct pass *p, int64_t node, int64_t excess, struct due *due, size_t *out_count)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(p->store->readers, &reader);

	*out_count = 0;
	if (e == OK)
		e = db_select(reader.db,
			      "SELECT made, at, size FROM version WHERE ns = 1 AND node = ?1 ORDER BY made LIMIT ?2",
			      &rows, DB_INT(node), DB_INT(MIN(excess, (int64_t)PAGE)));
	while (e == OK && (e = db_next(&rows)) == OK)
		due[(*out_count)++] =
		    (struct due){ node, db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2) };
	return e == E_NOT_FOUND ? OK : e;
}

/*
 * What of a node's versions would go after those that would go by age, which are all there still.  `excess` 0: counts in `out_left` how many
 * age leaves; else that many of the oldest of those go.
 */
static enum err rehearse_some(struct pass *p, int64_t node, int64_t excess, int64_t *out_left)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(p->store->readers, &reader);

	*out_left = 0;
	if (e == OK)
		e = db_select(reader.db,
			      "SELECT made, at, size, made_ns, EXISTS (SELECT 1 FROM node n WHERE n.ns = 1"
			      " AND n.id = version.node AND n.parent = 2 AND n.since = version.seq)"
			      " FROM version WHERE ns = 1 AND node = ?1 ORDER BY made",
			      &rows, DB_INT(node));
	while (e == OK && (e = db_next(&rows)) == OK) {
		struct due d = { node, db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2) };

		if (pass_is_due(p, db_col_int(&rows, 3), d.at_ns) && !db_col_int(&rows, 4))
			continue;
		if (++*out_left <= excess)
			e = pass_remove(p, &d, 1);
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err rehearse_node(struct pass *p, int64_t node)
{
	int64_t left;
	enum err e = rehearse_some(p, node, 0, &left);

	if (e != OK || left <= p->rule.versions_max)
		return e;
	return rehearse_some(p, node, left - p->rule.versions_max, &left);
}

static enum err thin_node(struct pass *p, int64_t node, int64_t excess)
{
	struct due due[PAGE];
	size_t count = 1;
	enum err e = OK;

	while (e == OK && excess > 0 && count) {
		if ((e = read_oldest_of(p, node, excess, due, &count)) == OK)
			e = pass_remove(p, due, count);
		excess -= (int64_t)count;
	}
	return e;
}

enum err pass_by_count(struct pass *p)
{
	struct due crowded[PAGE];
	size_t count = PAGE;
	int64_t after = 0;
	enum err e = OK;

	while (p->rule.versions_max && e == OK && count == PAGE) {
		e = read_crowded(p, after, crowded, &count);
		for (size_t i = 0; i < count && e == OK; i++) {
			after = crowded[i].node;
			e = p->is_rehearsal ? rehearse_node(p, after)
					    : thin_node(p, after, crowded[i].made - p->rule.versions_max);
		}
	}
	return e;
}

/* ---- by size ---- */

enum err pass_size(struct store *s, int64_t *out)
{
	return readers_number(
	    s->readers,
	    "SELECT (SELECT ifnull(sum(size), 0) FROM version)"
	    " + (SELECT ifnull(sum(n.bytes), 0) FROM trash t JOIN node n ON n.ns = t.ns AND n.id = t.node)",
	    out);
}

/* Something old: a version, or something in the trash (number > 0). */
struct old {
	struct due due;
	int64_t number;
};

/* The oldest of both, by when they ended.  The last content of what lies in the trash goes with that. */
static enum err read_oldest(struct pass *p, struct old *old, size_t *out_count)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(p->store->readers, &reader);

	*out_count = 0;
	if (e == OK)
		e = db_select(
		    reader.db,
		    "SELECT node, made, at, size, 0 FROM (SELECT node, made, at, size FROM version WHERE ns = 1 AND "
		    "NOT EXISTS"
		    " (SELECT 1 FROM node n WHERE n.ns = 1 AND n.id = version.node AND n.parent = 2 AND n.since = "
		    "version.seq)"
		    " ORDER BY at LIMIT ?1) UNION ALL SELECT * FROM (SELECT t.node, 0, t.at, ifnull(n.bytes, n.size), "
		    "n.since"
		    " FROM trash t JOIN node n ON n.ns = 1 AND n.id = t.node WHERE t.ns = 1 ORDER BY t.at LIMIT ?1)"
		    " ORDER BY 3 LIMIT ?1",
		    &rows, DB_INT(PAGE));
	while (e == OK && (e = db_next(&rows)) == OK)
		old[(*out_count)++] = (struct old){ { db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2),
						      db_col_int(&rows, 3) },
						    db_col_int(&rows, 4) };
	return e == E_NOT_FOUND ? OK : e;
}

/* As many of the oldest as the excess takes. */
static enum err remove_oldest(struct pass *p, int64_t excess)
{
	struct old *old = xcalloc(PAGE, sizeof *old);
	struct due due[PAGE];
	size_t count, due_count = 0;
	enum err e = read_oldest(p, old, &count);

	for (size_t i = 0; i < count && e == OK && excess > 0; i++) {
		excess -= old[i].due.bytes;
		if (old[i].number)
			e = pass_purge(p, old[i].number, old[i].due.bytes);
		else
			due[due_count++] = old[i].due;
	}
	free(old);
	return e == OK ? pass_remove(p, due, due_count) : e;
}

enum err pass_by_size(struct pass *p)
{
	int64_t size = 0, before;
	enum err e = pass_size(p->store, &size);

	while (e == OK && size > p->rule.bytes_max) {
		before = p->done.versions + p->done.trashed;
		if ((e = remove_oldest(p, size - p->rule.bytes_max)) != OK)
			break;
		if (p->done.versions + p->done.trashed == before)
			break; /* all of it is new: nothing more to let go */
		e = pass_size(p->store, &size);
	}
	return e;
}

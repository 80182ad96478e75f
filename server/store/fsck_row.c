/*
 * Rows against rows: every file and version has its content, everything hangs from something, nothing belongs to nothing.
 */
#include "server/store/commit.h"
#include "server/store/fsck.h"
#include "server/store/object.h"
#include "server/store/schema.h"

#include <stdio.h>

enum { ROWS_EACH = 2000, WRONG_EACH = 64 };

/* A row with something wrong, noted while others are read. */
struct wrong {
	int64_t node, made; /* made 0: the node itself */
	struct digest hash;
	int64_t size;
	enum { LACKS_CONTENT, OTHER_CONTENT, LACKS_PARENT, MISCOUNTS_PROPS } how;
};

static const char *const reasons[] = {
	[LACKS_CONTENT] = "its content is not in the store",
	[OTHER_CONTENT] = "it names another content than its SHA-256 says",
	[LACKS_PARENT] = "what it was in is not there",
	[MISCOUNTS_PROPS] = "it does not count its properties right",
};

/* ---- repairs ---- */

/*
 * The content that the row's SHA-256 names; if the store does not have it, a row that says so: it is answered 500, and
 * healed by the next upload of these bytes.
 */
static enum err point_at_content(struct db *db, const struct wrong *w)
{
	enum err e = db_run(db,
			    "INSERT INTO object(hash, size, segment, place, state) VALUES (?1, ?2, 0, 0, ?3)"
			    " ON CONFLICT(hash) DO NOTHING",
			    DB_DIGEST(&w->hash), DB_INT(w->size), DB_INT(OBJECT_BAD));

	if (e != OK)
		return e;
	return w->made ? db_run(db,
				"UPDATE version SET object = (SELECT id FROM object WHERE hash = ?3)"
				" WHERE ns = 1 AND node = ?1 AND made = ?2",
				DB_INT(w->node), DB_INT(w->made), DB_DIGEST(&w->hash))
		       : db_run(db,
				"UPDATE node SET object = (SELECT id FROM object WHERE hash = ?2)"
				" WHERE ns = 1 AND id = ?1",
				DB_INT(w->node), DB_DIGEST(&w->hash));
}

/* Into the trash, from where it can be had back, as if it had been deleted from the root. */
static enum err hang_up(struct db *db, const struct wrong *w)
{
	enum err e = db_run(db,
			    "INSERT OR REPLACE INTO trash(ns, node, parent, name, by, at)"
			    " SELECT 1, id, ?2, name, '', ctime_ns FROM node WHERE ns = 1 AND id = ?1",
			    DB_INT(w->node), DB_INT(NODE_ROOT));

	if (e != OK)
		return e;
	return db_run(db, "UPDATE node SET parent = ?2, key = CAST(id AS TEXT) WHERE ns = 1 AND id = ?1",
		      DB_INT(w->node), DB_INT(NODE_TRASH));
}

static enum err count_props(struct db *db, const struct wrong *w)
{
	return db_run(db,
		      "UPDATE node SET props = (SELECT count(*) FROM prop WHERE ns = 1 AND node = ?1)"
		      " WHERE ns = 1 AND id = ?1",
		      DB_INT(w->node));
}

static enum err repair(struct db *db, void *arg)
{
	const struct wrong *w = arg;

	switch (w->how) {
	case LACKS_PARENT:
		return hang_up(db, w);
	case MISCOUNTS_PROPS:
		return count_props(db, w);
	default:
		return point_at_content(db, w);
	}
}

static enum err tell(struct store_fsck *f, struct wrong *w)
{
	bool is_content = w->how == LACKS_CONTENT || w->how == OTHER_CONTENT;
	struct store_finding finding = {
		.what = w->made ? "version" : "file",
		.why = reasons[w->how],
		.version = w->made,
		.digest = is_content ? &w->hash : NULL,
	};
	enum err e = fsck_path(f, w->node, &finding.path, &finding.is_gone);

	if (e == OK && f->repairs) {
		e = commit_call(f->store, repair, w);
		finding.is_repaired = e == OK;
	}
	if (e == OK)
		fsck_found(f, &finding);
	return e;
}

static enum err tell_all(struct store_fsck *f, struct wrong *wrongs, size_t count)
{
	enum err e = OK;

	for (size_t i = 0; i < count && e == OK; i++)
		e = tell(f, &wrongs[i]);
	return e;
}

/* ---- nodes ---- */

/* Does the row's content fit?  False: `w` says how not. */
static bool content_fits(const struct db_rows *rows, int hash_column, struct wrong *w)
{
	struct digest have;
	bool is_there = db_col_digest(rows, hash_column, &have);

	w->how = is_there ? OTHER_CONTENT : LACKS_CONTENT;
	return is_there && digest_equal(&have, &w->hash);
}

static void look_at_node(const struct db_rows *rows, struct wrong *wrongs, size_t *io_count)
{
	struct wrong w = { .node = db_col_int(rows, 0), .size = db_col_int(rows, 3) };

	db_col_digest(rows, 2, &w.hash);
	if (db_col_int(rows, 1) == STORE_FILE && !content_fits(rows, 4, &w))
		wrongs[(*io_count)++] = w;
	w.how = LACKS_PARENT;
	if (db_col_int(rows, 5) == 0)
		wrongs[(*io_count)++] = w;
	w.how = MISCOUNTS_PROPS;
	if (db_col_int(rows, 6) != 0)
		wrongs[(*io_count)++] = w;
}

enum err fsck_files(struct store_fsck *f, bool *out_done)
{
	struct wrong wrongs[WRONG_EACH];
	size_t count = 0, wrong = 0;
	enum err e;

	{
		autorows struct db_rows rows = { NULL, NULL };

		e = db_select(f->db,
			      "SELECT n.id, n.kind, n.hash, n.size, o.hash, ifnull(p.kind, 0) = 1,"
			      " n.props <> (SELECT count(*) FROM prop x WHERE x.ns = 1 AND x.node = n.id)"
			      " FROM node n LEFT JOIN object o ON o.id = n.object"
			      " LEFT JOIN node p ON p.ns = 1 AND p.id = n.parent"
			      " WHERE n.ns = 1 AND n.id > ?1 ORDER BY n.id LIMIT ?2",
			      &rows, DB_INT(f->after), DB_INT(ROWS_EACH));
		while (e == OK && wrong + 3 <= WRONG_EACH && (e = db_next(&rows)) == OK) {
			look_at_node(&rows, wrongs, &wrong);
			f->after = db_col_int(&rows, 0);
			f->totals.files += db_col_int(&rows, 1) == STORE_FILE;
			count++;
		}
	}
	if (e != OK && e != E_NOT_FOUND)
		return e;
	*out_done = e == E_NOT_FOUND && count < ROWS_EACH;
	return tell_all(f, wrongs, wrong);
}

/* ---- versions ---- */

enum err fsck_versions(struct store_fsck *f, bool *out_done)
{
	struct wrong wrongs[WRONG_EACH];
	size_t count = 0, wrong = 0;
	enum err e;

	{
		autorows struct db_rows rows = { NULL, NULL };

		e = db_select(f->db,
			      "SELECT v.node, v.made, v.hash, v.size, o.hash FROM version v"
			      " LEFT JOIN object o ON o.id = v.object"
			      " WHERE v.ns = 1 AND (v.node, v.made) > (?1, ?2) ORDER BY v.node, v.made LIMIT ?3",
			      &rows, DB_INT(f->after), DB_INT(f->after_second), DB_INT(ROWS_EACH));
		while (e == OK && wrong < WRONG_EACH && (e = db_next(&rows)) == OK) {
			struct wrong w = { .node = db_col_int(&rows, 0),
					   .made = db_col_int(&rows, 1),
					   .size = db_col_int(&rows, 3) };

			db_col_digest(&rows, 2, &w.hash);
			if (!content_fits(&rows, 4, &w))
				wrongs[wrong++] = w;
			f->after = w.node;
			f->after_second = w.made;
			f->totals.versions++;
			count++;
		}
	}
	if (e != OK && e != E_NOT_FOUND)
		return e;
	*out_done = e == E_NOT_FOUND && count < ROWS_EACH;
	return tell_all(f, wrongs, wrong);
}

/* ---- rows that belong to nothing ---- */

static const struct loose {
	const char *why, *count_sql, *repair_sql;
} loose[] = {
	{ "properties of nothing",
	  "SELECT count(*) FROM prop p WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.ns = p.ns AND n.id = p.node)",
	  "DELETE FROM prop WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.ns = prop.ns AND n.id = prop.node)" },
	{ "locks on nothing",
	  "SELECT count(*) FROM lock l WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.ns = l.ns AND n.id = l.node)",
	  "DELETE FROM lock WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.ns = lock.ns AND n.id = lock.node)" },
	{ "entries of the trash without what was deleted",
	  "SELECT count(*) FROM trash t WHERE NOT EXISTS"
	  " (SELECT 1 FROM node n WHERE n.ns = t.ns AND n.id = t.node AND n.parent = 2)",
	  "DELETE FROM trash WHERE NOT EXISTS"
	  " (SELECT 1 FROM node n WHERE n.ns = trash.ns AND n.id = trash.node AND n.parent = 2)" },
	{ "deleted things without an entry in the trash",
	  "SELECT count(*) FROM node n WHERE n.ns = 1 AND n.parent = 2 AND n.key > '' AND n.key NOT LIKE 'stage-%'"
	  " AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.ns = 1 AND t.node = n.id)",
	  "INSERT INTO trash(ns, node, parent, name, by, at) SELECT 1, n.id, 1, n.name, '', n.ctime_ns FROM node n"
	  " WHERE n.ns = 1 AND n.parent = 2 AND n.key > '' AND n.key NOT LIKE 'stage-%'"
	  " AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.ns = 1 AND t.node = n.id)" },
};

static enum err run_sql(struct db *db, void *arg)
{
	return db_exec(db, arg);
}

static enum err check_loose(struct store_fsck *f, const struct loose *l)
{
	autorows struct db_rows rows = { NULL, NULL };
	char why[120];
	struct store_finding finding = { .what = "row", .why = why, .path = span_of("") };
	enum err e = db_select_values(f->db, l->count_sql, &rows, NULL, 0);

	if (e != OK || (e = db_next(&rows)) != OK || !db_col_int(&rows, 0))
		return e;
	snprintf(why, sizeof why, "%lld %s", (long long)db_col_int(&rows, 0), l->why);
	if (f->repairs) {
		e = commit_call(f->store, run_sql, (void *)(uintptr_t)l->repair_sql);
		finding.is_repaired = e == OK;
	}
	if (e == OK)
		fsck_found(f, &finding);
	return e;
}

enum err fsck_rows(struct store_fsck *f, bool *out_done)
{
	enum err e = check_loose(f, &loose[f->after]);

	*out_done = (size_t)++f->after == ARRAY_LEN(loose);
	return e;
}

/*
 * COPY: another node with the same content, type, time and properties; of a collection, with everything below it.
 *
 * Contents are shared: only rows are made.  The rows of a subtree are made by one statement each for nodes and properties, with the
 * digests that the source's have, so nothing is computed anew.
 */
#include <string.h>

#include "server/store/lock.h"
#include "server/store/quota.h"
#include "server/store/schema.h"
#include "server/store/stage.h"
#include "server/store/step.h"

static enum err copy_props(struct group *g, int64_t from, int64_t to)
{
	enum err e = db_run(g->db, "DELETE FROM prop WHERE ns = 1 AND node = ?1", DB_INT(to));

	if (e != OK || (e = db_run(g->db,
				   "INSERT INTO prop(ns, node, xmlns, name, lang, value)"
				   " SELECT 1, ?2, xmlns, name, lang, value FROM prop WHERE ns = 1 AND node = ?1",
				   DB_INT(from), DB_INT(to))) != OK)
		return e;
	return db_run(
	    g->db,
	    "UPDATE node SET (props, executable) = (SELECT props, executable FROM node WHERE ns = 1 AND id = ?1)"
	    " WHERE ns = 1 AND id = ?2",
	    DB_INT(from), DB_INT(to));
}

/* A file, or a collection without its members.  A file that is at the destination keeps its node, and so its history. */
static enum err copy_one(struct group *g, const struct target *t, struct target *d, struct store_node *n)
{
	const struct store_node *from = &t->row.node;
	bool is_folder = t->folder != NULL;
	enum err e;

	*n = step_make_node(g, d, from->kind);
	n->mtime_ns = t->step->mtime_ns != STORE_MTIME_NOW ? t->step->mtime_ns : from->mtime_ns;
	n->is_executable = from->is_executable;
	n->has_props = from->has_props;
	memcpy(n->type, from->type, sizeof n->type);
	if (is_folder) {
		n->digest = folder_hash(&(struct folder_sum){ { 0 } }, 0);
	} else {
		n->digest = from->digest;
		n->size_bytes = from->size_bytes;
	}
	if (d->exists) {
		e = step_replace_content(g, d, n, t->row.object);
	} else {
		e = step_insert_node(g, d, n, t->row.object);
		group_add_member(d->parent, 1, is_folder, d->name->name, &n->digest, n->size_bytes);
	}
	return e == OK ? copy_props(g, from->id, n->id) : e;
}

/* ---- a collection with everything below it ---- */

static enum err map_nodes(struct group *g, int64_t top)
{
	enum err e = db_exec(
	    g->db, "CREATE TEMP TABLE IF NOT EXISTS copied(new INTEGER PRIMARY KEY, old INTEGER NOT NULL UNIQUE)");

	if (e != OK || (e = db_exec(g->db, "DELETE FROM temp.copied")) != OK)
		return e;
	return db_run(g->db,
		      "INSERT INTO temp.copied(new, old)"
		      " WITH RECURSIVE below(id) AS (SELECT ?1 UNION ALL SELECT n.id FROM below b"
		      " JOIN node n ON n.ns = 1 AND n.parent = b.id AND n.key > '')"
		      " SELECT ?2 + row_number() OVER () - 1, id FROM below",
		      DB_INT(top), DB_INT(g->next_id));
}

static enum err copy_rows(struct group *g, const struct target *t, const struct target *d, const struct store_node *n)
{
	enum err e = db_run(g->db,
			    "INSERT INTO node(ns, id, parent, key, name, kind, hash, size, mtime_ns, ctime_ns, "
			    "created_ns, executable, type, props,"
			    " seq, since, made, author, sum, members, bytes, object)"
			    " SELECT 1, c.new, coalesce(p.new, ?2), CASE n.id WHEN ?1 THEN ?3 ELSE n.key END,"
			    " CASE n.id WHEN ?1 THEN ?4 ELSE n.name END, n.kind, n.hash, n.size, n.mtime_ns, ?6, ?6, "
			    "n.executable, n.type, n.props,"
			    " ?5, ?5, ?5, ?7, n.sum, n.members, n.bytes, n.object"
			    " FROM temp.copied c JOIN node n ON n.ns = 1 AND n.id = c.old"
			    " LEFT JOIN temp.copied p ON p.old = n.parent AND n.id <> ?1",
			    DB_INT(t->row.node.id), DB_INT(d->parent->id), DB_TEXT(d->name->key),
			    DB_TEXT(d->name->name), DB_INT(n->seq), DB_INT(g->now_ns), DB_TEXT(t->txn->user));

	if (e != OK)
		return e;
	return db_run(g->db,
		      "INSERT INTO prop(ns, node, xmlns, name, lang, value)"
		      " SELECT 1, c.new, p.xmlns, p.name, p.lang, p.value"
		      " FROM temp.copied c JOIN prop p ON p.ns = 1 AND p.node = c.old WHERE ?1 = 1",
		      DB_INT(1));
}

static enum err copy_tree(struct group *g, struct target *t, struct target *d, struct store_node *n)
{
	int64_t count;
	enum err e = map_nodes(g, t->row.node.id);

	if (e != OK)
		return e;
	count = db_changes(g->db);
	*n = t->row.node;
	n->id = g->next_id;
	n->seq = ++g->head;
	n->ctime_ns = n->created_ns = g->now_ns;
	g->next_id += count;
	if ((e = copy_rows(g, t, d, n)) != OK || (e = db_exec(g->db, "DELETE FROM temp.copied")) != OK)
		return e;
	group_add_member(d->parent, 1, true, d->name->name, &n->digest, n->size_bytes);
	return OK;
}

static enum err attach(struct group *g, const struct target *t, struct target *d, struct store_node *n)
{
	*n = t->row.node;
	n->id = t->step->stage.top;
	n->created_ns = g->now_ns;
	return stage_attach(g, d, n);
}

/* ---- the step ---- */

static enum err check(struct group *g, struct target *t, struct target *d, struct store_result *out)
{
	enum { ALL = STORE_LOCK_SELF | STORE_LOCK_PARENT | STORE_LOCK_BELOW };
	const struct txn_step *step = t->step;
	enum err e;

	if (!t->exists || (step->is_collection && !t->folder))
		return step_refuse(out, E_NOT_FOUND);
	if ((e = step_find_destination(g, t, d, out)) != OK || out->error != OK)
		return e;
	if (d->exists && d->row.node.id == t->row.node.id)
		return step_refuse(out, E_FORBIDDEN);
	if ((e = step_check_locks(g, t, &step->destination, d->exists ? ALL : STORE_LOCK_PARENT, out)) != OK ||
	    out->error != OK || (e = step_check_cond(g, t, out)) != OK || out->error != OK)
		return e;
	/* The digests below are about to be copied. */
	if ((e = step_settle(g, t)) != OK)
		return e;
	e = quota_check(g, d, &step->destination, NULL, t->folder && step->is_shallow ? 0 : t->row.node.size_bytes,
			out);
	if (e != OK || out->error != OK)
		return e;
	return step->stage.top ? stage_check(g->db, &step->stage, &t->row, out) : OK;
}

enum err step_copy(struct group *g, struct target *t, struct store_result *out)
{
	const struct txn_step *step = t->step;
	struct store_node n;
	struct target d = { .exists = false };
	int64_t had;
	bool created;
	enum err e;

	if ((e = check(g, t, &d, out)) != OK || out->error != OK)
		return e;
	created = !d.exists;
	had = 0;
	/* A file onto a file keeps the node. */
	if (d.exists && (t->folder || d.folder) && (e = step_make_room(g, &d, &had)) != OK)
		return e;
	if (!t->folder || step->is_shallow)
		e = copy_one(g, t, &d, &n);
	else if (step->stage.top)
		e = attach(g, t, &d, &n);
	else
		e = copy_tree(g, t, &d, &n);
	if (e != OK || (had && (e = step_take_locks(g, n.id)) != OK) ||
	    (e = step_journal(g, &d, n.id, JOURNAL_COPY, &n.digest)) != OK)
		return e;
	return step_succeed(out, &n, created);
}

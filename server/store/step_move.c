/*
 * MOVE: a file, or a collection with everything below it, to another place: one row, however large the subtree.
 */
#include "common/path.h"
#include "server/store/lock.h"
#include "server/store/quota.h"
#include "server/store/state.h"
#include "server/store/step.h"

/* Is the node `id` the folder or one above it? */
static bool is_on_the_way(const struct folder *f, int64_t id)
{
	for (; f; f = f->up)
		if (f->id == id)
			return true;
	return false;
}

static size_t bytes_of(const struct txn_path *path)
{
	size_t len = 0;

	for (unsigned i = 0; i < path->count; i++)
		len += 1 + path->names[i].name.len;
	return len;
}

enum err step_check_depth(struct group *g, int64_t id, const struct txn_path *to, unsigned most,
			  struct store_result *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	e = db_select(
	    g->db,
	    "WITH RECURSIVE below(id, depth, bytes) AS (SELECT ?1, 0, 0 UNION ALL"
	    " SELECT n.id, b.depth + 1, b.bytes + 1 + length(CAST(n.name AS BLOB)) FROM below b"
	    " JOIN node n ON n.ns = 1 AND n.parent = b.id AND n.key > '' AND n.kind = 1)"
	    " SELECT max(depth + EXISTS (SELECT 1 FROM node m WHERE m.ns = 1 AND m.parent = below.id AND m.key > '')),"
	    " max(bytes) FROM below",
	    &rows, DB_INT(id));
	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	if (to->count + db_col_int(&rows, 0) > most ||
	    (int64_t)bytes_of(to) + db_col_int(&rows, 1) + 1 + PATH_NAME_LIMIT > PATH_LIMIT)
		return step_refuse(out, E_URI_TOO_LONG);
	return OK;
}

/* What goes no deeper than it was needs no look. */
static enum err check_depth(struct group *g, const struct target *t, struct store_result *out)
{
	const struct txn_path *from = &t->step->path, *to = &t->step->destination;
	/* One that is deeper than the config now allows may still have another name. */
	unsigned most = to->count > from->count ? atomic_load(&g->store->options.max_depth) : PATH_SEGMENTS_LIMIT;

	if (!t->folder || !t->row.node.members || t->step->is_shallow ||
	    (to->count <= from->count && bytes_of(to) <= bytes_of(from)))
		return OK;
	return step_check_depth(g, t->row.node.id, to, most, out);
}

/* The other end of a COPY or MOVE, checked against its source.  `out->error` says what does not fit. */
enum err step_find_destination(struct group *g, const struct target *t, struct target *d, struct store_result *out)
{
	const struct txn_path *path = &t->step->destination;
	int64_t source = t->row.node.id;
	enum err e;

	*d = (struct target){ .txn = t->txn, .step = t->step };
	if (!path->count || path->is_reserved)
		return step_refuse(out, E_FORBIDDEN);
	e = step_find(g, path->names, path->count, d);
	if (e == E_NOT_FOUND)
		return step_refuse(out, E_CONFLICT);
	if (e != OK)
		return e;
	/* RFC 4918 §9.8.5, §9.9.4: not into itself; and what the source is in cannot make room for it. */
	if (is_on_the_way(d->parent, source) || (d->folder && is_on_the_way(t->parent, d->folder->id)))
		return step_refuse(out, E_FORBIDDEN);
	if (d->exists && d->row.node.id != source && !t->step->overwrite)
		return step_refuse(out, E_PRECONDITION);
	return check_depth(g, t, out);
}

/* Another way to write the same name (another normal form of Unicode). */
static bool is_renaming(const struct target *t, const struct target *d)
{
	return d->exists && d->row.node.id == t->row.node.id && !span_is(d->name->name, t->row.node.name);
}

static enum err leave_tombstone(struct group *g, const struct target *t)
{
	const struct store_node *n = &t->row.node;

	return db_run(
	    g->db,
	    "INSERT INTO gone(ns, seq, since, parent, key, name, node, at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	    DB_INT(g->head), DB_INT(t->row.since), DB_INT(t->parent->id), DB_TEXT(t->name->key), DB_STRING(n->name),
	    DB_INT(n->id), DB_INT(g->now_ns));
}

static enum err re_hang(struct group *g, struct target *t, struct target *d, struct store_node *n)
{
	bool is_folder = t->folder != NULL;
	enum err e;

	n->seq = ++g->head;
	n->ctime_ns = g->now_ns;
	if (t->step->mtime_ns != STORE_MTIME_NOW)
		n->mtime_ns = t->step->mtime_ns;
	if ((e = leave_tombstone(g, t)) != OK)
		return e;
	e = db_run(
	    g->db,
	    "UPDATE node SET parent = ?2, key = ?3, name = ?4, seq = ?5, since = ?5, ctime_ns = ?6, mtime_ns = ?7"
	    " WHERE ns = 1 AND id = ?1",
	    DB_INT(n->id), DB_INT(d->parent->id), DB_TEXT(d->name->key), DB_TEXT(d->name->name), DB_INT(n->seq),
	    DB_INT(n->ctime_ns), DB_INT(n->mtime_ns));
	if (e != OK || (e = step_journal(g, t, n->id, JOURNAL_MOVE, &n->digest)) != OK)
		return e;
	group_add_member(t->parent, -1, is_folder, span_of(t->row.node.name), &n->digest, n->size_bytes);
	group_add_member(d->parent, 1, is_folder, d->name->name, &n->digest, n->size_bytes);
	if (!is_folder)
		return OK;
	/* What the group knows of the folders below goes by the old way to them. */
	if ((e = group_fold(g)) == OK)
		group_forget(g);
	return e;
}

/* RFC 4918 §9.9.4: locks do not move; the destination's URL keeps its own, on what arrives. */
static enum err settle_locks(struct group *g, const struct target *t, const struct target *d)
{
	enum err e;

	if (!store_has_locks(g->store))
		return OK;
	g->has_lock_changes = true;
	if ((e = lock_drop_below(g->db, t->row.node.id)) != OK)
		return e;
	return d->exists ? lock_repoint(g->db, d->row.node.id, t->row.node.id) : OK;
}

static enum err check(struct group *g, struct target *t, struct target *d, struct store_result *out)
{
	enum { ALL = STORE_LOCK_SELF | STORE_LOCK_PARENT | STORE_LOCK_BELOW };
	const struct txn_step *step = t->step;
	enum err e;

	if (!t->exists || (step->is_collection && !t->folder))
		return step_refuse(out, E_NOT_FOUND);
	if ((e = step_find_destination(g, t, d, out)) != OK || out->error != OK)
		return e;
	if (d->exists && d->row.node.id == t->row.node.id && !is_renaming(t, d))
		return step_refuse(out, E_FORBIDDEN);
	if ((e = step_check_locks(g, t, &step->path, ALL, out)) != OK || out->error != OK ||
	    (e = step_check_locks(g, t, &step->destination, ALL, out)) != OK || out->error != OK)
		return e;
	return step_check_cond(g, t, out);
}

enum err step_move(struct group *g, struct target *t, struct store_result *out)
{
	struct store_node n;
	struct target d = { .exists = false };
	bool is_renamed, created;
	enum err e;

	if ((e = check(g, t, &d, out)) != OK || out->error != OK || (e = step_settle(g, t)) != OK)
		return e;
	is_renamed = is_renaming(t, &d);
	if (!is_renamed &&
	    ((e = quota_check(g, &d, &t->step->destination, t->parent, t->row.node.size_bytes, out)) != OK ||
	     out->error != OK))
		return e;
	created = !d.exists;
	if (!is_renamed && (e = settle_locks(g, t, &d)) != OK)
		return e;
	if (d.exists && !is_renamed && (e = step_remove(g, &d)) != OK)
		return e;
	n = t->row.node;
	if ((e = re_hang(g, t, &d, &n)) != OK)
		return e;
	return step_succeed(out, &n, created);
}

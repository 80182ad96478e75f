/* PROPPATCH: dead properties, and the live ones that a client may set: a file's time, its executable bit. */
#include "server/store/state.h"
#include "server/store/step.h"

/* What a node's dead properties take. */
struct usage {
	int64_t count, bytes;
};

static enum err read_usage(struct group *g, int64_t node, struct usage *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(g->db,
			       "SELECT count(*), coalesce(sum(length(CAST(xmlns AS BLOB)) + length(CAST(name AS BLOB))"
			       " + length(CAST(value AS BLOB))), 0) FROM prop WHERE ns = 1 AND node = ?1",
			       &rows, DB_INT(node));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out = (struct usage){ db_col_int(&rows, 0), db_col_int(&rows, 1) };
	return OK;
}

static int64_t size_of(const struct store_prop *p)
{
	return (int64_t)(p->xmlns.len + p->name.len + p->value.len);
}

/* What a property of that name takes now. */
static enum err read_old(struct group *g, int64_t node, const struct store_prop *p, struct usage *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(g->db,
		      "SELECT length(CAST(xmlns AS BLOB)) + length(CAST(name AS BLOB)) + length(CAST(value AS BLOB))"
		      " FROM prop WHERE ns = 1 AND node = ?1 AND xmlns = ?2 AND name = ?3",
		      &rows, DB_INT(node), DB_TEXT(p->xmlns), DB_TEXT(p->name));

	*out = (struct usage){ 0, 0 };
	if (e != OK || (e = db_next(&rows)) != OK)
		return e == E_NOT_FOUND ? OK : e;
	*out = (struct usage){ 1, db_col_int(&rows, 0) };
	return OK;
}

/* Before the first change: what they will take together.  One that is named twice counts twice. */
static enum err check_limits(struct group *g, const struct txn_step *step, int64_t node)
{
	struct usage u, old;
	enum err e = read_usage(g, node, &u);

	for (unsigned i = 0; i < step->prop_count && e == OK; i++) {
		const struct store_prop *p = &step->props[i].prop;

		if ((e = read_old(g, node, p, &old)) != OK)
			return e;
		u.count -= old.count;
		u.bytes -= old.bytes;
		if (step->props[i].is_remove)
			continue;
		u.count++;
		u.bytes += size_of(p);
		if (p->xmlns.len > STORE_PROP_NAME_LIMIT || p->name.len > STORE_PROP_NAME_LIMIT ||
		    p->value.len > STORE_PROP_VALUE_LIMIT)
			return E_TOO_LARGE;
	}
	if (e != OK)
		return e;
	return u.count > atomic_load(&g->store->options.max_props) ||
		       u.bytes > atomic_load(&g->store->options.max_props_bytes)
		   ? E_TOO_LARGE
		   : OK;
}

static enum err apply(struct group *g, const struct store_prop_change *c, int64_t node)
{
	if (c->is_remove)
		return db_run(g->db, "DELETE FROM prop WHERE ns = 1 AND node = ?1 AND xmlns = ?2 AND name = ?3",
			      DB_INT(node), DB_TEXT(c->prop.xmlns), DB_TEXT(c->prop.name));
	return db_run(g->db,
		      "INSERT INTO prop(ns, node, xmlns, name, lang, value) VALUES (1, ?1, ?2, ?3, ?4, ?5)"
		      " ON CONFLICT(ns, node, xmlns, name) DO UPDATE SET lang = excluded.lang, value = excluded.value",
		      DB_INT(node), DB_TEXT(c->prop.xmlns), DB_TEXT(c->prop.name), DB_TEXT(c->prop.lang),
		      DB_TEXT(c->prop.value));
}

enum err step_change_props(struct group *g, const struct txn_step *step, struct store_node *io_node)
{
	struct usage u;
	enum err e = OK;

	if (!step->prop_count)
		return OK;
	for (unsigned i = 0; i < step->prop_count && e == OK; i++)
		e = apply(g, &step->props[i], io_node->id);
	if (e != OK || (e = read_usage(g, io_node->id, &u)) != OK)
		return e;
	io_node->has_props = u.count > 0;
	return db_run(g->db, "UPDATE node SET props = ?2 WHERE ns = 1 AND id = ?1", DB_INT(io_node->id),
		      DB_INT(u.count));
}

static enum err set_live(struct group *g, struct target *t, struct store_node *n)
{
	const struct txn_step *step = t->step;

	n->seq = ++g->head;
	if (step->mtime_ns != STORE_MTIME_NOW)
		n->mtime_ns = step->mtime_ns;
	if (step->executable != STORE_EXEC_KEEP)
		n->is_executable = step->executable == STORE_EXEC_YES;
	return db_run(g->db, "UPDATE node SET seq = ?2, mtime_ns = ?3, executable = ?4 WHERE ns = 1 AND id = ?1",
		      DB_INT(n->id), DB_INT(n->seq), DB_INT(n->mtime_ns), DB_INT(n->is_executable));
}

enum err step_proppatch(struct group *g, struct target *t, struct store_result *out)
{
	struct store_node n;
	enum err e;

	if (!t->exists)
		return step_refuse(out, E_NOT_FOUND);
	if ((e = step_check_locks(g, t, &t->step->path, STORE_LOCK_SELF, out)) != OK || out->error != OK ||
	    (e = step_check_cond(g, t, out)) != OK || out->error != OK)
		return e;
	e = check_limits(g, t->step, t->row.node.id);
	if (e == E_TOO_LARGE)
		return step_refuse(out, e);
	if (e != OK || (e = step_settle(g, t)) != OK)
		return e;
	n = t->row.node;
	if ((e = set_live(g, t, &n)) != OK || (e = step_change_props(g, t->step, &n)) != OK ||
	    (e = step_journal(g, t, n.id, JOURNAL_PROPPATCH, &n.digest)) != OK)
		return e;
	return step_succeed(out, &n, false);
}

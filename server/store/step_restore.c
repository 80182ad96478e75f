/*
 * Having something back: RESTORE, an old content as the present one (itself a new version); UNDELETE, a node out of the trash with
 * all that it had; and CHECK, which lets several steps stand or fall by one condition.
 */
#include <string.h>

#include "common/path.h"
#include "server/store/past.h"
#include "server/store/quota.h"
#include "server/store/schema.h"
#include "server/store/stage.h"

enum { ALL = STORE_LOCK_SELF | STORE_LOCK_PARENT | STORE_LOCK_BELOW, COMMIT_ROWS = 2000 /* that a commit waits for */ };

enum err step_find_trashed(struct group *g, int64_t id, struct tree_row *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(g->db, "SELECT 1 FROM trash WHERE ns = 1 AND node = ?1", &rows, DB_INT(id));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	return tree_node(g->db, id, out);
}

/* The node takes the place `t`, where nothing is. */
static enum err come_back(struct group *g, const struct target *t, const struct tree_row *row, struct store_node *n)
{
	bool is_folder = row->node.kind == STORE_COLLECTION;
	enum err e = db_run(g->db, "DELETE FROM trash WHERE ns = 1 AND node = ?1", DB_INT(row->node.id));

	if (e != OK)
		return e;
	*n = row->node;
	n->seq = ++g->head;
	n->ctime_ns = g->now_ns;
	e = db_run(g->db,
		   "UPDATE node SET parent = ?2, key = ?3, name = ?4, seq = ?5, since = ?5, ctime_ns = ?6"
		   " WHERE ns = 1 AND id = ?1",
		   DB_INT(n->id), DB_INT(t->parent->id), DB_TEXT(t->name->key), DB_TEXT(t->name->name), DB_INT(n->seq),
		   DB_INT(n->ctime_ns));
	if (e != OK || (e = step_journal(g, t, n->id, JOURNAL_RESTORE, &n->digest)) != OK)
		return e;
	group_add_member(t->parent, 1, is_folder, t->name->name, &n->digest, n->size_bytes);
	return OK;
}

/* ---- an old content ---- */

/* The content becomes that of the file at `t`, or of a new one there. */
static enum err take_content(struct group *g, struct target *t, const struct tree_row *old, struct store_node *n)
{
	enum err e;

	*n = step_make_node(g, t, STORE_FILE);
	n->digest = old->node.digest;
	n->size_bytes = old->node.size_bytes;
	n->mtime_ns = old->node.mtime_ns;
	n->is_executable = old->node.is_executable;
	memcpy(n->type, old->node.type, sizeof n->type);
	if (t->exists) {
		e = step_replace_content(g, t, n, old->object);
	} else {
		e = step_insert_node(g, t, n, old->object);
		group_add_member(t->parent, 1, false, t->name->name, &n->digest, n->size_bytes);
	}
	return e == OK ? step_journal(g, t, n->id, JOURNAL_RESTORE, &n->digest) : e;
}

/* The file was deleted, and nothing is at the place: it comes back itself, so that its history goes on. */
static enum err revive(struct group *g, struct target *t, const struct tree_row *trashed, const struct tree_row *old,
		       struct store_node *n)
{
	const struct txn_path *path = &t->step->path;
	struct target again = { .txn = t->txn, .step = t->step };
	enum err e = come_back(g, t, trashed, n);

	if (e != OK || digest_equal(&n->digest, &old->node.digest))
		return e;
	e = step_find(g, path->names, path->count, &again);
	return e == OK ? take_content(g, &again, old, n) : e;
}

/* ---- what was built aside ---- */

static enum err check_stage(struct group *g, const struct target *t, struct tree_row *out_row, struct store_result *out)
{
	const struct store_stage *stage = &t->step->stage;
	char key[STAGE_KEY_SIZE];
	struct tree_row row;
	bool is_changed = false;
	enum err e;

	stage_key(key, stage->top, 0);
	e = tree_child(g->db, NODE_TRASH, span_of(key), &row);
	if (e == OK && t->folder)
		e = stage_is_changed(g->db, t->row.node.id, stage->looked, COMMIT_ROWS, t->step->number, &is_changed);
	if (e == E_NOT_FOUND || e == E_BUSY || is_changed)
		return step_refuse(out, E_BUSY);
	*out_row = row;
	return e;
}

/* It takes the place of whatever is there. */
static enum err restore_staged(struct group *g, struct target *t, struct store_result *out)
{
	const struct txn_step *step = t->step;
	struct tree_row row;
	struct store_node n;
	bool created = !t->exists;
	int64_t had = 0;
	enum err e;

	if ((e = step_settle(g, t)) != OK ||
	    (e = step_check_locks(g, t, &step->path, t->exists ? ALL : STORE_LOCK_PARENT, out)) != OK ||
	    out->error != OK || (e = step_check_cond(g, t, out)) != OK || out->error != OK ||
	    (e = check_stage(g, t, &row, out)) != OK || out->error != OK ||
	    (e = quota_check(g, t, &step->path, NULL, row.node.size_bytes, out)) != OK || out->error != OK)
		return e;
	if (t->exists && (e = step_make_room(g, t, &had)) != OK)
		return e;
	n = row.node;
	if ((e = stage_attach(g, t, &n)) != OK || (had && (e = step_take_locks(g, n.id)) != OK) ||
	    (e = step_journal(g, t, n.id, JOURNAL_RESTORE, &n.digest)) != OK)
		return e;
	return step_succeed(out, &n, created);
}

/* ---- the step ---- */

enum err step_restore_content(struct group *g, struct target *t, const struct tree_row *old, struct store_result *out)
{
	const struct txn_path *path = &t->step->path;
	bool created = !t->exists;
	struct tree_row trashed;
	struct store_node n;
	enum err e;

	if ((e = step_check_locks(g, t, path, t->exists ? STORE_LOCK_SELF : STORE_LOCK_PARENT, out)) != OK ||
	    out->error != OK || (e = quota_check(g, t, path, NULL, old->node.size_bytes, out)) != OK ||
	    out->error != OK)
		return e;
	e = t->exists ? E_NOT_FOUND : step_find_trashed(g, old->node.id, &trashed);
	if (e == OK)
		e = revive(g, t, &trashed, old, &n);
	else if (e == E_NOT_FOUND)
		e = take_content(g, t, old, &n);
	return e == OK ? step_succeed(out, &n, created) : e;
}

enum err step_restore(struct group *g, struct target *t, struct store_result *out)
{
	const struct txn_step *step = t->step;
	struct tree_row old;
	enum err e;

	if (step->stage.top)
		return restore_staged(g, t, out);
	if (t->folder)
		return step_refuse(out, E_CONFLICT);
	if ((e = step_check_locks(g, t, &step->path, t->exists ? STORE_LOCK_SELF : STORE_LOCK_PARENT, out)) != OK ||
	    out->error != OK || (e = step_check_cond(g, t, out)) != OK || out->error != OK)
		return e;
	e = past_node(g->db, step->node, step->number, &old);
	if (e == E_NOT_FOUND || (e == OK && old.node.kind != STORE_FILE))
		return step_refuse(out, E_NOT_FOUND);
	return e == OK ? step_restore_content(g, t, &old, out) : e;
}

/* ---- out of the trash ---- */

enum err step_undelete(struct group *g, struct target *t, struct store_result *out)
{
	const struct txn_step *step = t->step;
	struct tree_row row;
	struct store_node n;
	bool created = !t->exists;
	enum err e = step_find_trashed(g, step->node, &row);

	if (e == E_NOT_FOUND || (e == OK && row.since != step->number))
		return step_refuse(out, E_NOT_FOUND);
	if (e != OK)
		return e;
	if (t->exists && !step->overwrite)
		return step_refuse(out, E_PRECONDITION);
	if ((e = step_check_locks(g, t, &step->path, t->exists ? ALL : STORE_LOCK_PARENT, out)) != OK ||
	    out->error != OK || (e = step_check_cond(g, t, out)) != OK || out->error != OK ||
	    (e = step_check_depth(g, step->node, &step->path, PATH_SEGMENTS_LIMIT, out)) != OK || out->error != OK ||
	    (e = quota_check(g, t, &step->path, NULL, row.node.size_bytes, out)) != OK || out->error != OK)
		return e;
	if (t->exists && (e = step_remove(g, t)) != OK)
		return e;
	t->exists = false;
	t->folder = NULL;
	return (e = come_back(g, t, &row, &n)) == OK ? step_succeed(out, &n, created) : e;
}

/* What the group did below comes first: `content` may be a collection's digest here. */
enum err step_check(struct group *g, struct target *t, struct store_result *out)
{
	enum err e = step_settle(g, t);

	if (e != OK || (e = step_check_locks(g, t, &t->step->path, t->exists ? ALL : STORE_LOCK_PARENT, out)) != OK ||
	    out->error != OK || (e = step_check_cond(g, t, out)) != OK || out->error != OK)
		return e;
	if (t->exists)
		return step_succeed(out, &t->row.node, false);
	*out = (struct store_result){ .error = OK, .seq = g->head };
	return OK;
}

/*
 * Planning a restore (store_history.h): what is at a place is compared with a node as it was at a number, collection by
 * collection, and each difference becomes a step.  Both sides are read in the order of their keys, so that memory grows with
 * the differences and the collections, not with the files.
 *
 * A collection that has not changed since the number is not entered: its change time moves with everything below it.  Numbers
 * whose times run backwards (a clock was set) make that useless; then everything is looked at.
 */
#include "server/store/plan.h"

#include <stdio.h>
#include <string.h>

#include "common/path.h"
#include "server/store/past.h"
#include "server/store/schema.h"

/* Two collections that are to become equal. */
struct pair {
	struct pair *next;
	struct span path;
	int64_t then, now; /* now: 0: none, it is new */
};

struct plan {
	struct db *db;
	struct arena *arena;
	struct store_txn *txn;
	int64_t number, number_ns;
	bool times_run_backwards;
	bool is_whole; /* collections below the root are not compared, but listed to be built aside */
	struct plan_folder *folders;
	struct pair *first, **end;
	unsigned changes, limit;
	char path[PATH_LIMIT + 2]; /* of the name that is looked at */
};

/* ---- steps ---- */

static enum err add_step(struct plan *p, const struct store_step *step)
{
	if (p->changes == p->limit)
		return E_TOO_LARGE;
	store_txn_add(p->txn, step);
	p->changes++;
	return OK;
}

static enum err add_removal(struct plan *p, struct span path)
{
	return add_step(p, &(struct store_step){ .op = STORE_DELETE, .path = path });
}

static enum err add_content(struct plan *p, struct span path, int64_t node)
{
	return add_step(p,
			&(struct store_step){ .op = STORE_RESTORE, .path = path, .node = node, .number = p->number });
}

static void add_pair(struct plan *p, struct span path, int64_t then, int64_t now)
{
	struct pair *pair = arena_zalloc(p->arena, sizeof *pair);

	*pair = (struct pair){ NULL, { arena_span(p->arena, path), path.len }, then, now };
	*p->end = pair;
	p->end = &pair->next;
}

/* ---- one name ---- */

/* Is the node itself something that was deleted?  `out_number`: of the deletion. */
static enum err is_trashed(struct plan *p, int64_t id, int64_t *out_number, struct digest *out_digest)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(p->db,
			       "SELECT n.since, n.hash FROM trash t JOIN node n ON n.ns = 1 AND n.id = t.node"
			       " WHERE t.ns = 1 AND t.node = ?1",
			       &rows, DB_INT(id));

	*out_number = 0;
	if (e == OK && (e = db_next(&rows)) == OK) {
		*out_number = db_col_int(&rows, 0);
		db_col_digest(&rows, 1, out_digest);
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* Nothing is at the path: what was there comes back. */
static enum err bring_back(struct plan *p, struct span path, const struct store_node *then)
{
	bool is_folder = then->kind == STORE_COLLECTION;
	struct digest has;
	int64_t deleted;
	enum err e = is_trashed(p, then->id, &deleted, &has);

	if (e != OK)
		return e;
	if (deleted) {
		e = add_step(p, &(struct store_step){ .op = STORE_UNDELETE,
						      .path = path,
						      .node = then->id,
						      .number = deleted,
						      .mtime_ns = STORE_MTIME_NOW });
		if (e == OK && is_folder)
			add_pair(p, path, then->id, then->id);
		else if (e == OK && !digest_equal(&has, &then->digest))
			e = add_content(p, path, then->id);
		return e;
	}
	if (!is_folder)
		return add_content(p, path, then->id);
	add_pair(p, path, then->id, 0);
	return add_step(p, &(struct store_step){ .op = STORE_MKCOL, .path = path, .mtime_ns = STORE_MTIME_NOW });
}

static bool is_unchanged(const struct plan *p, const struct store_node *then, const struct store_node *now)
{
	return then->id == now->id && !p->times_run_backwards && now->ctime_ns < p->number_ns;
}

/* A collection that is built as it was and put in the place of whatever is there. */
static enum err add_folder(struct plan *p, struct span path, const struct store_node *then,
			   const struct store_node *now)
{
	struct plan_folder *f = arena_zalloc(p->arena, sizeof *f);

	if (now && is_unchanged(p, then, now))
		return OK;
	*f = (struct plan_folder){ p->folders, { arena_span(p->arena, path), path.len }, then->id };
	p->folders = f;
	p->changes++;
	return OK;
}

/* One name of then and now; NULL: it was not, or is not, there. */
static enum err reconcile(struct plan *p, struct span path, const struct store_node *then, const struct store_node *now)
{
	enum err e = OK;

	if (p->is_whole && then && then->kind == STORE_COLLECTION && path.len > 1)
		return add_folder(p, path, then, now);
	if (now && (!then || then->kind != now->kind)) {
		if ((e = add_removal(p, path)) != OK)
			return e;
		now = NULL;
	}
	if (!then)
		return OK;
	if (!now)
		return bring_back(p, path, then);
	if (then->kind == STORE_FILE)
		return digest_equal(&then->digest, &now->digest) ? OK : add_content(p, path, then->id);
	if (!is_unchanged(p, then, now))
		add_pair(p, path, then->id, now->id);
	return OK;
}

/* ---- two collections ---- */

/* One side of the comparison. */
struct side {
	struct db_rows rows;
	struct tree_row row;
	struct span key; /* of the row; in: */
	char room[TREE_KEY_SIZE], last[TREE_KEY_SIZE];
	size_t last_len;
	bool is_at_end;
};

static int compare_keys(struct span a, struct span b)
{
	int order = memcmp(a.ptr, b.ptr, MIN(a.len, b.len));

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static enum err step_on(struct side *s)
{
	enum err e = db_next(&s->rows);

	s->is_at_end = e == E_NOT_FOUND;
	if (e != OK)
		return s->is_at_end ? OK : e;
	tree_read(&s->rows, &s->row);
	s->key = tree_key(span_of(s->row.node.name), s->room);
	/* Everything rests on the order: what is out of it would be deleted for nothing. */
	if (s->last_len && compare_keys(s->key, (struct span){ s->last, s->last_len }) <= 0)
		return E_CORRUPT;
	memcpy(s->last, s->key.ptr, s->key.len);
	s->last_len = s->key.len;
	return OK;
}

static int compare(const struct side *a, const struct side *b)
{
	if (a->is_at_end || b->is_at_end)
		return (int)a->is_at_end - (int)b->is_at_end;
	return compare_keys(a->key, b->key);
}

/* E_URI_TOO_LONG: no request could name it, nor could it have been made there.  `out` is good until the next one. */
static enum err join(struct plan *p, struct span above, const char *name, struct span *out)
{
	int len = snprintf(p->path, sizeof p->path, "%.*s/%s", above.len == 1 ? 0 : (int)above.len, above.ptr, name);

	*out = (struct span){ p->path, (size_t)len };
	return len > PATH_LIMIT ? E_URI_TOO_LONG : OK;
}

static enum err compare_pair(struct plan *p, const struct pair *pair)
{
	struct side then = { .rows = { NULL, NULL } }, now = { .rows = { NULL, NULL } };
	enum err e;

	if ((e = past_members(p->db, pair->then, span_of(""), p->number, INT64_MAX, &then.rows)) == OK)
		e = db_select(p->db,
			      "SELECT " NODE_COLUMNS
			      " FROM node WHERE ns = 1 AND parent = ?1 AND key > '' AND ?1 <> 0 ORDER BY key",
			      &now.rows, DB_INT(pair->now));
	if (e == OK && (e = step_on(&then)) == OK)
		e = step_on(&now);
	while (e == OK && !(then.is_at_end && now.is_at_end)) {
		int order = compare(&then, &now);
		struct span path;

		if ((e = join(p, pair->path, order <= 0 ? then.row.node.name : now.row.node.name, &path)) != OK)
			break;
		e = reconcile(p, path, order <= 0 ? &then.row.node : NULL, order >= 0 ? &now.row.node : NULL);
		if (e == OK && order <= 0)
			e = step_on(&then);
		if (e == OK && order >= 0)
			e = step_on(&now);
	}
	db_rows_end(&then.rows);
	db_rows_end(&now.rows);
	return e;
}

/* ---- the whole ---- */

static enum err read_times(struct plan *p)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(p->db,
			       "SELECT (SELECT at FROM journal WHERE ns = 1 AND seq = ?1),"
			       " (SELECT min(at) FROM journal WHERE ns = 1 AND seq > ?1)",
			       &rows, DB_INT(p->number));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	p->number_ns = db_col_int(&rows, 0); /* 0: not known, so everything is later */
	p->times_run_backwards = db_col_int(&rows, 1) && db_col_int(&rows, 1) < p->number_ns;
	return OK;
}

/* What is at the path now.  `out` NULL: nothing. */
static enum err find_now(struct plan *p, struct span path, struct tree_row *room, const struct store_node **out)
{
	struct span rest = path, name;
	char key_room[TREE_KEY_SIZE];
	enum err e = tree_node(p->db, NODE_ROOT, room);
	bool is_last = path.len == 1;

	*out = &room->node;
	while (e == OK && path_next(&rest, &name)) {
		if (room->node.kind != STORE_COLLECTION)
			return E_CONFLICT;
		is_last = !rest.len;
		e = tree_child(p->db, room->node.id, tree_key(name, key_room), room);
	}
	if (e != E_NOT_FOUND)
		return e;
	*out = NULL;
	return is_last ? OK : E_CONFLICT;
}

/* The first step: the place is as it was looked at.  The second: what the client demands of it. */
static void add_checks(struct plan *p, const struct store_restore *r, const struct store_node *now)
{
	struct cond absent = COND_NONE;
	struct store_step guard = { .op = STORE_CHECK, .path = r->path };

	absent.if_none_match = "*";
	if (now)
		guard.content = &now->digest;
	else
		guard.cond = &absent;
	store_txn_add(p->txn, &guard);
	store_txn_add(p->txn,
		      &(struct store_step){ .op = STORE_CHECK, .path = r->path, .cond = r->cond, .ifs = r->ifs });
}

enum err restore_plan_make(struct db *db, const struct store_restore *r, bool is_whole, struct arena *arena,
			   struct store_txn *txn, struct plan_folder **out_folders, unsigned *out_changes)
{
	struct plan p = { .db = db, .arena = arena, .txn = txn, .number = r->number, .is_whole = is_whole };
	struct tree_row room, then;
	const struct store_node *now;
	enum err e;

	p.end = &p.first;
	p.limit = r->limit && !is_whole ? r->limit : STORE_RESTORE_LIMIT;
	if ((e = past_node(p.db, r->node, r->number, &then)) != OK || (e = read_times(&p)) != OK ||
	    (e = find_now(&p, r->path, &room, &now)) != OK)
		return e;
	/* What is replaced as a whole does not depend on what is there. */
	if (is_whole && r->path.len > 1)
		store_txn_add(txn, &(struct store_step){ .op = STORE_CHECK, .path = r->path });
	else
		add_checks(&p, r, now);
	e = reconcile(&p, r->path, &then.node, now);
	for (struct pair *pair = p.first; pair && e == OK; pair = pair->next)
		e = compare_pair(&p, pair);
	*out_folders = p.folders;
	*out_changes = p.changes;
	return e;
}

/*
 * Planning a restore (store_history.h): what is at a place is compared with a node as it was at a number, collection by
 * collection, and each difference is a place to be made as it was.  Both sides are read in the order of their keys, so that memory grows
 * with the differences and the collections, not with the files.
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

/* More differences than that are not counted, and more collections than that not built aside: then all is built as a whole. */
enum { COUNT_MOST = 20 * STORE_RESTORE_LIMIT, FOLDERS_MOST = 64 };

/* Two collections that are to become equal. */
struct pair {
	struct pair *next, *up;
	struct span path;
	int64_t then, now; /* now: 0: none, it is new */
	unsigned changes;  /* of its members */
	bool is_aside;     /* it, or what it is in, is built aside */
};

/* A member that is to become as it was. */
struct change {
	struct change *next;
	struct span path;
	struct pair *in;     /* NULL: it is what the whole is about */
	struct pair *itself; /* if it is a collection that was there */
};

struct plan {
	struct db *db;
	struct arena *arena;
	struct store_txn *txn;
	const struct store_restore *what;
	int64_t number_ns;
	bool times_run_backwards;
	bool is_whole; /* collections below the root are not compared, but listed to be built aside */
	const struct store_staged *staged;
	struct plan_folder *folders;
	struct pair *first, **end;
	struct change *first_change, **end_change;
	unsigned changes, limit;
	unsigned same;             /* members that stay: files, and collections with all that is in them */
	char path[PATH_LIMIT + 2]; /* of the name that is looked at */
};

/* ---- what is found ---- */

static enum err add_change(struct plan *p, struct pair *in, struct span path, struct change **out)
{
	struct change *c = arena_zalloc(p->arena, sizeof *c);

	*c = (struct change){ .path = { arena_span(p->arena, path), path.len }, .in = in };
	*p->end_change = c;
	p->end_change = &c->next;
	if (in)
		in->changes++;
	if (out)
		*out = c;
	return ++p->changes > COUNT_MOST ? E_TOO_LARGE : OK;
}

static struct pair *add_pair(struct plan *p, struct pair *up, struct span path, int64_t then, int64_t now)
{
	struct pair *pair = arena_zalloc(p->arena, sizeof *pair);

	*pair = (struct pair){ .up = up, .path = { arena_span(p->arena, path), path.len }, .then = then, .now = now };
	*p->end = pair;
	p->end = &pair->next;
	return pair;
}

static void add_folder(struct plan *p, struct span path, int64_t then)
{
	struct plan_folder *f = arena_zalloc(p->arena, sizeof *f);

	*f = (struct plan_folder){ p->folders, path, then };
	p->folders = f;
}

/* ---- one name ---- */

static enum err is_trashed(struct plan *p, int64_t id, bool *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(p->db, "SELECT 1 FROM trash WHERE ns = 1 AND node = ?1", &rows, DB_INT(id));

	if (e == OK)
		e = db_next(&rows);
	*out = e == OK;
	return e == E_NOT_FOUND ? OK : e;
}

/* No collection is there: what was there comes back, out of the trash if it can, with what was in it when it was deleted. */
static enum err bring_back(struct plan *p, struct pair *in, struct span path, int64_t then, struct change *c)
{
	bool is_in_trash;
	enum err e = is_trashed(p, then, &is_in_trash);

	if (e == OK)
		c->itself = add_pair(p, in, path, then, is_in_trash ? then : 0);
	return e;
}

static bool is_unchanged(const struct plan *p, const struct store_node *then, const struct store_node *now)
{
	return then->id == now->id && !p->times_run_backwards && now->ctime_ns < p->number_ns;
}

/* One name of then and now; NULL: it was not, or is not, there. */
static enum err reconcile(struct plan *p, struct pair *in, struct span path, const struct store_node *then,
			  const struct store_node *now)
{
	bool is_same_kind = then && now && then->kind == now->kind;
	struct change *c;
	enum err e;

	if (p->is_whole && then && then->kind == STORE_COLLECTION && path.len > 1) {
		if (now && is_unchanged(p, then, now))
			return OK;
		p->changes++;
		add_folder(p, (struct span){ arena_span(p->arena, path), path.len }, then->id);
		return OK;
	}
	if (is_same_kind && then->kind == STORE_COLLECTION) {
		if (is_unchanged(p, then, now))
			p->same++;
		else
			add_pair(p, in, path, then->id, now->id);
		return OK;
	}
	if (is_same_kind && digest_equal(&then->digest, &now->digest)) {
		p->same++;
		return OK;
	}
	if ((e = add_change(p, in, path, &c)) != OK)
		return e;
	return then && then->kind == STORE_COLLECTION ? bring_back(p, in, path, then->id, c) : OK;
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

static enum err compare_pair(struct plan *p, struct pair *pair)
{
	struct side then = { .rows = { NULL, NULL } }, now = { .rows = { NULL, NULL } };
	enum err e;

	if ((e = past_members(p->db, pair->then, span_of(""), p->what->number, INT64_MAX, &then.rows)) == OK)
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
		e = reconcile(p, pair, path, order <= 0 ? &then.row.node : NULL, order >= 0 ? &now.row.node : NULL);
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
			       &rows, DB_INT(p->what->number));

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

/* ---- too many changes ---- */

/* Once it is built aside no step is needed for what is in it. */
static void put_aside(struct pair *chosen)
{
	chosen->is_aside = true;
	/* What is above comes first in the list. */
	for (struct pair *pair = chosen->next; pair; pair = pair->next)
		pair->is_aside |= pair->up && pair->up->is_aside;
}

static unsigned count_steps(const struct plan *p)
{
	unsigned count = 0;

	for (const struct change *c = p->first_change; c; c = c->next)
		count += !(c->in && c->in->is_aside) && !(c->itself && c->itself->is_aside);
	return count;
}

/* What was built for an earlier plan; else the collection with most changes of its own.  NULL: only the root is left. */
static struct pair *choose(const struct plan *p)
{
	struct pair *best = NULL;

	for (struct pair *pair = p->first; pair; pair = pair->next) {
		if (pair->is_aside || pair->path.len == 1)
			continue;
		if (staged_has(p->staged, pair->then, p->what->number))
			return pair;
		if (!best || pair->changes > best->changes)
			best = pair;
	}
	return best;
}

static enum err thin_out(struct plan *p)
{
	unsigned folders = 0;

	/* One thing in the trash, rather than many, if most of it goes there. */
	if (count_steps(p) > p->limit && p->changes > p->same && !p->is_whole)
		return E_TOO_LARGE;
	while (count_steps(p) > p->limit) {
		struct pair *pair = choose(p);

		if (!pair || folders++ == FOLDERS_MOST)
			return E_TOO_LARGE;
		put_aside(pair);
	}
	for (struct pair *pair = p->first; pair; pair = pair->next)
		if (pair->is_aside && !(pair->up && pair->up->is_aside))
			add_folder(p, pair->path, pair->then);
	return OK;
}

/* ---- the whole ---- */

static enum err read_head(struct plan *p, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(p->db, "SELECT head FROM ns WHERE id = ?1", &rows, DB_INT(SCHEMA_NS));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e;
}

/* The place itself first, and if it is not what was looked at nothing else. */
static void add_steps(struct plan *p, int64_t now)
{
	store_txn_add(p->txn, &(struct store_step){ .op = STORE_REVERT,
						    .path = p->what->path,
						    .node = p->what->node,
						    .number = p->what->number,
						    .is_itself = true,
						    .stage = { .source = now } });
	for (const struct change *c = p->first_change; c; c = c->next)
		if (c->in && !c->in->is_aside && !(c->itself && c->itself->is_aside))
			store_txn_add(p->txn, &(struct store_step){ .op = STORE_REVERT,
								    .path = c->path,
								    .node = c->in->then,
								    .number = p->what->number });
}

enum err restore_plan_make(struct db *db, const struct store_restore *r, bool is_whole,
			   const struct store_staged *staged, struct arena *arena, struct store_txn *txn,
			   struct plan_result *out)
{
	struct plan p = { .db = db, .arena = arena, .txn = txn, .what = r, .is_whole = is_whole, .staged = staged };
	struct tree_row room, then;
	const struct store_node *now;
	bool is_one_row = is_whole && r->path.len > 1;
	enum err e;

	p.end = &p.first;
	p.end_change = &p.first_change;
	p.limit = is_whole ? STORE_RESTORE_ROOT_LIMIT : r->limit ? r->limit : STORE_RESTORE_LIMIT;
	if ((e = past_node(p.db, r->node, r->number, &then)) != OK || (e = read_times(&p)) != OK ||
	    (e = find_now(&p, r->path, &room, &now)) != OK || (e = read_head(&p, &out->head)) != OK)
		return e;
	/* Locks, and what the client demands. */
	store_txn_add(txn, &(struct store_step){ .op = STORE_CHECK, .path = r->path, .cond = r->cond, .ifs = r->ifs });
	e = reconcile(&p, NULL, r->path, &then.node, now);
	for (struct pair *pair = p.first; pair && e == OK; pair = pair->next)
		e = compare_pair(&p, pair);
	if (e != OK || (e = thin_out(&p)) != OK)
		return e;
	if (!is_one_row)
		add_steps(&p, now ? now->id : 0);
	out->top = now ? now->id : 0;
	out->folders = p.folders;
	out->changes = p.changes;
	return OK;
}

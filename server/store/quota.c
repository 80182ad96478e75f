/*
 * Quotas by place.  Where there is none in the store nobody comes further than one flag.
 *
 * A collection's row knows its live bytes once the group is folded; so the sum of many uploads at the same time can no more
 * exceed a quota than one after the other: the committer takes them one by one.
 */
#include "server/store/quota.h"

#include <string.h>

#include "server/store/commit.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/store_quota.h"

/* "/docs/a" of a path's keys; `ends[i]` is the length up to the i-th name. */
struct key_path {
	char *text;
	size_t *ends;
};

static struct key_path key_path(struct arena *a, const struct txn_path *path)
{
	struct key_path out = { NULL, arena_alloc(a, (path->count + 1) * sizeof *out.ends) };
	size_t len = 1, at = 0;

	for (unsigned i = 0; i < path->count; i++)
		len += path->names[i].key.len + 1;
	out.text = arena_alloc(a, len);
	for (unsigned i = 0; i < path->count; i++) {
		struct span key = path->names[i].key;

		out.text[at++] = '/';
		memcpy(out.text + at, key.ptr, key.len);
		out.ends[i] = at += key.len;
	}
	return out;
}

/* The path of the first `count` names. */
static struct span first_names(const struct key_path *p, unsigned count)
{
	return count ? (struct span){ p->text, p->ends[count - 1] } : span_of("/");
}

/* The quota of a place; INT64_MAX: none. */
static enum err limit_of(struct db *db, struct span path, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT bytes FROM quota WHERE ns = 1 AND path = ?1", &rows, DB_TEXT(path));

	*out = INT64_MAX;
	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e == E_NOT_FOUND ? OK : e;
}

/* ---- in a step ---- */

static bool holds(const struct folder *above, const struct folder *f)
{
	while (f && f != above)
		f = f->up;
	return f != NULL;
}

static enum err refuse(struct store_result *out)
{
	out->is_over_quota = true;
	return step_refuse(out, E_NO_SPACE);
}

enum err quota_check(struct group *g, const struct target *d, const struct txn_path *path, const struct folder *from,
		     int64_t bytes, struct store_result *out)
{
	unsigned count = path->count;
	int64_t limit, goes;
	struct key_path keys;
	enum err e;

	if (!atomic_load(&g->store->has_quotas))
		return OK;
	if ((e = group_fold(g)) != OK)
		return e;
	keys = key_path(d->txn->arena, path);
	goes = !d->exists ? 0 : d->folder ? d->folder->bytes : d->row.node.size_bytes;
	if (bytes > goes && ((e = limit_of(g->db, first_names(&keys, count), &limit)) != OK || bytes > limit))
		return e != OK ? e : refuse(out);
	for (const struct folder *f = d->parent; f && count; f = f->up) {
		int64_t more = (from && holds(f, from) ? 0 : bytes) - goes;

		if ((e = limit_of(g->db, first_names(&keys, --count), &limit)) != OK)
			return e;
		if (more > 0 && f->bytes > limit - more)
			return refuse(out);
	}
	return OK;
}

/* ---- for the layers above ---- */

enum err quota_look(struct store *s, struct db *db)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(db, "SELECT 1 FROM quota LIMIT 1", &rows, NULL, 0);

	if (e == OK)
		e = db_next(&rows);
	atomic_store(&s->has_quotas, e == OK);
	return e == E_NOT_FOUND ? OK : e;
}

/* The collection that the names lead to.  E_NOT_FOUND. */
static enum err find(struct db *db, const struct txn_path *path, unsigned count, struct tree_row *out)
{
	enum err e = tree_node(db, NODE_ROOT, out);

	for (unsigned i = 0; i < count && e == OK; i++)
		e = tree_child(db, out->node.id, path->names[i].key, out);
	return e == OK && out->node.kind != STORE_COLLECTION ? E_NOT_FOUND : e;
}

static enum err leave(struct db *db, struct arena *a, struct span path, int64_t *out)
{
	struct txn_path names = txn_path_split(a, path);
	struct key_path keys = key_path(a, &names);
	struct tree_row row;
	enum err e = tree_node(db, NODE_ROOT, &row);

	for (unsigned i = 0; e == OK && row.node.kind == STORE_COLLECTION; i++) {
		int64_t limit;

		if ((e = limit_of(db, first_names(&keys, i), &limit)) != OK)
			return e;
		if (limit != INT64_MAX)
			*out = MIN(*out, MAX(limit - row.node.size_bytes, 0));
		if (i == names.count)
			return OK;
		e = tree_child(db, row.node.id, names.names[i].key, &row);
	}
	return e == E_NOT_FOUND ? OK : e;
}

enum err store_quota_left(struct store *s, struct span path, int64_t *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct arena *a;
	enum err e;

	*out = INT64_MAX;
	if (!atomic_load(&s->has_quotas))
		return OK;
	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	a = arena_new();
	e = leave(reader.db, a, path, out);
	arena_free(a);
	return e;
}

struct setting {
	struct store *store;
	struct txn_path names;
	struct span keys;
	int64_t limit_bytes;
};

static enum err set(struct db *db, void *arg)
{
	const struct setting *s = arg;
	struct tree_row row;
	enum err e;

	if (s->limit_bytes < 0) {
		e = db_run(db, "DELETE FROM quota WHERE ns = 1 AND path = ?1", DB_TEXT(s->keys));
		return e == OK && !db_changes(db) ? E_NOT_FOUND : e;
	}
	if ((e = find(db, &s->names, s->names.count, &row)) != OK)
		return e;
	atomic_store(&s->store->has_quotas, true);
	return db_run(db,
		      "INSERT INTO quota(ns, path, bytes) VALUES (1, ?1, ?2)"
		      " ON CONFLICT DO UPDATE SET bytes = excluded.bytes",
		      DB_TEXT(s->keys), DB_INT(s->limit_bytes));
}

enum err store_quota_set(struct store *s, struct span path, int64_t limit_bytes)
{
	struct arena *a = arena_new();
	struct setting setting = { s, txn_path_split(a, path), { NULL, 0 }, limit_bytes };
	struct key_path keys = key_path(a, &setting.names);
	enum err e;

	setting.keys = first_names(&keys, setting.names.count);
	e = commit_call(s, set, &setting);
	arena_free(a);
	return e;
}

/* What lies below a place now; nothing may. */
static enum err tell(struct db *db, const struct db_rows *row, struct arena *a, struct store_quota *out)
{
	struct txn_path names;
	struct tree_row node;
	enum err e;

	*out = (struct store_quota){ .limit_bytes = db_col_int(row, 1) };
	out->path = db_col_text(row, 0);
	out->path.ptr = arena_span(a, out->path);
	names = txn_path_split(a, out->path);
	if ((e = find(db, &names, names.count, &node)) == OK)
		out->used_bytes = node.node.size_bytes;
	return e == E_NOT_FOUND ? OK : e;
}

enum err store_quota_list(struct store *s, store_quota_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	autorows struct db_rows rows = { NULL, NULL };
	bool go_on = true;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = db_select_values(reader.db, "SELECT path, bytes FROM quota WHERE ns = 1 ORDER BY path", &rows, NULL,
				  0)) != OK)
		return e;
	while (go_on && (e = db_next(&rows)) == OK) {
		struct arena *a = arena_new();
		struct store_quota q;

		if ((e = tell(reader.db, &rows, a, &q)) == OK)
			go_on = fn(arg, &q);
		arena_free(a);
		if (e != OK)
			return e;
	}
	return e == E_NOT_FOUND ? OK : e;
}

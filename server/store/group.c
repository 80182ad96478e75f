#include "server/store/group.h"

#include <string.h>

#include "common/clock.h"
#include "server/store/schema.h"

void group_init(struct group *g, struct store *store, struct db *db)
{
	*g = (struct group){ .store = store, .db = db, .arena = arena_new() };
}

void group_clear(struct group *g)
{
	arena_free(g->arena);
	g->arena = NULL;
}

void group_forget(struct group *g)
{
	arena_reset(g->arena);
	g->folders = NULL;
	memset(g->buckets, 0, sizeof g->buckets);
}

void group_begin(struct group *g, int64_t head, int64_t next_id, const struct digest *chain)
{
	group_forget(g);
	g->head = head;
	g->next_id = next_id;
	g->chain = *chain;
	g->now_ns = clock_now_ns();
	g->has_lock_changes = false;
}

static struct folder **bucket_of(struct group *g, const struct folder *up, struct span key)
{
	uint64_t hash = up ? (uint64_t)up->id : 0;

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
	return &g->buckets[(hash ^ hash >> 32) % GROUP_BUCKETS];
}

static struct folder *find(struct group *g, const struct folder *up, struct span key)
{
	struct folder *f = *bucket_of(g, up, key);

	while (f && (f->is_gone || f->up != up || !span_eq(f->key, key)))
		f = f->next_in_bucket;
	return f;
}

static struct span copy(struct arena *a, struct span s)
{
	return (struct span){ arena_span(a, s), s.len };
}

struct folder *group_folder_of(struct group *g, struct folder *up, struct span key, const struct tree_row *row)
{
	struct folder *f = find(g, up, key), **bucket;

	if (f)
		return f;
	bucket = bucket_of(g, up, key);
	f = arena_zalloc(g->arena, sizeof *f);
	f->up = up;
	f->id = row->node.id;
	f->key = copy(g->arena, key);
	f->name = copy(g->arena, span_of(row->node.name));
	f->sum = row->sum;
	f->members = row->node.members;
	f->bytes = f->folded_bytes = row->node.size_bytes;
	f->digest = row->node.digest;
	f->next = g->folders;
	g->folders = f;
	f->next_in_bucket = *bucket;
	*bucket = f;
	return f;
}

static enum err root(struct group *g, struct folder **out)
{
	struct span none = { "", 0 };
	struct tree_row row;
	enum err e = OK;

	*out = find(g, NULL, none);
	if (!*out && (e = tree_node(g->db, NODE_ROOT, &row)) == OK)
		*out = group_folder_of(g, NULL, none, &row);
	return e;
}

enum err group_folder(struct group *g, const struct txn_name *names, unsigned count, struct folder **out)
{
	struct tree_row row;
	struct folder *f;
	enum err e = root(g, out);

	for (unsigned i = 0; e == OK && i < count; i++) {
		if ((f = find(g, *out, names[i].key)) == NULL) {
			if ((e = tree_child(g->db, (*out)->id, names[i].key, &row)) != OK)
				return e;
			if (row.node.kind != STORE_COLLECTION)
				return E_NOT_FOUND;
			f = group_folder_of(g, *out, names[i].key, &row);
		}
		*out = f;
	}
	return e;
}

void group_add_member(struct folder *f, int sign, bool is_collection, struct span name, const struct digest *digest,
		      int64_t bytes)
{
	struct folder_sum term = folder_term(is_collection, name, digest);

	if (sign > 0)
		folder_add(&f->sum, &term);
	else
		folder_subtract(&f->sum, &term);
	f->members += sign;
	f->bytes += sign * bytes;
	f->is_dirty = true;
}

static enum err fold(struct group *g, struct folder *f)
{
	unsigned char sum[DIGEST_SIZE];
	struct digest old = f->digest;
	struct folder_sum term;

	f->is_dirty = false;
	f->digest = folder_hash(&f->sum, f->members);
	folder_sum_write(&f->sum, sum);
	if (f->up) {
		term = folder_term(true, f->name, &old);
		folder_subtract(&f->up->sum, &term);
		term = folder_term(true, f->name, &f->digest);
		folder_add(&f->up->sum, &term);
		f->up->bytes += f->bytes - f->folded_bytes;
		f->up->is_dirty = true;
	}
	f->folded_bytes = f->bytes;
	/* Its representation changed: dates move too, or a conditional GET of it would lie. */
	return db_run(g->db,
		      "UPDATE node SET sum = ?2, members = ?3, bytes = ?4, hash = ?5, mtime_ns = ?6, ctime_ns = ?6"
		      " WHERE ns = 1 AND id = ?1",
		      DB_INT(f->id), DB_BLOB(sum, sizeof sum), DB_INT(f->members), DB_INT(f->bytes),
		      DB_DIGEST(&f->digest), DB_INT(g->now_ns));
}

enum err group_fold(struct group *g)
{
	/* The newest first: a collection is read after its parent, so every child comes before it. */
	for (struct folder *f = g->folders; f; f = f->next) {
		enum err e;

		if (f->is_dirty && !f->is_gone && (e = fold(g, f)) != OK)
			return e;
	}
	return OK;
}

enum err group_save(struct group *g)
{
	return db_run(g->db, "UPDATE ns SET head = ?1, next_id = ?2 WHERE id = 1", DB_INT(g->head), DB_INT(g->next_id));
}

enum err group_load_ids(struct group *g)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(g->db, "SELECT next_id FROM ns WHERE id = 1", &rows, NULL, 0);

	if (e == OK && (e = db_next(&rows)) == OK)
		g->next_id = db_col_int(&rows, 0);
	return e;
}

enum err group_finish(struct group *g)
{
	enum err e = group_fold(g);

	return e == OK ? group_save(g) : e;
}

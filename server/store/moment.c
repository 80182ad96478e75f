/* The tree at a moment, for the layers above (store_history.h). */
#include "server/store/past.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/state.h"
#include "server/store/store_history.h"

/* ---- numbers and times ---- */

static enum err time_of(struct db *db, int64_t number, int64_t *out_ns)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT at FROM journal WHERE ns = 1 AND seq = ?1", &rows, DB_INT(number));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out_ns = db_col_int(&rows, 0);
	return e;
}

static enum err journal_ends(struct db *db, int64_t *out_kept, int64_t *out_head)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(db, "SELECT kept, head FROM ns WHERE id = 1", &rows, NULL, 0);

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out_kept = db_col_int(&rows, 0);
	*out_head = db_col_int(&rows, 1);
	return OK;
}

enum err store_number_at(struct store *s, int64_t at_ns, int64_t *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	int64_t low, high, made_ns, kept;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = journal_ends(reader.db, &kept, &high)) != OK)
		return e;
	/* Numbers have no gaps: the last one that was not later lies in (low, high]. */
	for (low = kept; low < high;) {
		int64_t middle = high - (high - low) / 2;

		if ((e = time_of(reader.db, middle, &made_ns)) != OK)
			return e;
		if (made_ns <= at_ns)
			low = middle;
		else
			high = middle - 1;
	}
	if (low == kept)
		return E_NOT_FOUND;
	*out = low;
	return tx_commit(&tx);
}

enum err store_time_of(struct store *s, int64_t number, int64_t *out_ns)
{
	autoreader struct reader reader = { NULL, NULL };
	enum err e = reader_take(s->readers, &reader);

	return e == OK ? time_of(reader.db, number, out_ns) : e;
}

/* ---- the tree ---- */

enum err store_lookup_below_at(struct store *s, int64_t id, struct span below, int64_t number, struct store_node *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct tree_row row;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = past_lookup(reader.db, id, below, number, &row)) != OK)
		return e;
	*out = row.node;
	return tx_commit(&tx);
}

enum err store_lookup_at(struct store *s, struct span path, int64_t number, struct store_node *out)
{
	return store_lookup_below_at(s, NODE_ROOT, path, number, out);
}

enum err store_list_at(struct store *s, int64_t id, int64_t number, const char *after, unsigned limit,
		       store_member_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	struct tree_row row;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK ||
	    (e = past_members(reader.db, id, span_of(after), number, limit, &rows)) != OK)
		return e;
	while ((e = db_next(&rows)) == OK) {
		tree_read(&rows, &row);
		if (!fn(arg, &row.node))
			return OK;
	}
	return e == E_NOT_FOUND ? OK : e;
}

static bool take_collection(void *arg, const struct store_node *member)
{
	struct store_node *out = arg;

	if (member->kind == STORE_COLLECTION)
		*out = *member;
	return member->kind != STORE_COLLECTION;
}

enum err store_next_collection_at(struct store *s, int64_t id, int64_t number, const char *after,
				  struct store_node *out)
{
	enum err e;

	out->id = 0;
	e = store_list_at(s, id, number, after, UINT32_MAX, take_collection, out);
	return e == OK && !out->id ? E_NOT_FOUND : e;
}

/* The number that ended the content which came at `made`; 0: it is what the node has. */
static enum err find_end(struct db *db, int64_t id, int64_t made, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT seq FROM version WHERE ns = 1 AND node = ?1 AND made = ?2 AND NOT EXISTS"
			       " (SELECT 1 FROM node WHERE ns = 1 AND id = ?1 AND made = ?2)",
			       &rows, DB_INT(id), DB_INT(made));

	*out = 0;
	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e == E_NOT_FOUND ? OK : e;
}

static enum err node_at(struct db *db, int64_t id, int64_t number, struct arena *arena, struct store_node *out,
			struct span *then, struct span *now)
{
	struct tree_row row;
	int64_t end = number + 1;
	enum err e;

	if ((e = past_node(db, id, number, &row)) != OK || (e = past_path_now(db, id, arena, now)) != OK)
		return e;
	*out = row.node;
	*then = *now;
	if (row.node.kind == STORE_FILE && (e = find_end(db, id, row.made, &end)) != OK)
		return e;
	return end ? past_path(db, id, end - 1, arena, then) : OK;
}

enum err store_node_at(struct store *s, int64_t id, int64_t number, struct arena *arena, struct store_node *out,
		       struct span *out_then, struct span *out_now)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = node_at(reader.db, id, number, arena, out, out_then, out_now)) != OK)
		return e;
	return tx_commit(&tx);
}

enum err store_path_now(struct store *s, int64_t id, struct arena *arena, struct span *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = past_path_now(reader.db, id, arena, out)) != OK)
		return e;
	return tx_commit(&tx);
}

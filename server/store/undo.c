/*
 * Finding what is to be taken back (store_undo.h): the rows of the run, newest first, each as the step that undoes it; then whether
 * somebody changed the same node after it.  Memory grows with the run, not with what others did meanwhile.
 */
#include "server/store/store_undo.h"

#include <stdlib.h>
#include <string.h>

#include "server/store/past.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/state.h"
#include "server/store/undo.h"

/* A change of the run. */
struct item {
	struct store_undone out;
	enum journal_op op;
	int64_t seq, node;
	int64_t node_seq; /* the node's last change now */
	int64_t parent;   /* the place it left; 0: none */
	char *name;
	bool has_old;
	struct digest left_as; /* the content that the change left */
};

/* An item of a node; items of the same node in the order of the list, the last change first. */
struct of_node {
	int64_t node;
	size_t item;
};

struct store_undo {
	struct store *store;
	struct undo_runs runs;
	const struct undo_run *target;
	unsigned char key[JOURNAL_TXN_SIZE]; /* of what is done now */
	char *user, *client;
	bool is_rehearsal;
	store_undo_judge_fn *judge;
	void *judge_arg;
	struct item *items;
	size_t count, room, next;
	struct of_node *by_node; /* sorted */
};

static struct store_undo *undo_new(struct store *s, const struct store_undo_query *q)
{
	struct store_undo *u = xcalloc(1, sizeof *u);

	u->store = s;
	u->user = xstrdup(q->user);
	u->client = xstrdup(q->client);
	u->is_rehearsal = q->is_rehearsal;
	u->judge = q->judge;
	u->judge_arg = q->arg;
	return u;
}

void store_undo_free(struct store_undo *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->count; i++) {
		free(u->items[i].name);
		free(u->items[i].out.path);
		free(u->items[i].out.from);
	}
	free(u->items);
	free(u->by_node);
	free(u->user);
	free(u->client);
	free(u);
}

/* ---- the rows of the run ---- */

static enum store_undo_what what_undoes(const struct item *item)
{
	static const enum store_undo_what table[] = {
		[JOURNAL_DELETE] = STORE_UNDO_BACK,
		[JOURNAL_MOVE] = STORE_UNDO_HOME,
		[JOURNAL_PROPPATCH] = STORE_UNDO_PROPS,
		[JOURNAL_MKCOL] = STORE_UNDO_GONE,
	};

	if (item->op == JOURNAL_PUT || item->op == JOURNAL_COPY || item->op == JOURNAL_RESTORE)
		return item->has_old ? STORE_UNDO_CONTENT : STORE_UNDO_GONE;
	return table[item->op];
}

static enum err add_item(struct store_undo *u, const struct journal_row *row)
{
	struct item *item;

	/* The same content again leaves nothing to take back. */
	if (row->old_hash && row->new_hash && digest_equal(row->old_hash, row->new_hash) && row->op != JOURNAL_MOVE &&
	    row->op != JOURNAL_PROPPATCH)
		return OK;
	if (row->op < JOURNAL_PUT || row->op > JOURNAL_RESTORE)
		return OK;
	if (u->count == STORE_UNDO_LIMIT)
		return E_TOO_LARGE;
	if (u->count == u->room) {
		u->room = MAX(2 * u->room, (size_t)64);
		u->items = xrealloc(u->items, u->room * sizeof *u->items);
	}
	item = &u->items[u->count++];
	*item = (struct item){ .op = row->op,
			       .seq = row->seq,
			       .node = row->node,
			       .parent = row->old_parent,
			       .name = span_dup(row->old_name),
			       .has_old = row->old_hash != NULL };
	if (row->new_hash)
		item->left_as = *row->new_hash;
	item->out.what = what_undoes(item);
	item->out.error = E_BUSY;
	return OK;
}

static enum err read_items(struct store_undo *u, struct db *db)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT " JOURNAL_COLUMNS " FROM journal WHERE ns = 1 AND seq >= ?1 AND seq <= ?2"
			       " AND txn = ?3 AND author = ?4 ORDER BY seq DESC",
			       &rows, DB_INT(u->target->first), DB_INT(u->target->last),
			       DB_BLOB(u->target->key, JOURNAL_TXN_SIZE), DB_STRING(u->user));

	while (e == OK && (e = db_next(&rows)) == OK) {
		struct digest old_hash, new_hash;
		struct journal_row row = journal_read(&rows, &old_hash, &new_hash);

		e = add_item(u, &row);
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* ---- what others did since ---- */

static int compare(const void *a, const void *b)
{
	const struct of_node *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

static void sort_by_node(struct store_undo *u)
{
	u->by_node = xcalloc(u->count, sizeof *u->by_node);
	for (size_t i = 0; i < u->count; i++)
		u->by_node[i] = (struct of_node){ u->items[i].node, i };
	qsort(u->by_node, u->count, sizeof *u->by_node, compare);
}

/* The first item of a node; u->count: none. */
static size_t first_of(const struct store_undo *u, int64_t node)
{
	size_t low = 0, high = u->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u->by_node[middle].node < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low < u->count && u->by_node[low].node == node ? low : u->count;
}

/* Somebody changed the node at `seq`: what the run did to it before stays. */
static void block(struct store_undo *u, int64_t node, int64_t seq)
{
	for (size_t i = first_of(u, node); i < u->count && u->by_node[i].node == node; i++) {
		struct item *item = &u->items[u->by_node[i].item];

		if (item->seq < seq)
			item->out.error = E_PRECONDITION;
	}
}

static enum err read_others(struct store_undo *u, struct db *db)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(db,
		      "SELECT seq, node, txn, author = ?3 FROM journal WHERE ns = 1 AND seq > ?1"
		      " AND NOT (author = ?3 AND txn = ?2) ORDER BY seq",
		      &rows, DB_INT(u->target->first), DB_BLOB(u->target->key, JOURNAL_TXN_SIZE), DB_STRING(u->user));

	while (e == OK && (e = db_next(&rows)) == OK) {
		int64_t node = db_col_int(&rows, 1);

		if (first_of(u, node) < u->count &&
		    !(db_col_int(&rows, 3) && undo_is_neutral(&u->runs, db_col_blob(&rows, 2))))
			block(u, node, db_col_int(&rows, 0));
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* ---- each item ---- */

/* Properties of what the run made, or replaced, go with it. */
static bool is_covered(const struct store_undo *u, const struct item *item)
{
	for (size_t i = first_of(u, item->node); i < u->count && u->by_node[i].node == item->node; i++)
		if (u->items[u->by_node[i].item].op != JOURNAL_PROPPATCH)
			return true;
	return false;
}

/* Where it is, or was when it was changed: for what will not be tried, and for who may not see where it is now. */
static enum err read_path(struct db *db, struct item *item)
{
	struct arena *arena = arena_new();
	struct span path = span_of("/");
	enum err e = E_NOT_FOUND;

	if (item->parent)
		e = past_path(db, item->parent, item->seq, arena, &path);
	if (e == OK)
		path = span_of(arena_printf(arena, "%s/%s", path.len > 1 ? path.ptr : "", item->name));
	else if (e == E_NOT_FOUND)
		e = past_path(db, item->node, item->seq, arena, &path);
	item->out.path = span_dup(e == OK ? path : span_of("/"));
	arena_free(arena);
	return e == E_NOT_FOUND ? OK : e;
}

static enum err complete(struct store_undo *u, struct db *db, struct item *item)
{
	struct tree_row row;
	enum err e = tree_node(db, item->node, &row);

	if (e == OK) {
		item->node_seq = row.node.seq;
		item->out.is_collection = row.node.kind == STORE_COLLECTION;
	} else if (e == E_NOT_FOUND) {
		item->out.error = E_NOT_FOUND;
	} else {
		return e;
	}
	if (item->op == JOURNAL_PROPPATCH)
		item->out.error = is_covered(u, item) ? OK : E_NOT_IMPLEMENTED;
	return read_path(db, item);
}

/* Those that say nothing: properties that went with what they are of. */
static void drop_covered(struct store_undo *u)
{
	size_t kept = 0;

	for (size_t i = 0; i < u->count; i++) {
		struct item *item = &u->items[i];

		if (item->op == JOURNAL_PROPPATCH && item->out.error == OK) {
			free(item->name);
			free(item->out.path);
		} else {
			u->items[kept++] = *item;
		}
	}
	u->count = kept;
}

static enum err find(struct store_undo *u, struct db *db, const struct store_undo_query *q)
{
	enum err e = undo_read_runs(db, q, &u->runs);

	if (e != OK)
		return e;
	u->target = undo_target(&u->runs, q->is_redo);
	if (!u->target)
		return E_NOT_FOUND;
	undo_key(u->target->key, u->key);
	if ((e = read_items(u, db)) != OK)
		return e;
	sort_by_node(u);
	e = read_others(u, db);
	for (size_t i = 0; i < u->count && e == OK; i++)
		e = complete(u, db, &u->items[i]);
	if (e == OK)
		drop_covered(u);
	return e;
}

enum err store_undo_find(struct store *s, const struct store_undo_query *query, struct store_undo **out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct store_undo *u = undo_new(s, query);
	enum err e;

	if ((e = reader_take(s->readers, &reader)) == OK && (e = db_begin_read(reader.db, &tx)) == OK)
		e = find(u, reader.db, query);
	if (e == OK)
		*out = TAKE(u);
	store_undo_free(u);
	return e;
}

/* ---- the steps ---- */

static struct store_step step_of(const struct item *item)
{
	static const enum store_op ops[] = {
		[STORE_UNDO_CONTENT] = STORE_RESTORE,
		[STORE_UNDO_GONE] = STORE_DELETE,
		[STORE_UNDO_BACK] = STORE_UNDELETE,
		[STORE_UNDO_HOME] = STORE_MOVE,
	};
	struct store_step step = { .op = ops[item->out.what],
				   .path = span_of("/"),
				   .destination = span_of("/"),
				   .mtime_ns = STORE_MTIME_NOW,
				   .node = item->node };

	step.number = item->out.what == STORE_UNDO_CONTENT ? item->seq - 1 : item->seq;
	return step;
}

static void add_step(struct store_txn *t, struct item *item)
{
	struct undo_step *undo = arena_zalloc(t->arena, sizeof *undo);
	struct store_step step = step_of(item);
	bool returns = item->out.what == STORE_UNDO_BACK || item->out.what == STORE_UNDO_HOME;

	*undo = (struct undo_step){ .node = item->node, .seq = item->node_seq, .outcome = &item->out };
	if (returns) {
		undo->to_parent = item->parent;
		undo->to_name = span_of(item->name);
	}
	if (item->out.what == STORE_UNDO_GONE && item->out.is_collection)
		undo->left_as = &item->left_as;
	store_txn_add(t, &step);
	t->last->undo = undo;
}

struct store_txn *store_undo_next(struct store_undo *u)
{
	struct store_author author = { u->user, u->client };
	struct store_txn *t = store_txn_new(&author);

	store_txn_set_run(t, u->key);
	t->is_lenient = true;
	t->is_rehearsal = u->is_rehearsal;
	t->judge = u->judge;
	t->judge_arg = u->judge_arg;
	for (; u->next < u->count && t->step_count < STORE_UNDO_STEPS; u->next++)
		if (u->items[u->next].out.error == E_BUSY)
			add_step(t, &u->items[u->next]);
	/* What comes after the first transaction cannot be tried without it: as far as looking can tell. */
	for (; u->is_rehearsal && u->next < u->count; u->next++)
		if (u->items[u->next].out.error == E_BUSY)
			u->items[u->next].out.error = OK;
	if (t->step_count)
		return t;
	store_txn_free(t);
	return NULL;
}

size_t store_undo_count(const struct store_undo *u)
{
	return u->count;
}

const struct store_undone *store_undo_item(const struct store_undo *u, size_t i)
{
	return &u->items[i].out;
}

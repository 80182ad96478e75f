/*
 * The folder hash and the bytes of a collection as it was (store_history.h): added up from what is below it, which takes as long as
 * that is large, so it has a budget.  A collection in which nothing has changed since has what its row says.
 */
#include "server/store/past.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/state.h"
#include "server/store/store_history.h"

struct adding {
	struct db *db;
	struct arena *arena;
	int64_t number;
	struct store_past_budget *budget;
};

enum { SINCE_MAX = 100000 };

/* A collection among the members. */
struct inner {
	struct inner *next;
	struct store_node node;
};

/* Numbers whose times run backwards (a clock was set) tell nothing; nor those of so long ago that looking would take long. */
static enum err read_time(struct adding *a)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct store_past_budget *b = a->budget;
	enum err e =
	    db_select(a->db,
		      "SELECT ifnull((SELECT at FROM journal WHERE ns = 1 AND seq = ?1), 0), min(at), count(*) FROM"
		      " (SELECT at FROM journal WHERE ns = 1 AND seq > ?1 ORDER BY seq LIMIT ?2)",
		      &rows, DB_INT(a->number), DB_INT(SINCE_MAX));

	b->has_time = true;
	b->number_ns = 0;
	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	if (db_col_int(&rows, 2) < SINCE_MAX && (!db_col_int(&rows, 2) || db_col_int(&rows, 1) >= db_col_int(&rows, 0)))
		b->number_ns = db_col_int(&rows, 0);
	return OK;
}

/* `out_known`: nothing below it, nor itself, has changed since. */
static enum err take_present(struct adding *a, struct store_node *io_node, bool *out_known)
{
	struct tree_row now;
	enum err e = tree_node(a->db, io_node->id, &now);

	*out_known = e == OK && now.node.ctime_ns < a->budget->number_ns;
	if (*out_known) {
		io_node->digest = now.node.digest;
		io_node->size_bytes = now.node.size_bytes;
		io_node->members = now.node.members;
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* E_TOO_LARGE: the budget ends. */
static enum err read_members(struct adding *a, struct store_node *io_node, struct folder_sum *sum, struct inner **out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct tree_row row;
	struct folder_sum term;
	enum err e = past_members(a->db, io_node->id, span_of(""), a->number, (int64_t)a->budget->left + 1, &rows);

	while (e == OK && (e = db_next(&rows)) == OK) {
		if (!a->budget->left)
			return E_TOO_LARGE;
		a->budget->left--;
		tree_read(&rows, &row);
		io_node->members++;
		if (row.node.kind == STORE_COLLECTION) {
			struct inner *inner = arena_zalloc(a->arena, sizeof *inner);

			*inner = (struct inner){ *out, row.node };
			*out = inner;
			continue;
		}
		term = folder_term(false, span_of(row.node.name), &row.node.digest);
		folder_add(sum, &term);
		io_node->size_bytes += row.node.size_bytes;
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err add_up(struct adding *a, struct store_node *io_node, unsigned depth)
{
	struct folder_sum sum = { { 0 } }, term;
	struct inner *inner = NULL;
	bool is_known = false;
	enum err e = take_present(a, io_node, &is_known);

	if (e != OK || is_known)
		return e;
	io_node->size_bytes = io_node->members = 0;
	if (depth > PATH_SEGMENTS_LIMIT)
		return E_TOO_LARGE;
	e = read_members(a, io_node, &sum, &inner);
	for (; inner && e == OK; inner = inner->next) {
		if ((e = add_up(a, &inner->node, depth + 1)) != OK)
			break;
		term = folder_term(true, span_of(inner->node.name), &inner->node.digest);
		folder_add(&sum, &term);
		io_node->size_bytes += inner->node.size_bytes;
	}
	io_node->digest = folder_hash(&sum, io_node->members);
	return e;
}

enum err store_sum_at(struct store *s, int64_t number, struct store_node *io_node, struct store_past_budget *io_budget)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct adding a = { .number = number, .budget = io_budget };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	a.db = reader.db;
	a.arena = arena_new();
	e = io_budget->has_time ? OK : read_time(&a);
	if (e == OK)
		e = add_up(&a, io_node, 0);
	arena_free(a.arena);
	return e;
}

/*
 * A step that names what it is about by its node (undo.h): where that is shows itself only in the transaction, after the steps
 * before it.
 */
#include <stdlib.h>
#include <string.h>

#include "server/store/schema.h"
#include "server/store/undo.h"

/* As it is in the tree; a name in a collection, if `name` is one. */
static enum err path_of(struct group *g, const struct store_txn *t, int64_t id, struct span name, struct txn_path *out)
{
	struct span above;
	enum err e = tree_path(g->db, id, t->arena, &above);

	if (e != OK)
		return e;
	if (name.len)
		above = span_of(arena_printf(t->arena, "%.*s/%.*s", above.len == 1 ? 0 : (int)above.len, above.ptr,
					     (int)name.len, name.ptr));
	if (above.len > PATH_LIMIT)
		return E_URI_TOO_LONG;
	*out = txn_path_split(t->arena, above);
	return OK;
}

static struct span text_of(const struct store_txn *t, const struct txn_path *path)
{
	const char *text = path->count ? "" : "/";

	for (unsigned i = 0; i < path->count; i++)
		text = arena_printf(t->arena, "%s/%.*s", text, (int)path->names[i].name.len, path->names[i].name.ptr);
	return span_of(text);
}

/* Has nobody but this transaction changed it? */
static bool is_untouched(const struct store_txn *t, const struct undo_step *u, const struct tree_row *row)
{
	return row->node.seq == u->seq || row->node.seq > t->base;
}

static bool may_change(const struct store_txn *t, struct span path)
{
	return !t->judge || t->judge(t->judge_arg, path);
}

static enum err find_places(struct group *g, const struct store_txn *t, struct txn_step *step)
{
	const struct undo_step *u = step->undo;
	struct txn_path to;
	enum err e = OK;

	if (u->to_parent) {
		e = path_of(g, t, u->to_parent, u->to_name, &to);
		if (e == E_NOT_FOUND)
			return E_CONFLICT;
		if (e == OK && !may_change(t, text_of(t, &to)))
			return E_FORBIDDEN;
	}
	if (e == OK && step->op != STORE_UNDELETE) {
		e = path_of(g, t, u->node, (struct span){ NULL, 0 }, &step->path);
		if (e == OK && !may_change(t, text_of(t, &step->path)))
			return E_FORBIDDEN;
	}
	if (e == OK && step->op == STORE_UNDELETE)
		step->path = to;
	else if (e == OK && u->to_parent)
		step->destination = to;
	return e;
}

enum err undo_resolve(struct group *g, const struct store_txn *t, struct txn_step *step, struct store_result *out)
{
	const struct undo_step *u = step->undo;
	struct store_undone *o = u->outcome;
	struct tree_row row;
	struct span path;
	enum err e = tree_node(g->db, u->node, &row);

	if (e == E_NOT_FOUND)
		return step_refuse(out, E_NOT_FOUND);
	if (e != OK)
		return e;
	o->is_collection = row.node.kind == STORE_COLLECTION;
	if (!is_untouched(t, u, &row))
		return step_refuse(out, E_PRECONDITION);
	if (step->op == STORE_UNDELETE)
		step->number = row.since; /* it came and went again, as nobody's change shows */
	e = find_places(g, t, step);
	if (e == E_NOT_FOUND)
		return step_refuse(out, E_PRECONDITION); /* in the trash, where it was not left */
	if (e == E_CONFLICT || e == E_FORBIDDEN || e == E_URI_TOO_LONG)
		return step_refuse(out, e);
	if (e != OK)
		return e;
	free(o->path);
	free(TAKE(o->from));
	path = text_of(t, &step->path);
	o->path = step->op == STORE_MOVE ? span_dup(text_of(t, &step->destination)) : span_dup(path);
	if (step->op == STORE_MOVE)
		o->from = span_dup(path);
	if (!u->left_as)
		return OK;
	/* All below it is as it was left: what came of this group to it is in its row first. */
	if ((e = group_fold(g)) != OK || (e = tree_node(g->db, u->node, &row)) != OK)
		return e;
	return digest_equal(&row.node.digest, u->left_as) ? OK : step_refuse(out, E_PRECONDITION);
}

void undo_note(struct txn_step *step, const struct store_result *result)
{
	struct store_undone *o = step->undo->outcome;

	o->error = result->error;
	o->has_digest = result->error == OK && result->has_digest && step->op != STORE_DELETE;
	o->digest = result->digest;
}

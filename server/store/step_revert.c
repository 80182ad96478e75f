/*
 * The end of a restore that was planned while others wrote (store_history.h): each place by what is there now, then what changed since
 * the plan was made.  So a restore needs no quiet moment.
 */
#include "server/store/past.h"
#include "server/store/since.h"
#include "server/store/step.h"
#include "server/store/steps.h"

enum {
	ALL = STORE_LOCK_SELF | STORE_LOCK_PARENT | STORE_LOCK_BELOW,
	ROWS_MOST = 500 /* that a commit waits for; with more the plan goes on first */
};

static enum err read_then(struct group *g, const struct target *t, struct tree_row *out, bool *out_was)
{
	const struct txn_step *step = t->step;
	enum err e = step->is_itself ? past_node(g->db, step->node, step->number, out)
				     : past_child(g->db, step->node, t->name->key, step->number, out);

	*out_was = e == OK;
	return e == E_NOT_FOUND ? OK : e;
}

static enum err remove_what_is_there(struct group *g, struct target *t, struct store_result *out)
{
	enum err e = step_check_locks(g, t, &t->step->path, ALL, out);

	if (e != OK || out->error != OK || (e = step_remove(g, t)) != OK)
		return e;
	t->exists = false;
	t->folder = NULL;
	return OK;
}

/* The collection comes out of the trash, or is made anew.  Its members have steps of their own. */
static enum err bring_back(struct group *g, const struct target *t, int64_t id, struct store_result *out)
{
	struct txn_step step = { .path = t->step->path, .mtime_ns = STORE_MTIME_NOW, .type = span_of("") };
	struct tree_row row;
	enum err e = step_find_trashed(g, id, &row);

	if (e != OK && e != E_NOT_FOUND)
		return e;
	step.op = e == OK ? STORE_UNDELETE : STORE_MKCOL;
	if (e == OK) {
		step.node = id;
		step.number = row.since;
	}
	return step_run(g, t->txn, &step, out);
}

enum err step_revert(struct group *g, struct target *t, struct store_result *out)
{
	const struct txn_step *step = t->step;
	struct tree_row then;
	bool was;
	enum err e = read_then(g, t, &then, &was);

	if (e != OK)
		return e;
	/* What the plan compared is not what is there: its other steps may be about something else. */
	if (step->is_itself && (!was || step->stage.source != (t->exists ? t->row.node.id : 0)))
		return step_refuse(out, E_BUSY);
	if (t->exists && (!was || then.node.kind != t->row.node.kind) &&
	    ((e = remove_what_is_there(g, t, out)) != OK || out->error != OK))
		return e;
	*out = (struct store_result){ .error = OK, .seq = g->head };
	if (!was || (t->exists && (t->folder || digest_equal(&then.node.digest, &t->row.node.digest))))
		return OK;
	return then.node.kind == STORE_FILE ? step_restore_content(g, t, &then, out)
					    : bring_back(g, t, then.node.id, out);
}

static enum err revert_each(struct group *g, const struct target *t, const struct since_place *places,
			    struct arena *arena, struct store_result *out)
{
	enum err e = OK;

	for (const struct since_place *p = places; p && e == OK && out->error == OK; p = p->next) {
		struct txn_step step = {
			.op = STORE_REVERT, .node = p->then, .number = t->step->number, .type = span_of("")
		};

		step.path = txn_path_split(arena, p->path);
		e = step_run(g, t->txn, &step, out);
	}
	return e;
}

enum err step_revert_since(struct group *g, struct target *t, struct store_result *out)
{
	const struct txn_step *step = t->step;
	/* What this transaction did itself is later than its base. */
	struct since what = { .node = step->node,
			      .number = step->number,
			      .from = step->stage.looked,
			      .to = t->txn->base,
			      .path = span_of("/"),
			      .limit = ROWS_MOST };
	struct since_place *places;
	struct arena *arena;
	enum err e;

	*out = (struct store_result){ .error = OK, .seq = g->head };
	if (!t->folder || what.from >= what.to)
		return OK;
	what.top = t->row.node.id;
	arena = arena_new();
	for (unsigned i = 0; i < step->path.count; i++)
		what.path = span_of(arena_printf(arena, "%s/%.*s", i ? what.path.ptr : "",
						 (int)step->path.names[i].name.len, step->path.names[i].name.ptr));
	e = since_list(g->db, &what, arena, &places);
	if (e == E_BUSY || e == E_NOT_FOUND)
		e = step_refuse(out, E_BUSY);
	else if (e == OK)
		e = revert_each(g, t, places, arena, out);
	arena_free(arena);
	return e;
}

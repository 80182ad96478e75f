#include "server/store/steps.h"

#include "server/store/step.h"
#include "server/store/undo.h"

static const struct op {
	step_fn *run;
	enum err on_root;   /* the answer for "/"; OK: it can be done there */
	enum err no_parent; /* the answer when the collection above is not there */
} ops[] = {
	[STORE_PUT] = { step_put, E_METHOD, E_CONFLICT },
	[STORE_MKCOL] = { step_mkcol, E_METHOD, E_CONFLICT },
	[STORE_DELETE] = { step_delete, E_FORBIDDEN, E_NOT_FOUND },
	[STORE_COPY] = { step_copy, E_FORBIDDEN, E_NOT_FOUND },
	[STORE_MOVE] = { step_move, E_FORBIDDEN, E_NOT_FOUND },
	[STORE_PROPPATCH] = { step_proppatch, OK, E_NOT_FOUND },
	[STORE_LOCK] = { step_lock, OK, E_CONFLICT },
	[STORE_REFRESH] = { step_refresh, OK, E_PRECONDITION },
	[STORE_UNLOCK] = { step_unlock, OK, E_PRECONDITION },
	[STORE_RESTORE] = { step_restore, E_METHOD, E_CONFLICT },
	[STORE_UNDELETE] = { step_undelete, E_FORBIDDEN, E_CONFLICT },
	[STORE_CHECK] = { step_check, OK, E_CONFLICT },
	[STORE_REVERT] = { step_revert, OK, E_BUSY },
	[STORE_REVERT_SINCE] = { step_revert_since, OK, E_BUSY },
};

enum err step_run(struct group *g, const struct store_txn *txn, struct txn_step *step, struct store_result *out)
{
	struct target t = { .txn = txn, .step = step };
	const struct op *op = &ops[step->op];
	enum err e;

	step->adopted = false;
	if (step->undo && ((e = undo_resolve(g, txn, step, out)) != OK || out->error != OK))
		return e;
	if (step->path.is_reserved)
		return step_refuse(out, E_FORBIDDEN);
	if (!step->path.count && op->on_root != OK)
		return step_refuse(out, op->on_root);
	e = step_find(g, step->path.names, step->path.count, &t);
	if (e == E_NOT_FOUND)
		return step_refuse(out, op->no_parent);
	if (e != OK || (e = op->run(g, &t, out)) != OK)
		return e;
	out->has_before = (step->op == STORE_PUT || step->op == STORE_DELETE) && t.exists && !t.folder;
	out->before = t.row.node.digest;
	return OK;
}

enum err steps_run(struct group *g, struct store_txn *t)
{
	unsigned i = 0;
	enum err e;

	for (struct txn_step *step = t->first; step; step = step->next, i++) {
		t->result = (struct store_result){ .step = i };
		if ((e = step_run(g, t, step, &t->result)) != OK)
			return e;
		t->result.step = i;
		if (step->undo)
			undo_note(step, &t->result);
		if (t->result.error == OK)
			continue;
		if (!t->is_lenient)
			return OK;
		t->result.error = OK;
	}
	return OK;
}

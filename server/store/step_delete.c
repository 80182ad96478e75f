/* DELETE: a file, or a collection with everything below it, into the trash. */
#include "server/store/step.h"

enum err step_delete(struct group *g, struct target *t, struct store_result *out)
{
	enum { GOES = STORE_LOCK_SELF | STORE_LOCK_PARENT | STORE_LOCK_BELOW };
	enum err e;

	if (!t->exists || (t->step->is_collection && !t->folder))
		return step_refuse(out, E_NOT_FOUND);
	if ((e = step_check_locks(g, t, &t->step->path, GOES, out)) != OK || out->error != OK ||
	    (e = step_check_cond(g, t, out)) != OK || out->error != OK || (e = step_remove(g, t)) != OK)
		return e;
	*out = (struct store_result){ .error = OK, .has_digest = true, .digest = t->row.node.digest, .seq = g->head };
	return OK;
}

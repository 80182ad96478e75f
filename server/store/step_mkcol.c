/* MKCOL: a new, empty collection. */
#include "server/store/step.h"

enum err step_mkcol(struct group *g, struct target *t, struct store_result *out)
{
	struct store_node n;
	enum err e;

	/* RFC 4918 §9.3.1: MKCOL on anything that is there is 405. */
	if (t->exists)
		return step_refuse(out, E_METHOD);
	if ((e = step_check_locks(g, t, &t->step->path, STORE_LOCK_PARENT, out)) != OK || out->error != OK ||
	    (e = step_check_cond(g, t, out)) != OK || out->error != OK)
		return e;
	n = step_make_node(g, t, STORE_COLLECTION);
	n.digest = folder_hash(&(struct folder_sum){ { 0 } }, 0);
	if ((e = step_insert_node(g, t, &n, 0)) != OK ||
	    (e = step_journal(g, t, n.id, JOURNAL_MKCOL, &n.digest)) != OK ||
	    (e = step_change_props(g, t->step, &n)) != OK)
		return e;
	group_add_member(t->parent, 1, true, t->name->name, &n.digest, 0);
	return step_succeed(out, &n, true);
}

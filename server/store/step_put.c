/* PUT: a content under a name. */
#include "server/store/quota.h"
#include "server/store/sums.h"

enum err step_put(struct group *g, struct target *t, struct store_result *out)
{
	struct txn_step *step = t->step;
	struct store_node n;
	int64_t object;
	enum err e;

	if (t->folder)
		return step_refuse(out, E_METHOD);
	if ((e = step_check_locks(g, t, &step->path, t->exists ? STORE_LOCK_SELF : STORE_LOCK_PARENT, out)) != OK ||
	    out->error != OK || (e = step_check_cond(g, t, out)) != OK || out->error != OK ||
	    (e = quota_check(g, t, &step->path, NULL, step->place.size_bytes, out)) != OK || out->error != OK)
		return e;
	n = step_make_node(g, t, STORE_FILE);
	n.digest = step->digest;
	n.size_bytes = step->place.size_bytes;
	if ((e = object_adopt(g->db, &n.digest, &step->place, &object, &step->adopted)) != OK)
		return e;
	if ((step->sums.has_sha1 || step->sums.has_md5) && (e = sums_keep(g->db, &n.digest, &step->sums)) != OK)
		return e;
	if (t->exists) {
		e = step_replace_content(g, t, &n, object);
	} else {
		e = step_insert_node(g, t, &n, object);
		group_add_member(t->parent, 1, false, t->name->name, &n.digest, n.size_bytes);
	}
	if (e != OK || (e = step_journal(g, t, n.id, JOURNAL_PUT, &n.digest)) != OK)
		return e;
	return step_succeed(out, &n, !t->exists);
}

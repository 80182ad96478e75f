/* LOCK, its refresh, and UNLOCK (RFC 4918 §9.10, §9.11). */
#include <string.h>

#include "common/clock.h"
#include "common/rand.h"
#include "server/store/lock.h"
#include "server/store/state.h"
#include "server/store/step.h"

/* RFC 9562 §5.4: random, so that nobody guesses one. */
static void make_token(unsigned char token[STORE_LOCK_TOKEN_SIZE])
{
	rand_bytes(token, STORE_LOCK_TOKEN_SIZE);
	token[6] = 0x40 | (token[6] & 0x0f);
	token[8] = 0x80 | (token[8] & 0x3f);
}

static enum err count_locks(struct group *g, struct span user, int64_t node, bool *out_full)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(g->db,
		      "SELECT count(*), coalesce(sum(principal = ?1), 0), coalesce(sum(node = ?2), 0) FROM lock"
		      " WHERE expires > ?3",
		      &rows, DB_TEXT(user), DB_INT(node), DB_INT(clock_now_s()));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out_full = db_col_int(&rows, 0) >= atomic_load(&g->store->options.max_locks) ||
		    db_col_int(&rows, 1) >= atomic_load(&g->store->options.max_locks_of_user) ||
		    db_col_int(&rows, 2) >= STORE_LOCKS_OF_RESOURCE;
	return OK;
}

static enum err insert(struct group *g, const struct target *t, int64_t node, const unsigned char *token)
{
	const struct store_lock *l = &t->step->lock;

	g->has_lock_changes = true;
	/* From now on everybody looks, also those of this group. */
	atomic_store(&g->store->has_locks, true);
	return db_run(g->db,
		      "INSERT INTO lock(token, ns, node, depth, scope, owner, principal, expires)"
		      " VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7)",
		      DB_BLOB(token, STORE_LOCK_TOKEN_SIZE), DB_INT(node), DB_INT(l->is_infinite), DB_INT(l->is_shared),
		      DB_TEXT(l->owner), DB_TEXT(t->txn->user), DB_INT(l->expires_s));
}

/* §7.3: nothing is there yet: an empty file comes into being with its lock. */
static enum err make_empty(struct group *g, struct target *t, struct store_result *out)
{
	if (!t->step->upload)
		return step_refuse(out, E_NOT_FOUND);
	return step_put(g, t, out);
}

static enum err check(struct group *g, struct target *t, struct store_result *out)
{
	struct lock_chain chain;
	bool is_full;
	enum err e;

	if ((e = step_check_cond(g, t, out)) != OK || out->error != OK ||
	    (e = lock_chain(g->db, &t->step->path, &chain)) != OK)
		return e;
	e = lock_clash(g->db, &chain, &t->step->lock, t->txn->arena, &out->culprit);
	if (e == E_LOCKED)
		return step_refuse(out, e);
	if (e != OK || (e = count_locks(g, t->txn->user, t->exists ? t->row.node.id : 0, &is_full)) != OK)
		return e;
	return is_full ? step_refuse(out, E_TOO_LARGE) : OK;
}

enum err step_lock(struct group *g, struct target *t, struct store_result *out)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	int64_t node;
	enum err e;

	if ((e = check(g, t, out)) != OK || out->error != OK)
		return e;
	if (!t->exists) {
		if ((e = make_empty(g, t, out)) != OK || out->error != OK)
			return e;
		node = out->node.id;
	} else {
		if ((e = step_settle(g, t)) != OK || (e = step_succeed(out, &t->row.node, false)) != OK)
			return e;
		node = t->row.node.id;
	}
	make_token(token);
	if ((e = insert(g, t, node, token)) != OK)
		return e;
	/* Not looked up: one of a second may have run out already, and was made all the same. */
	out->lock = t->step->lock;
	memcpy(out->lock.token, token, sizeof token);
	memcpy(out->lock.principal, t->txn->user.ptr, MIN(t->txn->user.len, sizeof out->lock.principal - 1));
	return lock_set_root(g->db, node, t->txn->arena, &out->lock);
}

/* The lock of the step's token, if it covers the step's path.  `out->error` says what not. */
static enum err find(struct group *g, struct target *t, struct store_result *out)
{
	struct lock_chain chain;
	int64_t node;
	bool covers;
	enum err e;

	if ((e = lock_chain(g->db, &t->step->path, &chain)) != OK ||
	    (e = lock_covers(g->db, &chain, t->step->token, &covers)) != OK)
		return e;
	if (!covers)
		return step_refuse(out, E_PRECONDITION);
	if ((e = lock_find(g->db, t->step->token, t->txn->arena, &node, &out->lock)) != OK)
		return e;
	return span_is(t->txn->user, out->lock.principal) ? OK : step_refuse(out, E_FORBIDDEN);
}

enum err step_refresh(struct group *g, struct target *t, struct store_result *out)
{
	enum err e;

	/* Its conditions name the token; that it is here is what is asked (§9.10.2). */
	if ((e = step_check_cond(g, t, out)) != OK || out->error != OK || (e = find(g, t, out)) != OK ||
	    out->error != OK)
		return e;
	g->has_lock_changes = true;
	out->lock.expires_s = t->step->lock.expires_s;
	return db_run(g->db, "UPDATE lock SET expires = ?2 WHERE token = ?1",
		      DB_BLOB(t->step->token, STORE_LOCK_TOKEN_SIZE), DB_INT(out->lock.expires_s));
}

enum err step_unlock(struct group *g, struct target *t, struct store_result *out)
{
	enum err e;

	if ((e = find(g, t, out)) != OK || out->error != OK)
		return e;
	g->has_lock_changes = true;
	return db_run(g->db, "DELETE FROM lock WHERE token = ?1", DB_BLOB(t->step->token, STORE_LOCK_TOKEN_SIZE));
}

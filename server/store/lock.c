#include "server/store/lock.h"

#include <string.h>

#include "common/clock.h"
#include "common/uuid.h"
#include "server/store/schema.h"
#include "server/store/tree.h"

/* What guarding needs of a lock. */
struct row {
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	int64_t node;
	bool is_infinite, is_shared;
	char principal[STORE_USER_SIZE];
};

#define LOCK_COLUMNS "token, node, depth, scope, principal"

static void read_row(const struct db_rows *rows, struct row *out)
{
	struct span token = db_col_blob(rows, 0);

	memset(out->token, 0, sizeof out->token);
	memcpy(out->token, token.ptr, MIN(token.len, sizeof out->token));
	out->node = db_col_int(rows, 1);
	out->is_infinite = db_col_int(rows, 2) != 0;
	out->is_shared = db_col_int(rows, 3) != 0;
	db_col_copy(rows, 4, out->principal, sizeof out->principal);
}

enum err lock_chain(struct db *db, const struct txn_path *path, struct lock_chain *out)
{
	struct tree_row row;
	int64_t parent = NODE_ROOT;
	enum err e = OK;

	*out = (struct lock_chain){ .ids = { NODE_ROOT }, .count = 1 };
	for (unsigned i = 0; i < path->count; i++) {
		if ((e = tree_child(db, parent, path->names[i].key, &row)) != OK)
			break;
		parent = out->ids[out->count++] = row.node.id;
	}
	if (e != OK && e != E_NOT_FOUND)
		return e;
	out->exists = out->count == path->count + 1;
	out->has_parent = out->count == path->count;
	return OK;
}

/* Does a lock on the i-th node of the chain reach the chain's end? */
static bool reaches(const struct lock_chain *chain, unsigned i, const struct row *lock)
{
	return lock->is_infinite || (chain->exists && i + 1 == chain->count);
}

/* ---- submitted tokens ---- */

/* RFC 4918 §10.4.1, and not more: the token stands without Not in a list about something that the lock covers. */
static enum err is_submitted(struct db *db, const struct row *lock, const struct lock_claim *claim, bool *out)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	struct lock_chain chain;
	enum err e;

	*out = false;
	for (unsigned i = 0; claim->ifs && i < claim->ifs->list_count && !*out; i++) {
		const struct store_if_list *list = &claim->ifs->lists[i];
		bool is_named = false;

		for (unsigned k = 0; k < list->term_count && !list->is_nowhere; k++)
			is_named |= list->terms[k].kind == STORE_IF_TOKEN && !list->terms[k].is_not &&
				    uuid_read(list->terms[k].text, token) &&
				    memcmp(token, lock->token, sizeof token) == 0;
		if (!is_named)
			continue;
		if ((e = lock_chain(db, &claim->if_paths[i], &chain)) != OK)
			return e;
		for (unsigned k = 0; k < chain.count; k++)
			*out |= chain.ids[k] == lock->node && reaches(&chain, k, lock);
	}
	return OK;
}

/* Submitted, and by the one whose lock it is (§6.4: the token alone is no right). */
static enum err is_held(struct db *db, const struct row *lock, const struct lock_claim *claim, bool *out)
{
	*out = false;
	return span_is(claim->user, lock->principal) ? is_submitted(db, lock, claim, out) : OK;
}

/* ---- guarding ---- */

/* What was found of the locks that guard one thing. */
struct finding {
	bool has_shared, holds_shared;
	int64_t blocked_by; /* node of an exclusive lock that is not held, else of the first shared one; 0: none */
	int64_t shared_at;
};

static enum err weigh(struct db *db, const struct row *lock, const struct lock_claim *claim, struct finding *f)
{
	bool held;
	enum err e = is_held(db, lock, claim, &held);

	if (e != OK)
		return e;
	if (lock->is_shared) {
		f->has_shared = true;
		f->holds_shared |= held;
		f->shared_at = lock->node;
	} else if (!held) {
		f->blocked_by = lock->node;
	}
	return OK;
}

/* Of several shared locks one's own is enough (§7.1). */
static int64_t blocker(const struct finding *f)
{
	if (f->blocked_by)
		return f->blocked_by;
	return f->has_shared && !f->holds_shared ? f->shared_at : 0;
}

static enum err weigh_node(struct db *db, int64_t node, bool only_infinite, const struct lock_claim *claim,
			   struct finding *f)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct row locks[STORE_LOCKS_OF_RESOURCE];
	unsigned count = 0;
	enum err e = db_select(db, "SELECT " LOCK_COLUMNS " FROM lock WHERE ns = 1 AND node = ?1 AND expires > ?2",
			       &rows, DB_INT(node), DB_INT(clock_now_s()));

	while (e == OK && count < ARRAY_LEN(locks) && (e = db_next(&rows)) == OK)
		read_row(&rows, &locks[count++]);
	db_rows_end(&rows);
	if (e == E_NOT_FOUND)
		e = OK;
	for (unsigned i = 0; i < count && e == OK; i++)
		if (!only_infinite || locks[i].is_infinite)
			e = weigh(db, &locks[i], claim, f);
	return e;
}

/* Locks that cover the first `count` nodes of the chain's end; `is_end`: the last of them is locked as such. */
static enum err weigh_chain(struct db *db, const struct lock_chain *chain, unsigned count, bool is_end,
			    const struct lock_claim *claim, struct finding *f)
{
	enum err e = OK;

	for (unsigned i = 0; i < count && e == OK; i++)
		e = weigh_node(db, chain->ids[i], !(is_end && i + 1 == count), claim, f);
	return e;
}

/* From a node up to the root: is `top` above it? */
static enum err is_below(struct db *db, int64_t node, int64_t top, bool *out)
{
	enum err e = OK;

	*out = false;
	while (e == OK && node != NODE_ROOT && node != NODE_TRASH) {
		int64_t parent;

		if ((e = tree_parent(db, node, &parent)) != OK)
			break;
		if (parent == top) {
			*out = true;
			return OK;
		}
		node = parent;
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* Calls back for each node below `top` that has live locks; a store has few locks, and each looks up its own way. */
typedef enum err below_fn(struct db *db, int64_t node, void *arg);

static enum err each_below(struct db *db, int64_t top, below_fn *fn, void *arg)
{
	int64_t last = -1;
	enum err e = OK;

	while (e == OK) {
		autorows struct db_rows rows = { NULL, NULL };
		bool below;

		e = db_select(db,
			      "SELECT node FROM lock WHERE ns = 1 AND node > ?1 AND expires > ?2 ORDER BY node LIMIT 1",
			      &rows, DB_INT(last), DB_INT(clock_now_s()));
		if (e != OK || (e = db_next(&rows)) != OK)
			break;
		last = db_col_int(&rows, 0);
		db_rows_end(&rows);
		if ((e = is_below(db, last, top, &below)) != OK || !below)
			continue;
		e = fn(db, last, arg);
	}
	return e == E_NOT_FOUND ? OK : e;
}

struct below {
	const struct lock_claim *claim;
	int64_t blocked_by;
};

static enum err guard_below(struct db *db, int64_t node, void *arg)
{
	struct below *b = arg;
	struct finding f = { .blocked_by = 0 };
	enum err e = b->blocked_by ? OK : weigh_node(db, node, false, b->claim, &f);

	if (e == OK && !b->blocked_by)
		b->blocked_by = blocker(&f);
	return e;
}

static enum err locked_by(struct db *db, int64_t node, struct arena *arena, struct span *out_culprit)
{
	enum err e = tree_path(db, node, arena, out_culprit);

	return e == OK ? E_LOCKED : e;
}

enum err lock_guard(struct db *db, const struct lock_chain *chain, unsigned scope, const struct lock_claim *claim,
		    struct arena *arena, struct span *out_culprit)
{
	struct finding self = { .blocked_by = 0 }, parent = { .blocked_by = 0 };
	struct below below = { claim, 0 };
	unsigned parents = chain->exists ? chain->count - 1 : chain->count;
	enum err e = OK;

	if (scope & STORE_LOCK_SELF)
		e = weigh_chain(db, chain, chain->count, chain->exists, claim, &self);
	if (e == OK && scope & STORE_LOCK_PARENT)
		e = weigh_chain(db, chain, parents, true, claim, &parent);
	if (e == OK && scope & STORE_LOCK_BELOW && chain->exists)
		e = each_below(db, chain->ids[chain->count - 1], guard_below, &below);
	if (e != OK)
		return e;
	if (blocker(&self))
		return locked_by(db, blocker(&self), arena, out_culprit);
	if (blocker(&parent))
		return locked_by(db, blocker(&parent), arena, out_culprit);
	return below.blocked_by ? locked_by(db, below.blocked_by, arena, out_culprit) : OK;
}

/* ---- one lock ---- */

enum err lock_covers(struct db *db, const struct lock_chain *chain, const unsigned char token[STORE_LOCK_TOKEN_SIZE],
		     bool *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct row lock;
	enum err e = db_select(db, "SELECT " LOCK_COLUMNS " FROM lock WHERE token = ?1 AND expires > ?2", &rows,
			       DB_BLOB(token, STORE_LOCK_TOKEN_SIZE), DB_INT(clock_now_s()));

	*out = false;
	if (e != OK || (e = db_next(&rows)) != OK)
		return e == E_NOT_FOUND ? OK : e;
	read_row(&rows, &lock);
	for (unsigned i = 0; i < chain->count; i++)
		*out |= chain->ids[i] == lock.node && reaches(chain, i, &lock);
	return OK;
}

enum err lock_find(struct db *db, const unsigned char token[STORE_LOCK_TOKEN_SIZE], struct arena *arena,
		   int64_t *out_node, struct store_lock *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct span owner;
	struct row lock;
	enum err e =
	    db_select(db, "SELECT " LOCK_COLUMNS ", expires, owner FROM lock WHERE token = ?1 AND expires > ?2", &rows,
		      DB_BLOB(token, STORE_LOCK_TOKEN_SIZE), DB_INT(clock_now_s()));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	read_row(&rows, &lock);
	owner = db_col_text(&rows, 6);
	*out_node = lock.node;
	*out = (struct store_lock){ .is_shared = lock.is_shared,
				    .is_infinite = lock.is_infinite,
				    .expires_s = db_col_int(&rows, 5) };
	out->owner = (struct span){ arena_span(arena, owner), owner.len };
	memcpy(out->token, lock.token, sizeof out->token);
	memcpy(out->principal, lock.principal, sizeof out->principal);
	db_rows_end(&rows);
	return lock_set_root(db, lock.node, arena, out);
}

enum err lock_set_root(struct db *db, int64_t node, struct arena *arena, struct store_lock *out)
{
	struct tree_row row;
	enum err e = tree_node(db, node, &row);

	if (e != OK)
		return e;
	out->root_is_collection = row.node.kind == STORE_COLLECTION;
	return tree_path(db, node, arena, &out->root);
}

/* ---- clashes ---- */

struct clash {
	const struct store_lock *wanted;
	int64_t with;
};

static enum err clash_at(struct db *db, int64_t node, bool only_infinite, struct clash *c)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct row lock;
	enum err e = db_select(db, "SELECT " LOCK_COLUMNS " FROM lock WHERE ns = 1 AND node = ?1 AND expires > ?2",
			       &rows, DB_INT(node), DB_INT(clock_now_s()));

	while (e == OK && (e = db_next(&rows)) == OK) {
		read_row(&rows, &lock);
		if ((!only_infinite || lock.is_infinite) && !(lock.is_shared && c->wanted->is_shared))
			c->with = node;
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err clash_below(struct db *db, int64_t node, void *arg)
{
	struct clash *c = arg;

	return c->with ? OK : clash_at(db, node, false, c);
}

enum err lock_clash(struct db *db, const struct lock_chain *chain, const struct store_lock *wanted, struct arena *arena,
		    struct span *out_culprit)
{
	struct clash c = { wanted, 0 };
	enum err e = OK;

	for (unsigned i = 0; i < chain->count && e == OK && !c.with; i++)
		e = clash_at(db, chain->ids[i], !(chain->exists && i + 1 == chain->count), &c);
	if (e == OK && !c.with && wanted->is_infinite && chain->exists)
		e = each_below(db, chain->ids[chain->count - 1], clash_below, &c);
	if (e != OK)
		return e;
	return c.with ? locked_by(db, c.with, arena, out_culprit) : OK;
}

/* ---- when nodes go or move ---- */

static enum err drop_one(struct db *db, int64_t node, void *arg not_used)
{
	return db_run(db, "DELETE FROM lock WHERE ns = 1 AND node = ?1", DB_INT(node));
}

enum err lock_drop_below(struct db *db, int64_t node)
{
	enum err e = each_below(db, node, drop_one, NULL);

	return e == OK ? db_run(db, "DELETE FROM lock WHERE ns = 1 AND node = ?1", DB_INT(node)) : e;
}

enum err lock_repoint(struct db *db, int64_t from, int64_t to)
{
	return db_run(db, "UPDATE lock SET node = ?2 WHERE ns = 1 AND node = ?1", DB_INT(from), DB_INT(to));
}

enum err lock_sweep(struct db *db, bool *out_any)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_run(db, "DELETE FROM lock WHERE expires <= ?1", DB_INT(clock_now_s()));

	if (e != OK || (e = db_select_values(db, "SELECT EXISTS (SELECT 1 FROM lock)", &rows, NULL, 0)) != OK ||
	    (e = db_next(&rows)) != OK)
		return e;
	*out_any = db_col_int(&rows, 0) != 0;
	return OK;
}

/*
 * What all steps share: finding a place, checking, the rows that every change writes.
 */
#include "server/store/step.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/ifs.h"
#include "server/store/schema.h"

/* ---- finding and checking ---- */

enum err step_find(struct group *g, const struct txn_name *names, unsigned count, struct target *t)
{
	static const struct txn_name root = { { "", 0 }, { "", 0 } };
	enum err e;

	if (!count) {
		t->name = &root;
		if ((e = group_folder(g, names, 0, &t->folder)) != OK)
			return e;
		t->exists = true;
		return tree_node(g->db, NODE_ROOT, &t->row);
	}
	t->name = &names[count - 1];
	if ((e = group_folder(g, names, count - 1, &t->parent)) != OK)
		return e;
	e = tree_child(g->db, t->parent->id, t->name->key, &t->row);
	if (e == E_NOT_FOUND)
		return OK;
	if (e != OK)
		return e;
	t->exists = true;
	if (t->row.node.kind == STORE_COLLECTION)
		t->folder = group_folder_of(g, t->parent, t->name->key, &t->row);
	return OK;
}

/* A collection's digest is about to be read: what this group did below it comes first. */
enum err step_settle(struct group *g, struct target *t)
{
	enum err e;

	if (!t->folder)
		return OK;
	if ((e = group_fold(g)) != OK)
		return e;
	return tree_node(g->db, t->folder->id, &t->row);
}

static enum err stale(const struct target *t, struct store_result *out)
{
	out->error = E_PRECONDITION;
	out->has_digest = t->exists;
	if (t->exists)
		out->digest = t->row.node.digest;
	return OK;
}

static enum err check_if(struct group *g, const struct target *t, struct store_result *out)
{
	bool holds;
	enum err e;

	if ((e = group_fold(g)) != OK ||
	    (e = ifs_evaluate(g->store, g->db, t->step->ifs, t->step->if_paths, &holds)) != OK)
		return e;
	return holds ? OK : stale(t, out);
}

enum err step_check_locks(struct group *g, const struct target *t, const struct txn_path *path, unsigned scope,
			  struct store_result *out)
{
	const struct txn_step *claims = t->txn->claims;
	struct lock_claim claim = { t->txn->user, claims ? claims->ifs : NULL, claims ? claims->if_paths : NULL };
	struct lock_chain chain;
	enum err e;

	if (!store_has_locks(g->store))
		return OK;
	if ((e = lock_chain(g->db, path, &chain)) != OK)
		return e;
	e = lock_guard(g->db, &chain, scope, &claim, t->txn->arena, &out->culprit);
	if (e != E_LOCKED)
		return e;
	/* An If that does not hold is 412 whatever else would refuse (RFC 4918 §10.4.1). */
	if (t->step->ifs && ((e = check_if(g, t, out)) != OK || out->error != OK))
		return e;
	return step_refuse(out, E_LOCKED);
}

enum err step_check_cond(struct group *g, struct target *t, struct store_result *out)
{
	struct cond_target now = { .exists = t->exists };
	enum err e;

	if (t->step->ifs && ((e = check_if(g, t, out)) != OK || out->error != OK))
		return e;
	if (t->step->has_content && (!t->exists || !digest_equal(&t->row.node.digest, &t->step->content)))
		return stale(t, out);
	if (!t->step->has_cond)
		return OK;
	if ((e = step_settle(g, t)) != OK)
		return e;
	if (t->exists) {
		now.digest = &t->row.node.digest;
		now.changed_s = MAX(t->row.node.mtime_ns, t->row.node.ctime_ns) / NS_PER_S;
	}
	return cond_evaluate(&t->step->cond, false, &now) == COND_PASS ? OK : stale(t, out);
}

/* ---- writing ---- */

enum err step_journal(struct group *g, const struct target *t, int64_t node, enum journal_op op,
		      const struct digest *new_hash)
{
	struct journal_row row = {
		.seq = g->head,
		.node = node,
		.at_ns = g->now_ns,
		.op = op,
		.old_parent = t->exists && t->parent ? t->parent->id : 0,
		.old_name = span_of(t->exists ? t->row.node.name : NULL),
		.old_hash = t->exists ? &t->row.node.digest : NULL,
		.new_hash = new_hash,
		.author = t->txn->user,
		.client = t->txn->client,
	};

	memcpy(row.txn, t->txn->key, sizeof row.txn);
	return journal_append(g->db, &row, &g->chain);
}

/*
 * The content that goes, as a version; its number is the one at which it came.  The journal knows when and through what; a copied
 * collection's one row (op 4, at the moment its nodes were made) speaks for all of them.
 *
 * VALUES, not SELECT: an INSERT that could write several rows has a savepoint of its own inside the transaction's, whose end costs SQLite
 * a walk over every page that the transaction changed so far.  A restore of 5,000 files would take a second.
 */
enum err step_keep_version(struct group *g, const struct target *t)
{
	const struct store_node *n = &t->row.node;

	return db_run(g->db,
		      "INSERT INTO version(ns, node, made, seq, hash, object, size, mtime_ns, type, author, at,"
		      " made_ns, client, executable) VALUES (1, ?1, ?2, ?3, ?4, ?10, ?5, ?6, ?7, ?8, ?9,"
		      " ifnull((SELECT j.at FROM journal j WHERE j.ns = 1 AND j.seq = ?2), ?11),"
		      " ifnull((SELECT j.client FROM journal j WHERE j.ns = 1 AND j.seq = ?2"
		      " AND (j.node = ?1 OR (j.op = 4 AND j.at = ?11))), ''), ?12)"
		      " ON CONFLICT(ns, node, made) DO UPDATE SET seq = excluded.seq, at = excluded.at,"
		      " mtime_ns = excluded.mtime_ns, type = excluded.type, executable = excluded.executable",
		      DB_INT(n->id), DB_INT(t->row.made), DB_INT(g->head), DB_DIGEST(&n->digest), DB_INT(n->size_bytes),
		      DB_INT(n->mtime_ns), DB_STRING(n->type), DB_STRING(t->row.author), DB_INT(g->now_ns),
		      DB_INT(t->row.object), DB_INT(n->created_ns), DB_INT(n->is_executable));
}

enum err step_insert_node(struct group *g, const struct target *t, const struct store_node *n, int64_t object)
{
	static const unsigned char zero[DIGEST_SIZE];
	bool is_collection = n->kind == STORE_COLLECTION;

	return db_run(
	    g->db,
	    "INSERT INTO node(ns, id, parent, key, name, kind, hash, size, mtime_ns, ctime_ns, created_ns, type, seq, "
	    "since,"
	    " made, author, sum, members, bytes, object, executable)"
	    " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?11, ?11, ?12, ?13, ?14, ?14, ?15, ?16)",
	    DB_INT(n->id), DB_INT(t->parent->id), DB_TEXT(t->name->key), DB_TEXT(t->name->name), DB_INT(n->kind),
	    DB_DIGEST(&n->digest), DB_INT(n->size_bytes), DB_INT(n->mtime_ns), DB_INT(n->ctime_ns), DB_STRING(n->type),
	    DB_INT(n->seq), DB_TEXT(t->txn->user), is_collection ? DB_BLOB(zero, sizeof zero) : DB_NULL,
	    is_collection ? DB_INT(0) : DB_NULL, is_collection ? DB_NULL : DB_INT(object), DB_INT(n->is_executable));
}

enum err step_replace_content(struct group *g, struct target *t, const struct store_node *n, int64_t object)
{
	bool is_same = digest_equal(&n->digest, &t->row.node.digest);
	struct span old_name = span_of(t->row.node.name);
	enum err e;

	/* The same content again is a change (number, dates, type), but no version worth keeping. */
	if (!is_same) {
		if ((e = step_keep_version(g, t)) != OK)
			return e;
		group_add_member(t->parent, -1, false, old_name, &t->row.node.digest, t->row.node.size_bytes);
		group_add_member(t->parent, 1, false, old_name, &n->digest, n->size_bytes);
	}
	return db_run(
	    g->db,
	    "UPDATE node SET hash = ?2, size = ?3, mtime_ns = ?4, ctime_ns = ?5, type = ?6, seq = ?7, made = ?8,"
	    " author = ?9, object = ?10, executable = ?11 WHERE ns = 1 AND id = ?1",
	    DB_INT(n->id), DB_DIGEST(&n->digest), DB_INT(n->size_bytes), DB_INT(n->mtime_ns), DB_INT(n->ctime_ns),
	    DB_STRING(n->type), DB_INT(n->seq), DB_INT(is_same ? t->row.made : n->seq), DB_TEXT(t->txn->user),
	    DB_INT(object), DB_INT(n->is_executable));
}

/* The node as the step makes it, with the next number. */
struct store_node step_make_node(struct group *g, const struct target *t, enum store_kind kind)
{
	const struct txn_step *step = t->step;
	struct store_node n = {
		.id = t->exists ? t->row.node.id : g->next_id++,
		.kind = kind,
		.ctime_ns = g->now_ns,
		.created_ns = t->exists ? t->row.node.created_ns : g->now_ns,
		.is_executable = t->exists && t->row.node.is_executable,
		.has_props = t->exists && t->row.node.has_props,
		.seq = ++g->head,
	};

	bool may_say = step->op == STORE_PUT || step->op == STORE_MKCOL;

	n.mtime_ns = !may_say || step->mtime_ns == STORE_MTIME_NOW ? g->now_ns : step->mtime_ns;
	memcpy(n.type, step->type.ptr, step->type.len);
	return n;
}

/* Out of its place with everything below it: one row, however large the subtree. */
enum err step_detach(struct group *g, struct target *t)
{
	const struct store_node *n = &t->row.node;
	char key[24];
	enum err e;

	e = db_run(
	    g->db,
	    "INSERT INTO gone(ns, seq, since, parent, key, name, node, at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	    DB_INT(g->head), DB_INT(t->row.since), DB_INT(t->parent->id), DB_TEXT(t->name->key), DB_STRING(n->name),
	    DB_INT(n->id), DB_INT(g->now_ns));
	if (e != OK)
		return e;
	e = db_run(g->db, "INSERT INTO trash(ns, node, parent, name, by, at) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
		   DB_INT(n->id), DB_INT(t->parent->id), DB_STRING(n->name), DB_TEXT(t->txn->user), DB_INT(g->now_ns));
	if (e != OK)
		return e;
	snprintf(key, sizeof key, "%" PRId64, n->id);
	return db_run(
	    g->db,
	    "UPDATE node SET parent = ?2, key = ?3, seq = ?4, since = ?4, ctime_ns = ?5 WHERE ns = 1 AND id = ?1",
	    DB_INT(n->id), DB_INT(NODE_TRASH), DB_STRING(key), DB_INT(g->head), DB_INT(g->now_ns));
}

enum err step_succeed(struct store_result *out, const struct store_node *n, bool created)
{
	*out = (struct store_result){ .error = OK, .created = created, .has_digest = true, .seq = n->seq };
	out->node = *n;
	out->node.name[0] = '\0';
	out->digest = n->digest;
	return OK;
}

enum err step_remove(struct group *g, struct target *t)
{
	const struct store_node *n = &t->row.node;
	enum err e;

	if ((e = step_settle(g, t)) != OK)
		return e;
	if (store_has_locks(g->store)) {
		g->has_lock_changes = true;
		if ((e = lock_drop_below(g->db, n->id)) != OK)
			return e;
	}
	g->head++;
	if ((e = step_detach(g, t)) != OK || (!t->folder && (e = step_keep_version(g, t)) != OK) ||
	    (e = step_journal(g, t, n->id, JOURNAL_DELETE, NULL)) != OK)
		return e;
	group_add_member(t->parent, -1, t->folder != NULL, span_of(n->name), &n->digest, n->size_bytes);
	if (t->folder)
		t->folder->is_gone = true;
	return OK;
}

enum err step_make_room(struct group *g, struct target *d, int64_t *out_had)
{
	enum err e;

	*out_had = d->row.node.id;
	if (store_has_locks(g->store)) {
		g->has_lock_changes = true;
		/* Aside, so that what is removed does not take it along. */
		if ((e = lock_repoint(g->db, *out_had, -1)) != OK)
			return e;
	}
	if ((e = step_remove(g, d)) != OK)
		return e;
	d->exists = false;
	d->folder = NULL;
	return OK;
}

enum err step_take_locks(struct group *g, int64_t node)
{
	return g->has_lock_changes ? lock_repoint(g->db, -1, node) : OK;
}

/* Locks for the layers above: looking at them, asking before a body is read, and the administrator's removal. */
#include "server/store/commit.h"
#include <string.h>

#include "server/store/lock.h"
#include "server/store/readers.h"
#include "server/store/tree.h"

#include "common/clock.h"

enum { TOKENS_MAX = STORE_LOCKS_OF_RESOURCE };

bool store_has_locks(const struct store *s)
{
	return atomic_load(&s->has_locks);
}

/* The tokens of the live locks on a node. */
static enum err tokens_of(struct db *db, int64_t node, unsigned char out[][STORE_LOCK_TOKEN_SIZE], unsigned *out_count)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT token FROM lock WHERE ns = 1 AND node = ?1 AND expires > ?2 ORDER BY token",
			       &rows, DB_INT(node), DB_INT(clock_now_s()));

	*out_count = 0;
	while (e == OK && *out_count < TOKENS_MAX && (e = db_next(&rows)) == OK) {
		struct span token = db_col_blob(&rows, 0);

		if (token.len == STORE_LOCK_TOKEN_SIZE)
			memcpy(out[(*out_count)++], token.ptr, STORE_LOCK_TOKEN_SIZE);
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* The live locks on one node.  False in `out_go_on`: the callback wants no more. */
static enum err tell_of(struct db *db, int64_t node, bool only_infinite, store_lock_fn *fn, void *arg, bool *out_go_on)
{
	unsigned char tokens[TOKENS_MAX][STORE_LOCK_TOKEN_SIZE];
	struct arena *arena = arena_new();
	unsigned count;
	enum err e = tokens_of(db, node, tokens, &count);

	for (unsigned i = 0; i < count && e == OK && *out_go_on; i++) {
		struct store_lock lock;
		int64_t at;

		e = lock_find(db, tokens[i], arena, &at, &lock);
		if (e == E_NOT_FOUND)
			e = OK; /* it ran out this moment */
		else if (e == OK && (!only_infinite || lock.is_infinite))
			*out_go_on = fn(arg, &lock);
	}
	arena_free(arena);
	return e;
}

enum err store_locks_at(struct store *s, struct span path, store_lock_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct arena *arena = arena_new();
	struct txn_path names = txn_path_split(arena, path);
	struct lock_chain chain = { .count = 0 };
	bool go_on = true;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) == OK && (e = db_begin_read(reader.db, &tx)) == OK)
		e = lock_chain(reader.db, &names, &chain);
	for (unsigned i = 0; i < chain.count && e == OK && go_on; i++)
		e = tell_of(reader.db, chain.ids[i], !(chain.exists && i + 1 == chain.count), fn, arg, &go_on);
	arena_free(arena);
	return e;
}

static enum err next_locked(struct db *db, int64_t *io_node)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(db, "SELECT node FROM lock WHERE ns = 1 AND node > ?1 AND expires > ?2 ORDER BY node LIMIT 1",
		      &rows, DB_INT(*io_node), DB_INT(clock_now_s()));

	if (e == OK && (e = db_next(&rows)) == OK)
		*io_node = db_col_int(&rows, 0);
	return e;
}

enum err store_locks_list(struct store *s, store_lock_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	int64_t node = 0;
	bool go_on = true;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	while (go_on && (e = next_locked(reader.db, &node)) == OK)
		if ((e = tell_of(reader.db, node, false, fn, arg, &go_on)) != OK)
			return e;
	return e == E_NOT_FOUND ? OK : e;
}

enum err store_lock_check(struct store *s, struct span path, unsigned scope, const char *user,
			  const struct store_if *ifs, struct arena *arena, struct span *out_culprit)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct txn_path names, *paths;
	struct lock_claim claim = { span_of(user), ifs, NULL };
	struct lock_chain chain;
	enum err e;

	if (!store_has_locks(s))
		return OK;
	names = txn_path_split(arena, path);
	claim.if_paths = paths = arena_zalloc(arena, ((ifs ? ifs->list_count : 0) + 1) * sizeof *paths);
	for (unsigned i = 0; ifs && i < ifs->list_count; i++)
		paths[i] = txn_path_split(arena, ifs->lists[i].path);
	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = lock_chain(reader.db, &names, &chain)) != OK)
		return e;
	return lock_guard(reader.db, &chain, scope, &claim, arena, out_culprit);
}

struct removal {
	struct store *store;
	const unsigned char *token;
};

static enum err remove_lock(struct db *db, void *arg)
{
	const struct removal *r = arg;
	bool any;
	enum err e = db_run(db, "DELETE FROM lock WHERE token = ?1", DB_BLOB(r->token, STORE_LOCK_TOKEN_SIZE));

	if (e != OK)
		return e;
	if (!db_changes(db))
		return E_NOT_FOUND;
	e = lock_sweep(db, &any);
	if (e == OK && any)
		atomic_store(&r->store->has_locks, true);
	return e;
}

enum err store_lock_remove(struct store *s, const unsigned char token[STORE_LOCK_TOKEN_SIZE])
{
	struct removal r = { s, token };

	return commit_call(s, remove_lock, &r);
}

/*
 * Tokens and login codes.  Secrets are random and stored as their SHA-256, found by index: nothing here
 * compares a secret byte by byte.  Changes run as calls of the committer.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/access.h"
#include "server/store/readers.h"

enum { TOKEN_ID_MIN = 8 };

void store_token_clear(struct store_token *t)
{
	access_rights_clear(t->scope, &t->scope_count);
	access_rights_clear(t->rights, &t->rights_count);
}

/* ---- reading ---- */

#define TOKEN_COLUMNS "t.secret, u.name, t.label, t.created_s, t.expires_s, u.id, t.used_s"

/* A row of TOKEN_COLUMNS, and the rights that belong to it. */
static enum err read_token(struct db *db, const struct db_rows *row, struct store_token *out)
{
	autorows struct db_rows scope = { NULL, NULL }, rights = { NULL, NULL };
	enum err e;

	*out = (struct store_token){ .created_s = db_col_int(row, 3),
				     .expires_s = db_col_int(row, 4),
				     .used_s = db_col_int(row, 6) };
	db_col_digest(row, 0, &out->secret);
	db_col_copy(row, 1, out->user, sizeof out->user);
	db_col_copy(row, 2, out->label, sizeof out->label);
	e = db_select(db, "SELECT prefix, write FROM scope WHERE token = ?1", &scope, DB_DIGEST(&out->secret));
	if (e != OK || (e = access_read_rights(&scope, out->scope, &out->scope_count)) != OK)
		return e;
	e = db_select(db, "SELECT prefix, write FROM right WHERE user = ?1", &rights, DB_INT(db_col_int(row, 5)));
	return e != OK ? e : access_read_rights(&rights, out->rights, &out->rights_count);
}

enum err store_token_find(struct store *s, const struct digest *secret, struct store_token *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	*out = (struct store_token){ .user = "" };
	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	e = db_select(reader.db,
		      "SELECT " TOKEN_COLUMNS " FROM token t JOIN user u ON u.id = t.user"
		      " WHERE t.secret = ?1 AND (t.expires_s = 0 OR t.expires_s > ?2)",
		      &rows, DB_DIGEST(secret), DB_INT(clock_now_s()));
	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	if ((e = read_token(reader.db, &rows, out)) != OK)
		store_token_clear(out);
	return e;
}

enum err store_token_list(struct store *s, store_token_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	autorows struct db_rows rows = { NULL, NULL };
	bool go_on = true;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	e = db_select_values(reader.db,
			     "SELECT " TOKEN_COLUMNS " FROM token t JOIN user u ON u.id = t.user"
			     " ORDER BY u.name, t.created_s, t.secret",
			     &rows, NULL, 0);
	if (e != OK)
		return e;
	while (go_on && (e = db_next(&rows)) == OK) {
		struct store_token t;

		e = read_token(reader.db, &rows, &t);
		go_on = e == OK && fn(arg, &t);
		store_token_clear(&t);
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* ---- tokens ---- */

static enum err token_add(struct db *db, void *arg)
{
	const struct store_token *t = arg;
	int64_t user;
	enum err e = access_find_user(db, t->user, &user);

	if (e != OK)
		return e;
	e = db_run(db, "INSERT INTO token(secret, user, label, created_s, expires_s) VALUES (?1, ?2, ?3, ?4, ?5)",
		   DB_DIGEST(&t->secret), DB_INT(user), DB_STRING(t->label), DB_INT(clock_now_s()),
		   DB_INT(t->expires_s));
	for (unsigned i = 0; e == OK && i < t->scope_count; i++)
		e = db_run(db,
			   "INSERT INTO scope(token, prefix, write) VALUES (?1, ?2, ?3)"
			   " ON CONFLICT DO UPDATE SET write = max(write, excluded.write)",
			   DB_DIGEST(&t->secret), DB_STRING(t->scope[i].prefix), DB_INT(t->scope[i].write));
	return e;
}

enum err store_token_add(struct store *s, const struct store_token *t)
{
	if (t->scope_count > STORE_RIGHTS_LIMIT)
		return E_BAD_REQUEST;
	return access_change(s, token_add, (void *)(uintptr_t)t);
}

/* All secrets whose hex begins with some digits lie between two. */
struct token_remove {
	unsigned char low[DIGEST_SIZE], high[DIGEST_SIZE];
};

static enum err token_remove(struct db *db, void *arg)
{
	const struct token_remove *r = arg;
	autorows struct db_rows rows = { NULL, NULL };
	int64_t found = 0;
	enum err e = db_select(db, "SELECT count(*) FROM token WHERE secret BETWEEN ?1 AND ?2", &rows,
			       DB_BLOB(r->low, DIGEST_SIZE), DB_BLOB(r->high, DIGEST_SIZE));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	found = db_col_int(&rows, 0);
	db_rows_end(&rows);
	if (found != 1)
		return found ? E_CONFLICT : E_NOT_FOUND;
	return db_run(db, "DELETE FROM token WHERE secret BETWEEN ?1 AND ?2", DB_BLOB(r->low, DIGEST_SIZE),
		      DB_BLOB(r->high, DIGEST_SIZE));
}

enum err store_token_remove(struct store *s, const char *id)
{
	struct token_remove r;
	char low[DIGEST_HEX_SIZE], high[DIGEST_HEX_SIZE];
	size_t len = strlen(id);

	if (len < TOKEN_ID_MIN || len > DIGEST_HEX_SIZE - 1)
		return E_NOT_FOUND;
	memset(low, '0', sizeof low - 1);
	memset(high, 'f', sizeof high - 1);
	memcpy(low, id, len);
	memcpy(high, id, len);
	if (!hex_decode((struct span){ low, sizeof low - 1 }, r.low, DIGEST_SIZE) ||
	    !hex_decode((struct span){ high, sizeof high - 1 }, r.high, DIGEST_SIZE))
		return E_NOT_FOUND;
	return access_change(s, token_remove, &r);
}

/* ---- last use ---- */

/* A transaction of its own memory: nobody waits for it. */
struct use {
	struct store_txn txn;
	struct digest secret;
	int64_t now_s;
};

static enum err note_use(struct db *db, void *arg)
{
	const struct use *u = arg;
	enum err e = db_run(db, "UPDATE token SET used_s = ?2 WHERE secret = ?1 AND used_s <= ?3",
			    DB_DIGEST(&u->secret), DB_INT(u->now_s), DB_INT(u->now_s - STORE_USE_PAUSE_S));

	if (e != OK)
		return e;
	/* Another loop was first, or the token is gone: undone, so that it costs no commit. */
	return db_changes(db) ? OK : E_NOT_FOUND;
}

static void forget_use(void *arg, const struct store_result *result)
{
	(void)result;
	free(arg);
}

void store_token_used(struct store *s, const struct digest *secret, int64_t now_s)
{
	struct use *u = xcalloc(1, sizeof *u);

	u->secret = *secret;
	u->now_s = now_s;
	u->txn.call = note_use;
	u->txn.call_arg = u;
	store_submit(s, &u->txn, forget_use, u);
}

/* ---- codes ---- */

struct code {
	const char *user;
	const struct digest *secret;
	int64_t expires_s;
	const struct store_token *token;
};

static enum err code_add(struct db *db, void *arg)
{
	const struct code *c = arg;
	int64_t user;
	enum err e = access_find_user(db, c->user, &user);

	if (e != OK || (e = db_run(db, "DELETE FROM code WHERE expires_s <= ?1", DB_INT(clock_now_s()))) != OK)
		return e;
	return db_run(db, "INSERT INTO code(secret, user, expires_s) VALUES (?1, ?2, ?3)", DB_DIGEST(c->secret),
		      DB_INT(user), DB_INT(c->expires_s));
}

enum err store_code_add(struct store *s, const char *user, const struct digest *code, int64_t expires_s)
{
	struct code c = { .user = user, .secret = code, .expires_s = expires_s };

	return access_change(s, code_add, &c);
}

static enum err code_redeem(struct db *db, void *arg)
{
	const struct code *c = arg;
	enum err e;

	/* Gone in the transaction that makes the token: of two that come at once, one finds it. */
	e = db_run(db,
		   "DELETE FROM code WHERE secret = ?1 AND expires_s > ?2"
		   " AND user = (SELECT id FROM user WHERE name = ?3)",
		   DB_DIGEST(c->secret), DB_INT(clock_now_s()), DB_STRING(c->user));
	if (e != OK)
		return e;
	if (db_changes(db) != 1 || strcmp(c->user, c->token->user) != 0)
		return E_UNAUTHENTICATED;
	return token_add(db, (void *)(uintptr_t)c->token);
}

enum err store_code_redeem(struct store *s, const char *user, const struct digest *code,
			   const struct store_token *token)
{
	struct code c = { .user = user, .secret = code, .token = token };

	return access_change(s, code_redeem, &c);
}

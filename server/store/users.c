/*
 * Users, their rights and passwords.  A password is kept as its hash, which the layers above make and compare.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/access.h"
#include "server/store/readers.h"

uint64_t store_access_version(const struct store *s)
{
	return atomic_load(&s->access_version);
}

enum err access_change(struct store *s, txn_call_fn *call, void *arg)
{
	enum err e = commit_call(s, call, arg);

	/* Also when it failed: perhaps it happened all the same (E_UNKNOWN). */
	atomic_fetch_add(&s->access_version, 1);
	return e;
}

/* ---- rights ---- */

void access_rights_clear(struct store_right *rights, unsigned *count)
{
	while (*count)
		free((char *)(uintptr_t)rights[--*count].prefix);
}

enum err access_read_rights(struct db_rows *rows, struct store_right *out, unsigned *out_count)
{
	enum err e;

	while ((e = db_next(rows)) == OK) {
		if (*out_count == STORE_RIGHTS_LIMIT)
			return E_CORRUPT;
		out[(*out_count)++] =
		    (struct store_right){ .write = db_col_int(rows, 1) != 0, .prefix = span_dup(db_col_text(rows, 0)) };
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err add_rights(struct db *db, int64_t user, const struct store_right *rights, unsigned count)
{
	enum err e = OK;

	for (unsigned i = 0; i < count && e == OK; i++)
		e = db_run(db,
			   "INSERT INTO right(user, prefix, write) VALUES (?1, ?2, ?3)"
			   " ON CONFLICT DO UPDATE SET write = max(write, excluded.write)",
			   DB_INT(user), DB_STRING(rights[i].prefix), DB_INT(rights[i].write));
	return e;
}

/* ---- reading ---- */

void store_user_clear(struct store_user *u)
{
	access_rights_clear(u->rights, &u->rights_count);
	explicit_bzero(u->password, sizeof u->password);
}

#define USER_COLUMNS "u.id, u.name, u.created_s, u.password"

static enum err read_user(struct db *db, const struct db_rows *row, struct store_user *out)
{
	autorows struct db_rows rights = { NULL, NULL };
	enum err e;

	*out = (struct store_user){ .created_s = db_col_int(row, 2) };
	db_col_copy(row, 1, out->name, sizeof out->name);
	db_col_copy(row, 3, out->password, sizeof out->password);
	e = db_select(db, "SELECT prefix, write FROM right WHERE user = ?1 ORDER BY prefix", &rights,
		      DB_INT(db_col_int(row, 0)));
	return e != OK ? e : access_read_rights(&rights, out->rights, &out->rights_count);
}

enum err store_user_find(struct store *s, const char *name, struct store_user *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	*out = (struct store_user){ .name = "" };
	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	e = db_select(reader.db,
		      "SELECT " USER_COLUMNS
		      " FROM user u WHERE u.name = ?1 COLLATE NOCASE ORDER BY u.name = ?1 DESC LIMIT 1",
		      &rows, DB_STRING(name));
	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	if ((e = read_user(reader.db, &rows, out)) != OK)
		store_user_clear(out);
	return e;
}

enum err store_user_list(struct store *s, store_user_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	autorows struct db_rows rows = { NULL, NULL };
	bool go_on = true;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	e = db_select(reader.db,
		      "SELECT " USER_COLUMNS ", (SELECT count(*) FROM token t WHERE t.user = u.id"
		      " AND (t.expires_s = 0 OR t.expires_s > ?1)) FROM user u ORDER BY u.name",
		      &rows, DB_INT(clock_now_s()));
	if (e != OK)
		return e;
	while (go_on && (e = db_next(&rows)) == OK) {
		struct store_user u;

		e = read_user(reader.db, &rows, &u);
		u.tokens = db_col_int(&rows, 4);
		go_on = e == OK && fn(arg, &u);
		store_user_clear(&u);
	}
	return e == E_NOT_FOUND ? OK : e;
}

enum err store_user_count(struct store *s, int64_t *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK ||
	    (e = db_select_values(reader.db, "SELECT count(*) FROM user", &rows, NULL, 0)) != OK ||
	    (e = db_next(&rows)) != OK)
		return e;
	*out = db_col_int(&rows, 0);
	return OK;
}

enum err access_find_user(struct db *db, const char *name, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT id FROM user WHERE name = ?1", &rows, DB_STRING(name));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e;
}

/* ---- changing ---- */

struct user_change {
	const char *name, *hash;
	const struct store_right *rights;
	unsigned count;
};

static bool is_user_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-";
	size_t len = strlen(name);

	return len > 0 && len < STORE_USER_SIZE && strspn(name, allowed) == len && name[0] != '-' && name[0] != '.';
}

/* "Ann" and "ann" would be two for us and one for clients that do not care about case. */
static enum err find_namesake(struct db *db, const char *name)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT 1 FROM user WHERE name = ?1 COLLATE NOCASE", &rows, DB_STRING(name));

	return e == OK ? db_next(&rows) : e;
}

static enum err user_add(struct db *db, void *arg)
{
	const struct user_change *a = arg;
	int64_t id;
	enum err e = find_namesake(db, a->name);

	if (e != E_NOT_FOUND)
		return e == OK ? E_CONFLICT : e;
	if ((e = db_run(db, "INSERT INTO user(name, created_s) VALUES (?1, ?2)", DB_STRING(a->name),
			DB_INT(clock_now_s()))) != OK ||
	    (e = access_find_user(db, a->name, &id)) != OK)
		return e;
	return add_rights(db, id, a->rights, a->count);
}

enum err store_user_add(struct store *s, const char *name, const struct store_right *rights, unsigned count)
{
	struct user_change a = { .name = name, .rights = rights, .count = count };

	if (!is_user_name(name) || count > STORE_RIGHTS_LIMIT)
		return E_BAD_REQUEST;
	return access_change(s, user_add, &a);
}

static enum err user_remove(struct db *db, void *arg)
{
	const struct user_change *a = arg;
	/* Nobody else could give his locks up. */
	enum err e = db_run(db, "DELETE FROM lock WHERE principal = (SELECT name FROM user WHERE name = ?1)",
			    DB_STRING(a->name));

	if (e != OK || (e = db_run(db, "DELETE FROM user WHERE name = ?1", DB_STRING(a->name))) != OK)
		return e;
	return db_changes(db) ? OK : E_NOT_FOUND;
}

enum err store_user_remove(struct store *s, const char *name)
{
	struct user_change a = { .name = name };

	return access_change(s, user_remove, &a);
}

static enum err user_set_rights(struct db *db, void *arg)
{
	const struct user_change *a = arg;
	int64_t id;
	enum err e = access_find_user(db, a->name, &id);

	if (e != OK || (e = db_run(db, "DELETE FROM right WHERE user = ?1", DB_INT(id))) != OK)
		return e;
	return add_rights(db, id, a->rights, a->count);
}

enum err store_user_set_rights(struct store *s, const char *name, const struct store_right *rights, unsigned count)
{
	struct user_change a = { .name = name, .rights = rights, .count = count };

	return count > STORE_RIGHTS_LIMIT ? E_BAD_REQUEST : access_change(s, user_set_rights, &a);
}

static enum err user_set_password(struct db *db, void *arg)
{
	const struct user_change *a = arg;
	enum err e = db_run(db, "UPDATE user SET password = ?2 WHERE name = ?1", DB_STRING(a->name),
			    a->hash ? DB_STRING(a->hash) : DB_NULL);

	return e != OK || db_changes(db) ? e : E_NOT_FOUND;
}

enum err store_user_set_password(struct store *s, const char *name, const char *hash)
{
	struct user_change a = { .name = name, .hash = hash };

	return access_change(s, user_set_password, &a);
}

#include "client/sync/tag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"
#include "common/clock.h"
#include "common/db.h"
#include "common/etag.h"
#include "common/httpdate.h"

/* Of a clock of whole seconds, both ends may be off by nearly one. */
enum { OLD_ENOUGH_S = 2 };

#define COLUMNS "kind, etag, bytes, mtime_s, digest, state, taken_ns"

/* ---- values ---- */

void tag_set_etag(struct tag *t, const char *field)
{
	struct etag parsed;

	t->etag[0] = '\0';
	if (!field || !etag_parse(span_of(field), &parsed))
		return;
	if (parsed.opaque.len < TAG_SIZE) {
		memcpy(t->etag, parsed.opaque.ptr, parsed.opaque.len);
		t->etag[parsed.opaque.len] = '\0';
	} else {
		struct digest d = digest_of(parsed.opaque.ptr, parsed.opaque.len);
		char hex[DIGEST_HEX_SIZE];

		snprintf(t->etag, TAG_SIZE, "%s", digest_hex(&d, hex));
	}
}

bool tag_is_same(const struct tag *a, const struct tag *b)
{
	if (a->kind != b->kind || strcmp(a->etag, b->etag) != 0)
		return false;
	if (a->kind == PLAN_FOLDER)
		return true;
	if (a->size_bytes != b->size_bytes)
		return false;
	/* The time counts too: a tag may be made of less than it says. */
	return a->mtime_s == b->mtime_s && (a->etag[0] || (a->mtime_s && a->size_bytes >= 0));
}

static int64_t changed_s(const struct answer *a)
{
	int64_t at;

	return httpdate_parse(answer_field(a, ANSWER_LAST_MODIFIED), clock_now_s(), &at) ? at : 0;
}

bool tag_fits(const struct tag *t, const struct answer *a, int64_t body_bytes)
{
	struct tag told = { .mtime_s = changed_s(a) };
	const char *field = a->fields[ANSWER_ETAG];

	tag_set_etag(&told, field);
	if (t->size_bytes >= 0 && t->size_bytes != body_bytes)
		return false;
	if (t->etag[0] && told.etag[0])
		return strcmp(t->etag, told.etag) == 0;
	return !t->mtime_s || t->mtime_s == told.mtime_s;
}

bool tag_is_old_enough(const struct answer *a)
{
	int64_t now = answer_date_s(a), changed = changed_s(a);

	return now && changed && now - changed >= OLD_ENOUGH_S;
}

void tag_set_unread(struct tag *t, const char *path)
{
	autofree char *text = xasprintf("no content: %s\n%s\n%lld %lld %lld\n", path, t->etag, (long long)t->size_bytes,
					(long long)t->mtime_s, (long long)t->taken_ns);

	t->state = TAG_UNREAD;
	t->digest = digest_of(text, strlen(text));
}

/* ---- rows ---- */

static void read_row(const struct db_rows *rows, int at, struct tag *out)
{
	*out = (struct tag){ .kind = (enum plan_kind)db_col_int(rows, at),
			     .size_bytes = db_col_int(rows, at + 2),
			     .mtime_s = db_col_int(rows, at + 3),
			     .state = (enum tag_state)db_col_int(rows, at + 5),
			     .taken_ns = db_col_int(rows, at + 6) };
	db_col_copy(rows, at + 1, out->etag, sizeof out->etag);
	(void)!db_col_digest(rows, at + 4, &out->digest);
}

enum err tag_get(struct base *b, const char *path, struct tag *out)
{
	autofree char *key = base_key(path);
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(base_db(b), "SELECT " COLUMNS " FROM tag WHERE path = ?1", &rows, DB_STRING(key));

	if (e == OK && (e = db_next(&rows)) == OK)
		read_row(&rows, 0, out);
	return e;
}

enum err tag_put(struct base *b, const char *path, const struct tag *t)
{
	static const char sql[] =
	    "INSERT OR REPLACE INTO tag (path, folder, " COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
	autofree char *key = base_key(path), *parent = treepath_parent(path), *folder = base_key(parent);
	enum err e = base_touch(b);

	if (e != OK)
		return e;
	return db_run(base_db(b), sql, DB_STRING(key), DB_STRING(folder), DB_INT(t->kind), DB_STRING(t->etag),
		      DB_INT(t->size_bytes), DB_INT(t->mtime_s), DB_DIGEST(&t->digest), DB_INT(t->state),
		      DB_INT(t->taken_ns));
}

enum err tag_drop(struct base *b, const char *path)
{
	autofree char *key = base_key(path), *first = xasprintf("%s\1", key), *after = xasprintf("%s\2", key);
	enum err e = base_touch(b);

	if (e != OK)
		return e;
	return db_run(base_db(b), "DELETE FROM tag WHERE path = ?1 OR (path >= ?2 AND path < ?3)", DB_STRING(key),
		      DB_STRING(first), DB_STRING(after));
}

enum err tag_move(struct base *b, const char *from, const char *to)
{
	static const char members[] = "UPDATE tag SET path = ?3 || substr(path, ?4), folder = ?3 || substr(folder, ?4)"
				      " WHERE path >= ?1 AND path < ?2";
	static const char itself[] = "UPDATE tag SET path = ?2, folder = ?3 WHERE path = ?1";
	autofree char *old = base_key(from), *new = base_key(to), *parent = treepath_parent(to),
		      *folder = base_key(parent), *first = xasprintf("%s\1", old), *after = xasprintf("%s\2", old);
	int64_t characters = 1; /* SQLite counts these, not bytes */
	enum err e = tag_drop(b, to);

	for (const char *c = old; *c; c++)
		characters += ((unsigned char)*c & 0xc0) != 0x80;
	if (e == OK)
		e = db_run(base_db(b), members, DB_STRING(first), DB_STRING(after), DB_STRING(new), DB_INT(characters));
	return e == OK ? db_run(base_db(b), itself, DB_STRING(old), DB_STRING(new), DB_STRING(folder)) : e;
}

enum err tag_complete(struct base *b)
{
	/* The folder is what is left of a path when the characters of its last name are trimmed off, and the one between. */
	static const char sql[] =
	    "INSERT INTO tag (path, folder, " COLUMNS ") SELECT path,"
	    " substr(rtrim(path, replace(path, char(1), '')), 1, max(0, length(rtrim(path, replace(path, char(1), "
	    "''))) - 1)),"
	    " kind, '', -1, 0, digest, ?1, 0 FROM base WHERE kind <> ?2 AND path NOT IN (SELECT path FROM tag)"
	    " AND path NOT IN (SELECT path FROM seen WHERE kind = ?2)";
	enum err e = base_touch(b);

	return e == OK ? db_run(base_db(b), sql, DB_INT(TAG_UNREAD), DB_INT(PLAN_ABSENT)) : e;
}

static enum err each(struct db_rows *rows, enum err e, tag_fn *fn, void *arg)
{
	while (e == OK && (e = db_next(rows)) == OK) {
		autofree char *path = base_path(db_col_text(rows, 0));
		struct tag t;

		read_row(rows, 1, &t);
		e = fn(arg, path, &t);
	}
	return e == E_NOT_FOUND ? OK : e;
}

enum err tag_each_in(struct base *b, const char *folder, tag_fn *fn, void *arg)
{
	autofree char *key = base_key(folder);
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(base_db(b), "SELECT path, " COLUMNS " FROM tag WHERE folder = ?1 ORDER BY path", &rows,
			       DB_STRING(key));

	return each(&rows, e, fn, arg);
}

enum err tag_each_young(struct base *b, int64_t before_ns, tag_fn *fn, void *arg)
{
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(base_db(b), "SELECT path, " COLUMNS " FROM tag WHERE state = ?1 AND taken_ns < ?2",
			       &rows, DB_INT(TAG_YOUNG), DB_INT(before_ns));

	return each(&rows, e, fn, arg);
}

/* ---- what was sent ---- */

enum err tag_sent_put(struct base *b, const char *path, const struct digest *digest)
{
	autofree char *key = base_key(path);
	enum err e = base_touch(b);

	if (e != OK)
		return e;
	return db_run(base_db(b), "INSERT OR REPLACE INTO sent (path, digest) VALUES (?1, ?2)", DB_STRING(key),
		      DB_DIGEST(digest));
}

enum err tag_sent_is(struct base *b, const char *path, const struct digest *digest, bool *out)
{
	autofree char *key = base_key(path);
	autorows struct db_rows rows = { 0 };
	const struct digest empty = digest_of("", 0);
	struct digest sent;
	enum err e = db_select(base_db(b), "SELECT digest FROM sent WHERE path = ?1", &rows, DB_STRING(key));

	*out = false;
	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_digest(&rows, 0, &sent) && (digest_equal(&sent, digest) || digest_equal(&empty, digest));
	return e == E_NOT_FOUND ? OK : e;
}

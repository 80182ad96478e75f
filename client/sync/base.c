#include "client/sync/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/db.h"

enum { SETTLE_NS = 200 * NS_PER_MS };

struct base {
	struct db *db;
	int lock_fd;
	struct tx tx;
	bool is_open;     /* a transaction */
	bool has_effects; /* it tells of changes to files here or there, not only of what was seen */
	int64_t began_ns;
	base_before_commit_fn *before_commit;
	void *arg;
};

/*
 * Keys are paths with the byte 1 for "/": no name of a synced file has control bytes, and so plain byte order is the order of a
 * walk, and what is below a folder is one range.
 */
static const char schema[] =
    "PRAGMA wal_autocheckpoint = 1000;"
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS base (path TEXT PRIMARY KEY, kind INTEGER NOT NULL, digest BLOB, bytes INTEGER,"
    " mtime_s INTEGER, executable INTEGER, id TEXT, file_bytes INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,"
    " ino INTEGER, dev INTEGER, taken_ns INTEGER, residue INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS seen (path TEXT PRIMARY KEY, kind INTEGER NOT NULL, digest BLOB, bytes INTEGER,"
    " mtime_s INTEGER, executable INTEGER, id TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS conflict (copy TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS tag (path TEXT PRIMARY KEY, folder TEXT NOT NULL, kind INTEGER NOT NULL, etag TEXT NOT "
    "NULL,"
    " bytes INTEGER NOT NULL, mtime_s INTEGER NOT NULL, digest BLOB, state INTEGER NOT NULL, taken_ns INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS tag_folder ON tag (folder);"
    "CREATE TABLE IF NOT EXISTS sent (path TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;";

#define REMOTE_COLUMNS "kind, digest, bytes, mtime_s, executable, id"

char *base_key(const char *path)
{
	char *key = xstrdup(path);

	for (char *at = key; (at = strchr(at, '/'));)
		*at = '\1';
	return key;
}

char *base_path(struct span key)
{
	char *path = span_dup(key);

	for (char *at = path; (at = strchr(at, '\1'));)
		*at = '/';
	return path;
}

static enum err take_lock(const char *path, int *out)
{
	autofree char *name = xasprintf("%s.lock", path);
	autoclose int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_from_errno(errno);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? E_BUSY : err_from_errno(errno);
	*out = TAKE_FD(fd);
	return OK;
}

enum err base_open(const char *path, struct base **out, struct note *why)
{
	struct base *b = xcalloc(1, sizeof *b);
	enum err e;

	b->lock_fd = -1;
	if ((e = take_lock(path, &b->lock_fd)) == E_BUSY) {
		base_close(b);
		return note_set(why, e, "another client is at this folder");
	}
	if (e != OK || (e = db_open(path, DB_CREATE, &b->db)) != OK || (e = db_exec(b->db, schema)) != OK) {
		base_close(b);
		return note_set(why, e, "%s: %s", path, err_words(e));
	}
	*out = b;
	return OK;
}

void base_close(struct base *b)
{
	if (!b)
		return;
	base_rollback(b);
	db_close(b->db);
	if (b->lock_fd >= 0)
		close(b->lock_fd);
	free(b);
}

/* ---- transactions ---- */

void base_on_commit(struct base *b, base_before_commit_fn *fn, void *arg)
{
	b->before_commit = fn;
	b->arg = arg;
}

enum err base_touch(struct base *b)
{
	enum err e;

	if (b->is_open)
		return OK;
	if ((e = db_begin(b->db, &b->tx)) != OK)
		return e;
	b->is_open = true;
	b->began_ns = clock_monotonic_ns();
	return OK;
}

static enum err begin_effect(struct base *b)
{
	enum err e = base_touch(b);

	b->has_effects |= e == OK;
	return e;
}

void base_rollback(struct base *b)
{
	if (b->is_open)
		tx_rollback(&b->tx);
	b->is_open = b->has_effects = false;
}

enum err base_commit(struct base *b)
{
	enum err e = OK;

	if (!b->is_open)
		return OK;
	if (b->before_commit && b->has_effects)
		e = b->before_commit(b->arg);
	if (e == OK)
		e = tx_commit(&b->tx);
	base_rollback(b);
	return e;
}

enum err base_settle(struct base *b)
{
	return b->is_open && clock_monotonic_ns() - b->began_ns > SETTLE_NS ? base_commit(b) : OK;
}

struct db *base_db(struct base *b)
{
	return b->db;
}

/* ---- texts ---- */

enum err base_meta_get(struct base *b, const char *key, char **out)
{
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(b->db, "SELECT value FROM meta WHERE key = ?1", &rows, DB_STRING(key));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = span_dup(db_col_text(&rows, 0));
	return e;
}

enum err base_meta_put(struct base *b, const char *key, const char *value)
{
	enum err e = base_touch(b);

	if (e != OK)
		return e;
	return db_run(b->db, "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", DB_STRING(key),
		      DB_STRING(value));
}

enum err base_clear(struct base *b)
{
	enum err e = base_touch(b);

	if (e != OK)
		return e;
	return db_exec(b->db, "DELETE FROM base; DELETE FROM seen; DELETE FROM tag; "
			      "DELETE FROM meta WHERE key IN ('token', 'walked')");
}

/* ---- rows ---- */

static void read_remote(const struct db_rows *rows, int at, struct remote_row *out)
{
	*out = (struct remote_row){ .kind = (enum plan_kind)db_col_int(rows, at),
				    .size_bytes = db_col_int(rows, at + 2),
				    .mtime_s = db_col_int(rows, at + 3),
				    .is_executable = db_col_int(rows, at + 4) != 0 };
	(void)!db_col_digest(rows, at + 1, &out->digest);
	db_col_copy(rows, at + 5, out->id, sizeof out->id);
}

#define BASE_COLUMNS REMOTE_COLUMNS ", file_bytes, mtime_ns, ctime_ns, ino, dev, taken_ns, residue"

static void read_base(const struct db_rows *rows, int at, struct base_row *out)
{
	read_remote(rows, at, &out->remote);
	out->local = (struct local_id){ db_col_int(rows, at + 6), db_col_int(rows, at + 7), db_col_int(rows, at + 8),
					(uint64_t)db_col_int(rows, at + 9), (uint64_t)db_col_int(rows, at + 10) };
	out->taken_ns = db_col_int(rows, at + 11);
	out->is_residue = db_col_int(rows, at + 12) != 0;
}

enum err base_get(struct base *b, const char *path, struct base_row *out)
{
	autofree char *key = base_key(path);
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(b->db, "SELECT " BASE_COLUMNS " FROM base WHERE path = ?1", &rows, DB_STRING(key));

	if (e == OK && (e = db_next(&rows)) == OK)
		read_base(&rows, 0, out);
	return e;
}

static enum err get_seen(struct base *b, const char *key, struct remote_row *out)
{
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(b->db, "SELECT " REMOTE_COLUMNS " FROM seen WHERE path = ?1", &rows, DB_STRING(key));

	if (e == OK && (e = db_next(&rows)) == OK)
		read_remote(&rows, 0, out);
	return e;
}

enum err base_remote(struct base *b, const char *path, struct remote_row *out)
{
	autofree char *key = base_key(path);
	struct base_row row;
	enum err e = get_seen(b, key, out);

	if (e == E_NOT_FOUND && (e = base_get(b, path, &row)) == OK)
		*out = row.remote;
	return e == OK && out->kind == PLAN_ABSENT ? E_NOT_FOUND : e;
}

static enum err drop_seen(struct base *b, const char *key)
{
	return db_run(b->db, "DELETE FROM seen WHERE path = ?1", DB_STRING(key));
}

/* Both sides have one state now: what the server told before, and what was sent before without an answer, is of the past. */
static enum err drop_older(struct base *b, const char *key)
{
	enum err e = drop_seen(b, key);

	return e == OK ? db_run(b->db, "DELETE FROM sent WHERE path = ?1", DB_STRING(key)) : e;
}

static enum err put_seen(struct base *b, const char *key, const struct remote_row *r)
{
	return db_run(b->db,
		      "INSERT OR REPLACE INTO seen (path, " REMOTE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		      DB_STRING(key), DB_INT(r->kind), DB_DIGEST(&r->digest), DB_INT(r->size_bytes), DB_INT(r->mtime_s),
		      DB_INT(r->is_executable), DB_STRING(r->id));
}

enum err base_agree(struct base *b, const char *path, const struct base_row *row)
{
	static const char sql[] = "INSERT OR REPLACE INTO base (path, " BASE_COLUMNS
				  ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)";
	autofree char *key = base_key(path);
	const struct remote_row *r = &row->remote;
	const struct local_id *l = &row->local;
	enum err e = begin_effect(b);

	if (e != OK)
		return e;
	e = db_run(b->db, sql, DB_STRING(key), DB_INT(r->kind), DB_DIGEST(&r->digest), DB_INT(r->size_bytes),
		   DB_INT(r->mtime_s), DB_INT(r->is_executable), DB_STRING(r->id), DB_INT(l->size_bytes),
		   DB_INT(l->mtime_ns), DB_INT(l->ctime_ns), DB_INT((int64_t)l->ino), DB_INT((int64_t)l->dev),
		   DB_INT(row->taken_ns));
	return e == OK ? drop_older(b, key) : e;
}

enum err base_agree_gone(struct base *b, const char *path)
{
	autofree char *key = base_key(path);
	enum err e = begin_effect(b);

	if (e == OK)
		e = db_run(b->db, "DELETE FROM base WHERE path = ?1", DB_STRING(key));
	return e == OK ? drop_older(b, key) : e;
}

enum err base_agree_residue(struct base *b, const char *path)
{
	autofree char *key = base_key(path);
	enum err e = begin_effect(b);

	if (e == OK)
		e = db_run(b->db, "INSERT OR REPLACE INTO base (path, kind, residue) VALUES (?1, 0, 1)",
			   DB_STRING(key));
	return e == OK ? drop_older(b, key) : e;
}

enum err base_refresh(struct base *b, const char *path, const struct local_id *id, int64_t taken_ns)
{
	static const char sql[] = "UPDATE base SET file_bytes = ?2, mtime_ns = ?3, ctime_ns = ?4, ino = ?5, dev = ?6,"
				  " taken_ns = ?7 WHERE path = ?1";
	autofree char *key = base_key(path);
	enum err e = base_touch(b);

	if (e != OK)
		return e;
	return db_run(b->db, sql, DB_STRING(key), DB_INT(id->size_bytes), DB_INT(id->mtime_ns), DB_INT(id->ctime_ns),
		      DB_INT((int64_t)id->ino), DB_INT((int64_t)id->dev), DB_INT(taken_ns));
}

enum err base_forget(struct base *b, const char *path)
{
	autofree char *key = base_key(path);
	struct remote_row remote;
	enum err e = base_touch(b);

	if (e != OK)
		return e;
	e = base_remote(b, path, &remote);
	if (e == OK)
		e = put_seen(b, key, &remote);
	else if (e == E_NOT_FOUND)
		e = drop_seen(b, key);
	return e == OK ? db_run(b->db, "DELETE FROM base WHERE path = ?1", DB_STRING(key)) : e;
}

/* ---- what the server tells ---- */

static bool is_as_base(const struct base_row *have, const struct remote_row *told)
{
	const struct plan_value a = { have->remote.kind, have->remote.digest }, b = { told->kind, told->digest };

	if (!plan_value_equal(&a, &b))
		return false;
	/* A time that the base does not know is learned, and no news. */
	return told->kind != PLAN_FILE || (have->remote.is_executable == told->is_executable &&
					   (have->remote.mtime_s == told->mtime_s || !have->remote.mtime_s));
}

enum err base_saw(struct base *b, const char *path, const struct remote_row *row)
{
	static const char update[] =
	    "UPDATE base SET id = ?2, digest = ?3, executable = ?4, mtime_s = ?5 WHERE path = ?1";
	autofree char *key = base_key(path);
	struct base_row have = { 0 };
	enum err e = base_touch(b);

	if (e != OK)
		return e;
	e = base_get(b, path, &have);
	if (e != OK && e != E_NOT_FOUND)
		return e;
	if (!is_as_base(&have, row))
		return put_seen(b, key, row);
	if ((e = drop_seen(b, key)) != OK || row->kind == PLAN_ABSENT)
		return e;
	return db_run(b->db, update, DB_STRING(key), DB_STRING(row->id), DB_DIGEST(&row->digest),
		      DB_INT(row->is_executable), DB_INT(row->mtime_s));
}

enum err base_saw_none_below(struct base *b, const char *folder)
{
	static const char gone[] = "DELETE FROM seen WHERE path >= ?1 AND path < ?2";
	static const char known[] = "INSERT INTO seen (path, kind) SELECT path, 0 FROM base"
				    " WHERE path >= ?1 AND path < ?2 AND kind <> 0";
	autofree char *key = base_key(folder), *first = xasprintf("%s\1", key), *after = xasprintf("%s\2", key);
	enum err e = base_touch(b);

	if (e == OK)
		e = db_run(b->db, gone, DB_STRING(first), DB_STRING(after));
	return e == OK ? db_run(b->db, known, DB_STRING(first), DB_STRING(after)) : e;
}

/* ---- walks ---- */

struct base_walk {
	struct db *db;
	struct db_rows rows;
	char *path, *from;
};

static enum err walk_from(struct base_walk *w, char *key)
{
	db_rows_end(&w->rows);
	free(w->from);
	w->from = key;
	return db_select(w->db, "SELECT path, " BASE_COLUMNS " FROM base WHERE path >= ?1 ORDER BY path", &w->rows,
			 DB_STRING(key));
}

enum err base_walk_begin(struct base *b, struct base_walk **out)
{
	struct base_walk *w = xcalloc(1, sizeof *w);

	w->db = b->db;
	*out = w;
	return walk_from(w, xstrdup(""));
}

enum err base_walk_seek(struct base_walk *w, const char *path)
{
	return walk_from(w, base_key(path));
}

enum err base_walk_skip(struct base_walk *w, const char *folder)
{
	autofree char *key = base_key(folder);

	return walk_from(w, xasprintf("%s\2", key));
}

enum err base_walk_next(struct base_walk *w, const char **out_path, struct base_row *out)
{
	enum err e = db_next(&w->rows);

	free(TAKE(w->path));
	if (e != OK)
		return e;
	*out_path = w->path = base_path(db_col_text(&w->rows, 0));
	read_base(&w->rows, 1, out);
	return OK;
}

void base_walk_end(struct base_walk *w)
{
	if (!w)
		return;
	db_rows_end(&w->rows);
	free(w->path);
	free(w->from);
	free(w);
}

enum err base_each_seen(struct base *b, const char *from, base_seen_fn *fn, void *arg)
{
	autofree char *key = base_key(from ? from : "");
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(b->db, "SELECT path, " REMOTE_COLUMNS " FROM seen WHERE path >= ?1 ORDER BY path", &rows,
			       DB_STRING(key));

	while (e == OK && (e = db_next(&rows)) == OK) {
		autofree char *path = base_path(db_col_text(&rows, 0));
		struct remote_row row;

		read_remote(&rows, 1, &row);
		e = fn(arg, path, &row);
	}
	return e == E_NOT_FOUND ? OK : e;
}

enum err base_count_untold(struct base *b, const char *from, const char *end, struct base_untold *out)
{
	static const char sql[] =
	    "SELECT count(*) FILTER (WHERE s.kind = 0), count(*) FILTER (WHERE s.kind = 0 AND instr(s.path, char(1)) = "
	    "0),"
	    " count(*) FILTER (WHERE s.kind <> 0 AND instr(s.path, char(1)) = 0) FROM seen s LEFT JOIN base b USING "
	    "(path)"
	    " WHERE (s.path < ?1 OR (?2 <> '' AND s.path >= ?2)) AND (s.kind <> 0 OR b.kind <> 0)";
	autofree char *first = base_key(from ? from : ""), *after = base_key(end ? end : "");
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(b->db, sql, &rows, DB_STRING(first), DB_STRING(after));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = (struct base_untold){ db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2) };
	return e;
}

enum err base_count(struct base *b, int64_t *out_all, int64_t *out_top)
{
	static const char sql[] = "SELECT count(*), count(*) FILTER (WHERE instr(path, char(1)) = 0) FROM base"
				  " WHERE kind <> ?1";
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(b->db, sql, &rows, DB_INT(PLAN_ABSENT));

	if (e == OK && (e = db_next(&rows)) == OK) {
		*out_all = db_col_int(&rows, 0);
		*out_top = db_col_int(&rows, 1);
	}
	return e;
}

/* ---- conflict copies ---- */

#define ANCESTOR_KEY "ancestor:"

enum err base_conflict_put(struct base *b, const char *copy, const char *path, const struct digest *ancestor)
{
	autofree char *key = xasprintf(ANCESTOR_KEY "%s", copy);
	char hex[DIGEST_HEX_SIZE];
	enum err e = base_touch(b);

	if (e == OK)
		e = db_run(b->db, "INSERT OR REPLACE INTO conflict (copy, path) VALUES (?1, ?2)", DB_STRING(copy),
			   DB_STRING(path));
	return e == OK && ancestor ? base_meta_put(b, key, digest_hex(ancestor, hex)) : e;
}

enum err base_conflict_ancestor(struct base *b, const char *copy, struct digest *out)
{
	autofree char *key = xasprintf(ANCESTOR_KEY "%s", copy), *hex = NULL;
	enum err e = base_meta_get(b, key, &hex);

	return e == OK && !digest_from_hex(span_of(hex), out) ? E_NOT_FOUND : e;
}

enum err base_conflict_drop(struct base *b, const char *copy)
{
	autofree char *key = xasprintf(ANCESTOR_KEY "%s", copy);
	enum err e = base_touch(b);

	if (e == OK)
		e = db_run(b->db, "DELETE FROM conflict WHERE copy = ?1", DB_STRING(copy));
	return e == OK ? db_run(b->db, "DELETE FROM meta WHERE key = ?1", DB_STRING(key)) : e;
}

enum err base_each_conflict(struct base *b, base_conflict_fn *fn, void *arg)
{
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(b->db, "SELECT copy, path FROM conflict WHERE ?1 ORDER BY copy", &rows, DB_INT(1));

	while (e == OK && (e = db_next(&rows)) == OK) {
		autofree char *copy = span_dup(db_col_text(&rows, 0)), *path = span_dup(db_col_text(&rows, 1));

		e = fn(arg, copy, path);
	}
	return e == E_NOT_FOUND ? OK : e;
}

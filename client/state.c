#include "client/state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/db.h"

struct state {
	struct db *db;
};

/* `remote` is the root URL: the name that a user gives to it may change. */
static const char schema[] =
    "PRAGMA synchronous = NORMAL;" /* a row lost by a power cut is looked up again */
    "CREATE TABLE IF NOT EXISTS seen (remote TEXT, path TEXT, local TEXT, etag TEXT NOT NULL, modified TEXT NOT NULL,"
    " digest BLOB, bytes INTEGER, taken_ns INTEGER, file_bytes INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,"
    " ino INTEGER, dev INTEGER, written_s INTEGER, PRIMARY KEY (remote, path, local)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS partial (remote TEXT, path TEXT, local TEXT, temp TEXT NOT NULL, etag TEXT NOT NULL,"
    " PRIMARY KEY (remote, path, local)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS lock (remote TEXT, path TEXT, token TEXT NOT NULL, PRIMARY KEY (remote, path)) WITHOUT "
    "ROWID;"
    "CREATE TABLE IF NOT EXISTS remote (url TEXT PRIMARY KEY, features TEXT, basic INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "DROP TABLE IF EXISTS change;"; /* what undo needed before the server knew of runs */

/* Makes every folder above `path`, 0700 (the XDG base directory rule). */
static void make_folders_above(const char *path)
{
	autofree char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0700); /* what cannot be made is said when the file cannot be opened */
		*slash = '/';
	}
}

enum err state_open(const char *path, struct state **out, struct note *why)
{
	struct state *s = xcalloc(1, sizeof *s);
	enum err e;

	make_folders_above(path);
	if ((e = db_open(path, DB_CREATE, &s->db)) != OK || (e = db_exec(s->db, schema)) != OK) {
		state_close(s);
		return note_set(why, e, "%s: %s", path, err_words(e));
	}
	*out = s;
	return OK;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	db_close(s->db);
	free(s);
}

void seen_clear(struct seen *seen)
{
	free(seen->etag);
	free(seen->modified);
	memset(seen, 0, sizeof *seen);
}

enum err state_get(struct state *s, const char *remote, const char *path, const char *local, struct seen *out)
{
	static const char sql[] =
	    "SELECT etag, modified, digest, bytes, taken_ns, file_bytes, mtime_ns, ctime_ns, ino, dev,"
	    " written_s FROM seen WHERE remote = ?1 AND path = ?2 AND local = ?3";
	autorows struct db_rows rows = { 0 };
	enum err e;

	memset(out, 0, sizeof *out);
	if ((e = db_select(s->db, sql, &rows, DB_STRING(remote), DB_STRING(path), DB_STRING(local))) != OK ||
	    (e = db_next(&rows)) != OK)
		return e;
	*out = (struct seen){
		.etag = span_dup(db_col_text(&rows, 0)),
		.modified = span_dup(db_col_text(&rows, 1)),
		.size_bytes = db_col_int(&rows, 3),
		.taken_ns = db_col_int(&rows, 4),
		.id = { db_col_int(&rows, 5), db_col_int(&rows, 6), db_col_int(&rows, 7),
			(uint64_t)db_col_int(&rows, 8), (uint64_t)db_col_int(&rows, 9) },
		.written_s = db_col_int(&rows, 10),
	};
	out->has_id = out->taken_ns != 0;
	out->has_digest = db_col_digest(&rows, 2, &out->digest);
	return OK;
}

static enum err put_row(struct state *s, const char *remote, const char *path, const char *local,
			const struct seen *seen)
{
	static const char sql[] =
	    "INSERT OR REPLACE INTO seen (remote, path, local, etag, modified, digest, bytes, taken_ns,"
	    " file_bytes, mtime_ns, ctime_ns, ino, dev, written_s)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
	const struct local_id *id = &seen->id;

	return db_run(s->db, sql, DB_STRING(remote), DB_STRING(path), DB_STRING(local), DB_STRING(seen->etag),
		      DB_STRING(seen->modified), seen->has_digest ? DB_DIGEST(&seen->digest) : DB_NULL,
		      DB_INT(seen->size_bytes), DB_INT(seen->has_id ? seen->taken_ns : 0), DB_INT(id->size_bytes),
		      DB_INT(id->mtime_ns), DB_INT(id->ctime_ns), DB_INT((int64_t)id->ino), DB_INT((int64_t)id->dev),
		      DB_INT(seen->written_s));
}

enum err state_put(struct state *s, const char *remote, const char *path, const char *local, const struct seen *seen)
{
	autotx struct tx tx = { 0 };
	enum err e;

	if ((e = db_begin(s->db, &tx)) != OK || (e = put_row(s, remote, path, "", seen)) != OK)
		return e;
	if (*local && (e = put_row(s, remote, path, local, seen)) != OK)
		return e;
	return tx_commit(&tx);
}

enum err state_forget(struct state *s, const char *remote, const char *path)
{
	static const char one[] = "DELETE FROM seen WHERE remote = ?1 AND path = ?2";
	static const char below[] = "DELETE FROM seen WHERE remote = ?1 AND path >= ?2 || '/' AND path < ?2 || '0'";
	enum err e = db_run(s->db, one, DB_STRING(remote), DB_STRING(path));

	return e == OK ? db_run(s->db, below, DB_STRING(remote), DB_STRING(path)) : e; /* '0' follows '/' */
}

enum err state_move(struct state *s, const char *remote, const char *from, const char *to)
{
	static const char sql[] =
	    "UPDATE OR REPLACE seen SET path = ?3 || substr(path, length(?2) + 1) WHERE remote = ?1"
	    " AND (path = ?2 OR path >= ?2 || '/' AND path < ?2 || '0')";
	enum err e = state_forget(s, remote, to);

	if (e != OK || (e = db_run(s->db, sql, DB_STRING(remote), DB_STRING(from), DB_STRING(to))) != OK)
		return e;
	return state_locks_forget_below(s, remote, from); /* RFC 4918 §7.5: they do not move */
}

enum err state_lock_put(struct state *s, const char *remote, const char *path, const char *token)
{
	return db_run(s->db, "INSERT OR REPLACE INTO lock (remote, path, token) VALUES (?1, ?2, ?3)", DB_STRING(remote),
		      DB_STRING(path), DB_STRING(token));
}

enum err state_lock_forget(struct state *s, const char *remote, const char *path)
{
	return db_run(s->db, "DELETE FROM lock WHERE remote = ?1 AND path = ?2", DB_STRING(remote), DB_STRING(path));
}

enum err state_locks_forget_below(struct state *s, const char *remote, const char *path)
{
	return db_run(s->db,
		      "DELETE FROM lock WHERE remote = ?1 AND (path = ?2 OR path >= ?2 || '/' AND path < ?2 || '0')",
		      DB_STRING(remote), DB_STRING(path));
}

enum err state_locks(struct state *s, const char *remote, const char *path, state_lock_fn *fn, void *arg)
{
	/* Its own, of folders above it, and of what is below. */
	static const char sql[] = "SELECT path, token FROM lock WHERE remote = ?1 AND (path = ?2 OR path = '/'"
				  " OR ?2 = '/' OR substr(?2, 1, length(path) + 1) = path || '/'"
				  " OR substr(path, 1, length(?2) + 1) = ?2 || '/') ORDER BY path";
	autorows struct db_rows rows = { 0 };
	enum err e = db_select(s->db, sql, &rows, DB_STRING(remote), DB_STRING(path));

	while (e == OK && (e = db_next(&rows)) == OK) {
		autofree char *at = span_dup(db_col_text(&rows, 0)), *token = span_dup(db_col_text(&rows, 1));

		fn(arg, at, token);
	}
	return e == E_NOT_FOUND ? OK : e;
}

enum err state_partial_get(struct state *s, const char *remote, const char *path, const char *local, char **temp,
			   char **etag)
{
	static const char sql[] = "SELECT temp, etag FROM partial WHERE remote = ?1 AND path = ?2 AND local = ?3";
	autorows struct db_rows rows = { 0 };
	enum err e;

	if ((e = db_select(s->db, sql, &rows, DB_STRING(remote), DB_STRING(path), DB_STRING(local))) != OK ||
	    (e = db_next(&rows)) != OK)
		return e;
	*temp = span_dup(db_col_text(&rows, 0));
	*etag = span_dup(db_col_text(&rows, 1));
	return OK;
}

enum err state_partial_put(struct state *s, const char *remote, const char *path, const char *local, const char *temp,
			   const char *etag)
{
	static const char sql[] =
	    "INSERT OR REPLACE INTO partial (remote, path, local, temp, etag) VALUES (?1, ?2, ?3, ?4, ?5)";

	return db_run(s->db, sql, DB_STRING(remote), DB_STRING(path), DB_STRING(local), DB_STRING(temp),
		      DB_STRING(etag));
}

enum err state_partial_forget(struct state *s, const char *remote, const char *path, const char *local)
{
	static const char sql[] = "DELETE FROM partial WHERE remote = ?1 AND path = ?2 AND local = ?3";

	return db_run(s->db, sql, DB_STRING(remote), DB_STRING(path), DB_STRING(local));
}

enum err state_remote_get(struct state *s, const char *remote, char **features, bool *is_basic)
{
	autorows struct db_rows rows = { 0 };
	enum err e;

	if ((e = db_select(s->db, "SELECT features, basic, features IS NULL FROM remote WHERE url = ?1", &rows,
			   DB_STRING(remote))) != OK ||
	    (e = db_next(&rows)) != OK)
		return e;
	*features = db_col_int(&rows, 2) ? NULL : span_dup(db_col_text(&rows, 0));
	*is_basic = db_col_int(&rows, 1) != 0;
	return OK;
}

enum err state_remote_put(struct state *s, const char *remote, const char *features, bool is_basic)
{
	static const char sql[] = "INSERT OR REPLACE INTO remote (url, features, basic) VALUES (?1, ?2, ?3)";

	return db_run(s->db, sql, DB_STRING(remote), features ? DB_STRING(features) : DB_NULL, DB_INT(is_basic));
}

enum err state_remote_forget(struct state *s, const char *remote)
{
	return db_run(s->db, "DELETE FROM remote WHERE url = ?1", DB_STRING(remote));
}

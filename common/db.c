#include "common/db.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/log.h"

enum { STATEMENTS_MAX = 512, WAIT_FOR_WRITER_MS = 10000 };

#define LOG_PAUSE_NS (10 * NS_PER_S) /* the same error again is logged at most this often */

struct db {
	sqlite3 *handle;
	/* Open addressing by the address of the text; never more than half full. */
	struct slot {
		const char *sql;
		sqlite3_stmt *stmt;
	} slots[STATEMENTS_MAX];
	size_t used;
	int logged_code;
	int64_t logged_ns;
};

static const struct {
	int code; /* primary result code */
	enum err err;
} codes[] = {
	{ SQLITE_BUSY, E_BUSY },          { SQLITE_LOCKED, E_BUSY },      { SQLITE_FULL, E_NO_SPACE },
	{ SQLITE_CORRUPT, E_CORRUPT },    { SQLITE_NOTADB, E_CORRUPT },   { SQLITE_CONSTRAINT, E_CONFLICT },
	{ SQLITE_READONLY, E_FORBIDDEN }, { SQLITE_PERM, E_FORBIDDEN },   { SQLITE_AUTH, E_FORBIDDEN },
	{ SQLITE_CANTOPEN, E_IO },        { SQLITE_TOOBIG, E_TOO_LARGE }, { SQLITE_NOMEM, E_BUSY },
};

/* The map of the log's index, in shared memory, cannot be extended; or there is not even memory to try. */
static bool is_want_of_memory(int code)
{
	return code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM || code == SQLITE_IOERR_SHMMAP ||
	       code == SQLITE_IOERR_SHMSIZE;
}

static enum err err_from_code(int code)
{
	if (is_want_of_memory(code))
		return E_BUSY;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == (code & 0xff))
			return codes[i].err;
	return E_IO;
}

/* A disk that is full looks like one that is broken, or like a want of memory: errno tells. */
static enum err err_of_handle(sqlite3 *handle)
{
	int code = sqlite3_extended_errcode(handle);

	return (code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(handle) == ENOSPC ? E_NO_SPACE
										       : err_from_code(code);
}

/* Where errors are first seen: logs with SQLite's words, not the same one all the time. */
static enum err failed(struct db *db, const char *what)
{
	int code = sqlite3_extended_errcode(db->handle);
	enum err e = err_of_handle(db->handle);
	int64_t now = clock_monotonic_ns();

	if (e == E_CONFLICT || (code == db->logged_code && now - db->logged_ns < LOG_PAUSE_NS))
		return e;
	db->logged_code = code;
	db->logged_ns = now;
	log_error("fail database code=%d words=%s statement=%s", code, QUOTED(sqlite3_errmsg(db->handle)),
		  QUOTED(what));
	return e;
}

/* Immutable: SQLite then looks for no WAL, takes no lock, and makes no file.  The path's own bytes are all escaped. */
static char *still_uri(const char *path)
{
	size_t len = strlen(path);
	char *hex = xmalloc(2 * len + 1), *uri = xmalloc(3 * len + sizeof "file:?immutable=1"), *to;

	hex_encode(path, len, hex);
	to = stpcpy(uri, "file:");
	for (size_t i = 0; i < len; i++) {
		if (path[i] == '/') {
			*to++ = '/';
			continue;
		}
		*to++ = '%';
		*to++ = hex[2 * i];
		*to++ = hex[2 * i + 1];
	}
	memcpy(to, "?immutable=1", sizeof "?immutable=1");
	free(hex);
	return uri;
}

/* Who asks may ask for something that need not exist: their line to log. */
static enum err open_error(struct db *db, int code)
{
	int system_errno = sqlite3_system_errno(db->handle);

	return system_errno ? err_from_errno(system_errno) : err_from_code(code);
}

static enum err set_up(struct db *db, enum db_mode mode)
{
	enum err e;

	sqlite3_busy_timeout(db->handle, WAIT_FOR_WRITER_MS);
	if (mode == DB_STILL)
		return OK;
	if ((e = db_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
			     "PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF")) != OK)
		return e;
	/* A reader may sort a folder of a million names: that is not for memory. */
	return mode == DB_READ ? db_exec(db, "PRAGMA query_only=ON; PRAGMA temp_store=FILE") : OK;
}

enum err db_open(const char *path, enum db_mode mode, struct db **out)
{
	static const int flags[] = {
		[DB_READ] = SQLITE_OPEN_READWRITE, /* reading a WAL needs its shared memory file */
		[DB_WRITE] = SQLITE_OPEN_READWRITE,
		[DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		[DB_STILL] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
	};
	char *uri = mode == DB_STILL ? still_uri(path) : NULL;
	struct db *db = xcalloc(1, sizeof *db);
	int code = sqlite3_open_v2(uri ? uri : path, &db->handle, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL);
	enum err e;

	free(uri);
	if (!db->handle)
		abort();
	e = code == SQLITE_OK ? set_up(db, mode) : open_error(db, code);
	if (e == OK)
		*out = db;
	else
		db_close(db);
	return e;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < STATEMENTS_MAX; i++)
		sqlite3_finalize(db->slots[i].stmt);
	if (sqlite3_close(db->handle) != SQLITE_OK)
		abort(); /* a statement of somebody else is open: our bug */
	free(db);
}

sqlite3 *db_handle(struct db *db)
{
	return db->handle;
}

enum err db_set_cache(struct db *db, size_t size_bytes)
{
	autofree char *sql = xasprintf("PRAGMA cache_size=-%zu", size_bytes / 1024);

	return db_exec(db, sql);
}

enum err db_exec(struct db *db, const char *sql)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : failed(db, sql);
}

static enum err statement(struct db *db, const char *sql, sqlite3_stmt **out)
{
	size_t i = ((uintptr_t)sql >> 3) * 0x9e3779b1u % STATEMENTS_MAX;

	while (db->slots[i].sql && db->slots[i].sql != sql)
		i = (i + 1) % STATEMENTS_MAX;
	if (!db->slots[i].sql) {
		assert(db->used < STATEMENTS_MAX / 2);
		if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &db->slots[i].stmt, NULL) !=
		    SQLITE_OK)
			return failed(db, sql);
		db->slots[i].sql = sql;
		db->used++;
	}
	*out = db->slots[i].stmt;
	return OK;
}

static int bind(sqlite3_stmt *stmt, int i, const struct db_value *v)
{
	switch (v->type) {
	case DB_IS_INT:
		return sqlite3_bind_int64(stmt, i, v->number);
	case DB_IS_TEXT:
		return sqlite3_bind_text64(stmt, i, v->ptr ? v->ptr : "", v->len, SQLITE_STATIC, SQLITE_UTF8);
	case DB_IS_BLOB:
		return sqlite3_bind_blob64(stmt, i, v->ptr, v->len, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(stmt, i);
	}
}

enum err db_select_values(struct db *db, const char *sql, struct db_rows *out, const struct db_value *values,
			  size_t count)
{
	enum err e;

	*out = (struct db_rows){ .db = db };
	if ((e = statement(db, sql, &out->stmt)) != OK)
		return e;
	assert(!sqlite3_stmt_busy(out->stmt) && sqlite3_bind_parameter_count(out->stmt) == (int)count);
	for (size_t i = 0; i < count; i++)
		if (bind(out->stmt, (int)i + 1, &values[i]) != SQLITE_OK)
			return failed(db, sql);
	return OK;
}

enum err db_next(struct db_rows *rows)
{
	int code = sqlite3_step(rows->stmt);
	enum err e;

	if (code == SQLITE_ROW)
		return OK;
	e = code == SQLITE_DONE ? E_NOT_FOUND : failed(rows->db, sqlite3_sql(rows->stmt));
	db_rows_end(rows);
	return e;
}

void db_rows_end(struct db_rows *rows)
{
	sqlite3_stmt *stmt = TAKE(rows->stmt);

	if (stmt)
		sqlite3_reset(stmt);
}

enum err db_run_values(struct db *db, const char *sql, const struct db_value *values, size_t count)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(db, sql, &rows, values, count);

	if (e != OK)
		return e;
	e = db_next(&rows);
	return e == E_NOT_FOUND ? OK : e;
}

int64_t db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t db_col_int(const struct db_rows *rows, int column)
{
	return sqlite3_column_int64(rows->stmt, column);
}

struct span db_col_text(const struct db_rows *rows, int column)
{
	const char *text = (const char *)sqlite3_column_text(rows->stmt, column);

	return (struct span){ text ? text : "", text ? (size_t)sqlite3_column_bytes(rows->stmt, column) : 0 };
}

struct span db_col_blob(const struct db_rows *rows, int column)
{
	const char *bytes = sqlite3_column_blob(rows->stmt, column);

	return (struct span){ bytes ? bytes : "", bytes ? (size_t)sqlite3_column_bytes(rows->stmt, column) : 0 };
}

void db_col_copy(const struct db_rows *rows, int column, char *out, size_t size)
{
	struct span text = db_col_text(rows, column);
	size_t len = MIN(text.len, size - 1);

	memcpy(out, text.ptr, len);
	out[len] = '\0';
}

bool db_col_digest(const struct db_rows *rows, int column, struct digest *out)
{
	struct span bytes = db_col_blob(rows, column);

	*out = (struct digest){ { 0 } };
	if (bytes.len != DIGEST_SIZE)
		return false;
	memcpy(out->bytes, bytes.ptr, DIGEST_SIZE);
	return true;
}

/* A statement of a transaction's own: cached like the others, without parameters. */
static enum err simple(struct db *db, const char *sql)
{
	return db_run_values(db, sql, NULL, 0);
}

static const char sql_begin[] = "BEGIN IMMEDIATE", sql_begin_read[] = "BEGIN", sql_commit[] = "COMMIT",
		  sql_rollback[] = "ROLLBACK";

static enum err begin(struct db *db, const char *sql, struct tx *out)
{
	enum err e = simple(db, sql);

	*out = (struct tx){ .db = e == OK ? db : NULL };
	return e;
}

enum err db_begin(struct db *db, struct tx *out)
{
	return begin(db, sql_begin, out);
}

enum err db_begin_read(struct db *db, struct tx *out)
{
	return begin(db, sql_begin_read, out);
}

enum err tx_commit(struct tx *tx)
{
	enum err e = simple(tx->db, sql_commit);

	if (e == OK) {
		tx->db = NULL;
		return OK;
	}
	/*
	 * Then the pages are in the log and synced already, but not in its index (wal.c, sqlite3WalFrames()): SQLite takes the
	 * transaction back, and writes the next one where it stands.
	 */
	tx->may_go_on = is_want_of_memory(sqlite3_extended_errcode(tx->db->handle));
	/* The commit record may have reached the disk before the error did. */
	return e == E_IO || tx->may_go_on ? E_UNKNOWN : e;
}

void tx_rollback(struct tx *tx)
{
	struct db *db = TAKE(tx->db);

	/* SQLite may have rolled back by itself (FULL, IOERR, NOMEM): then there is nothing to do. */
	if (db && !sqlite3_get_autocommit(db->handle) && simple(db, sql_rollback) != OK)
		log_error("fail rollback words=%s", QUOTED(sqlite3_errmsg(db->handle)));
}

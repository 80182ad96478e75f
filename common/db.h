/*
 * db: SQLite with cached statements and scoped transactions.
 *
 * A statement is found by the address of its text, so `sql` is always a literal or a static array and is prepared once a
 * connection.  Parameters are written ?1 ?2 ... (SQLite numbers named ones by first occurrence).  A statement that is
 * still being stepped through must not be started again: that is asserted.
 *
 * One connection belongs to one thread at a time.  All functions may block on the disk.  Errors, logged here with
 * SQLite's own words: E_NO_SPACE, the disk is full; E_CORRUPT, the file is damaged or no database; E_BUSY, another
 * connection is writing, or there is no memory; E_CONFLICT, a constraint does not hold (not logged); E_FORBIDDEN, no access;
 * E_IO, the rest.
 */
#ifndef COMMON_DB_H
#define COMMON_DB_H

#include "common/digest.h"
#include "common/err.h"

struct sqlite3;
struct sqlite3_stmt;
struct db;

enum db_mode {
	DB_READ,   /* an existing database; statements that write fail */
	DB_WRITE,  /* an existing database */
	DB_CREATE, /* made if it is not there */
	DB_STILL,  /* an existing one that nobody writes: read as it is, nothing is made beside it */
};

/*
 * Opens the database file at `path`: WAL, synchronous=FULL, foreign keys on, no automatic checkpoints, waiting up to 10
 * seconds for another writer.  ":memory:" works with DB_CREATE.  E_NOT_FOUND: no such file.  The caller closes it.
 */
enum err db_open(const char *path, enum db_mode mode, struct db **out) must_check;

/* NULL is fine.  Rolls back what is open. */
void db_close(struct db *db);

/* The connection itself, for what has no wrapper here (checkpoints, hooks). */
struct sqlite3 *db_handle(struct db *db);

/* Memory for cached pages; SQLite's own default is 2 MiB. */
enum err db_set_cache(struct db *db, size_t size_bytes) must_check;

/* ---- statements ---- */

enum db_type { DB_IS_NULL, DB_IS_INT, DB_IS_TEXT, DB_IS_BLOB };

/* One parameter; bytes are borrowed until the statement ends. */
struct db_value {
	enum db_type type;
	int64_t number;
	const void *ptr;
	size_t len;
};

#define DB_NULL           ((struct db_value){ DB_IS_NULL, 0, NULL, 0 })
#define DB_INT(n)         ((struct db_value){ DB_IS_INT, (n), NULL, 0 })
#define DB_TEXT(span)     ((struct db_value){ DB_IS_TEXT, 0, (span).ptr, (span).len })
#define DB_STRING(text)   DB_TEXT(span_of(text))
#define DB_BLOB(ptr, len) ((struct db_value){ DB_IS_BLOB, 0, (ptr), (len) })
#define DB_DIGEST(d)      DB_BLOB((d)->bytes, DIGEST_SIZE)

#define DB_VALUES(...) \
	(const struct db_value[]){ __VA_ARGS__ }, \
	    sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value)

/* Runs one statement to its end: db_run(db, "DELETE FROM t WHERE id = ?1", DB_INT(id)). */
#define db_run(db, sql, ...) db_run_values(db, sql, DB_VALUES(__VA_ARGS__))
enum err db_run_values(struct db *db, const char *sql, const struct db_value *values, size_t count) must_check;

/* The same without parameters; several statements at once, not cached: schema, pragmas. */
enum err db_exec(struct db *db, const char *sql) must_check;

/* Rows that the last statement inserted, changed or removed. */
int64_t db_changes(struct db *db);

/* A statement that is being stepped through; db_rows_end() or leaving the scope of an autorows ends it. */
struct db_rows {
	struct db *db;
	struct sqlite3_stmt *stmt;
};

#define autorows __attribute__((cleanup(db_rows_end)))

/* Starts a query; `out` is then at no row.  Then db_next() until E_NOT_FOUND.  Columns are borrowed until db_next(). */
#define db_select(db, sql, out, ...) db_select_values(db, sql, out, DB_VALUES(__VA_ARGS__))
enum err db_select_values(struct db *db, const char *sql, struct db_rows *out, const struct db_value *values,
			  size_t count) must_check;
enum err db_next(struct db_rows *rows) must_check;
void db_rows_end(struct db_rows *rows);

int64_t db_col_int(const struct db_rows *rows, int column); /* NULL: 0 */
struct span db_col_text(const struct db_rows *rows, int column);
struct span db_col_blob(const struct db_rows *rows, int column);

/* Copies a text, cut to `size` - 1 bytes, with a NUL. */
void db_col_copy(const struct db_rows *rows, int column, char *out, size_t size);

/* False: NULL or not 32 bytes; `out` is zeroed then. */
bool db_col_digest(const struct db_rows *rows, int column, struct digest *out);

/* ---- transactions ---- */

struct tx {
	struct db *db;  /* NULL: none open */
	bool may_go_on; /* after E_UNKNOWN of tx_commit(): it was only for want of memory */
};

#define autotx __attribute__((cleanup(tx_rollback)))

/* A writing transaction; leaving the scope without tx_commit() rolls it back.  One a connection at a time. */
enum err db_begin(struct db *db, struct tx *out) must_check;

/* A reading one: all its queries see the same state. */
enum err db_begin_read(struct db *db, struct tx *out) must_check;

/*
 * On failure nothing happened, and the transaction is rolled back by the scope.  E_UNKNOWN: perhaps it did, see the log.  A sync
 * failed; or, `may_go_on`, there was no memory when the record was on the disk already: then nobody sees it, and the next commit
 * writes over it, so that only a crash before that would bring it back.
 */
enum err tx_commit(struct tx *tx) must_check;
void tx_rollback(struct tx *tx);

/*
 * Memory of common/memory.h for SQLite from now on; before it is used for anything, later it does nothing.
 */
void db_share_memory(void);

#endif

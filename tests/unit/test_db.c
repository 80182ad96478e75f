#include "common/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static struct db *open_new(void)
{
	struct db *db = NULL;
	char *path = xasprintf("%s/db", test_folder());

	assert_ok(db_open(path, DB_CREATE, &db));
	assert_ok(db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT UNIQUE, bytes BLOB)"));
	free(path);
	return db;
}

static int64_t count(struct db *db)
{
	autorows struct db_rows rows = { NULL, NULL };

	assert_ok(db_select_values(db, "SELECT count(*) FROM t", &rows, NULL, 0));
	assert_ok(db_next(&rows));
	return db_col_int(&rows, 0);
}

static enum err insert(struct db *db, int64_t id, const char *text)
{
	return db_run(db, "INSERT INTO t(id, text, bytes) VALUES (?1, ?2, ?3)", DB_INT(id), DB_STRING(text),
		      DB_BLOB("a\0b", 3));
}

TEST(db_values_come_back_as_they_were)
{
	struct db *db = open_new();
	autorows struct db_rows rows = { NULL, NULL };
	char cut[3];
	struct digest digest;

	assert_ok(insert(db, 7, "text"));
	assert_int_equal(db_changes(db), 1);
	assert_ok(db_select(db, "SELECT id, text, bytes, NULL FROM t WHERE id = ?1", &rows, DB_INT(7)));
	assert_ok(db_next(&rows));
	assert_int_equal(db_col_int(&rows, 0), 7);
	assert_true(span_is(db_col_text(&rows, 1), "text"));
	assert_int_equal(db_col_blob(&rows, 2).len, 3);
	assert_memory_equal(db_col_blob(&rows, 2).ptr, "a\0b", 3);
	assert_int_equal(db_col_text(&rows, 3).len, 0);
	assert_false(db_col_digest(&rows, 2, &digest));
	db_col_copy(&rows, 1, cut, sizeof cut);
	assert_string_equal(cut, "te");
	assert_int_equal(db_next(&rows), E_NOT_FOUND);
	db_close(db);
}

TEST(db_transaction_is_rolled_back_by_leaving_its_scope)
{
	struct db *db = open_new();

	for (int commit = 0; commit < 2; commit++) {
		autotx struct tx tx = { NULL };

		assert_ok(db_begin(db, &tx));
		assert_ok(insert(db, commit + 1, commit ? "kept" : "dropped"));
		if (commit)
			assert_ok(tx_commit(&tx));
	}
	assert_int_equal(count(db), 1);
	db_close(db);
}

TEST(db_errors_are_told_apart)
{
	struct db *db = open_new(), *other = NULL;
	char *folder = strdup(test_folder()), *path = xasprintf("%s/none", folder);

	assert_ok(insert(db, 1, "x"));
	assert_int_equal(insert(db, 2, "x"), E_CONFLICT);
	assert_int_equal(db_open(path, DB_WRITE, &other), E_NOT_FOUND);
	free(path);
	path = xasprintf("%s/garbage", folder);
	FILE *f = fopen(path, "w");
	for (int i = 0; i < 4096; i++)
		fputs("no database ", f);
	fclose(f);
	assert_int_equal(db_open(path, DB_WRITE, &other), E_CORRUPT);
	free(path);
	free(folder);
	db_close(db);
}

TEST(db_reader_sees_one_state_and_cannot_write)
{
	char *folder = strdup(test_folder()), *path = xasprintf("%s/db", folder);
	struct db *db = NULL, *reader = NULL;
	struct tx tx = { NULL };

	assert_ok(db_open(path, DB_CREATE, &db));
	assert_ok(db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT UNIQUE, bytes BLOB)"));
	assert_ok(db_open(path, DB_READ, &reader));
	assert_ok(db_begin_read(reader, &tx));
	assert_int_equal(count(reader), 0);
	assert_ok(insert(db, 1, "x"));
	assert_int_equal(count(reader), 0);
	assert_ok(tx_commit(&tx));
	assert_int_equal(count(reader), 1);
	assert_int_not_equal(insert(reader, 2, "y"), OK);
	db_close(reader);
	db_close(db);
	free(path);
	free(folder);
}

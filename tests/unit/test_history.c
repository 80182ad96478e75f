/* What a change leaves behind: versions, tombstones, trash, journal. */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/db.h"
#include "server/store/journal.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

/* The first column of the first row, in the closed store of `folder`. */
static int64_t ask(const char *folder, const char *sql)
{
	char *path = xasprintf("%s/db", folder);
	struct db *db = NULL;
	struct db_rows rows = { NULL, NULL };
	int64_t n;

	assert_ok(db_open(path, DB_WRITE, &db));
	assert_ok(db_select_values(db, sql, &rows, NULL, 0));
	assert_ok(db_next(&rows));
	n = db_col_int(&rows, 0);
	db_rows_end(&rows);
	db_close(db);
	free(path);
	return n;
}

static void assert_asked(const char *folder, const char *sql, int64_t want)
{
	int64_t have = ask(folder, sql);

	if (have != want)
		print_error("%s: %lld\n", sql, (long long)have);
	assert_int_equal(have, want);
}

TEST(history_keeps_every_replaced_content_but_not_the_same_twice)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));

	assert_ok(help_put_text(s, "/f", "one").error);
	assert_ok(help_put_text(s, "/f", "two").error);
	assert_ok(help_put_text(s, "/f", "two").error);
	assert_ok(help_put_text(s, "/f", "one").error);
	store_close(s);
	assert_asked(folder, "SELECT count(*) FROM version", 2);
	assert_asked(folder, "SELECT seq FROM version WHERE made = 1", 2);
	assert_asked(folder, "SELECT seq FROM version WHERE made = 2", 4);
	assert_asked(folder, "SELECT made FROM node WHERE name = 'f'", 4);
	assert_asked(folder, "SELECT since FROM node WHERE name = 'f'", 1);
	assert_asked(folder, "SELECT count(*) FROM journal WHERE author = 'ann' AND client = 'ann@laptop'", 4);
	assert_asked(folder, "SELECT count(*) FROM object", 2);
	assert_asked(folder, "SELECT count(DISTINCT txn) FROM journal", 4);
	assert_true(check_store(folder));
	free(folder);
}

TEST(history_of_a_deleted_collection_is_one_row_in_the_trash)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));
	struct store_node before, node;
	struct store_result r;

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_mkcol(s, "/d/e").error);
	assert_ok(help_put_text(s, "/d/e/f", "content").error);
	assert_ok(store_lookup(s, span_of("/d"), &before));
	r = help_delete(s, "/d", NULL);
	assert_ok(r.error);
	assert_true(digest_equal(&r.digest, &before.digest));
	assert_int_equal(store_lookup(s, span_of("/d/e/f"), &node), E_CONFLICT);
	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(store_lookup(s, span_of("/d"), &node));
	assert_int_not_equal(node.id, before.id);
	assert_int_equal(node.members, 0);
	assert_ok(help_delete(s, "/d", NULL).error);
	assert_ok(store_lookup(s, span_of("/"), &node));
	assert_int_equal(node.size_bytes, 0);
	store_close(s);
	assert_asked(folder, "SELECT count(*) FROM trash WHERE name = 'd' AND parent = 1 AND by = 'ann'", 2);
	assert_asked(folder, "SELECT seq FROM gone WHERE since = 1", 4);
	assert_asked(folder, "SELECT seq FROM gone WHERE since = 5", 6);
	assert_asked(folder, "SELECT bytes FROM node WHERE parent = 2 AND key <> '' AND bytes > 0", 7);
	assert_asked(folder, "SELECT count(*) FROM version", 0);
	assert_true(check_store(folder));
	free(folder);
}

TEST(history_of_a_deleted_file_is_a_version_and_a_tombstone)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));

	assert_ok(help_put_text(s, "/f", "one").error);
	assert_ok(help_delete(s, "/f", NULL).error);
	assert_ok(help_put_text(s, "/f", "one").error);
	store_close(s);
	assert_asked(folder, "SELECT seq FROM version WHERE made = 1", 2);
	assert_asked(folder, "SELECT count(*) FROM gone WHERE name = 'f' AND since = 1 AND seq = 2", 1);
	assert_asked(folder, "SELECT op FROM journal WHERE seq = 2", JOURNAL_DELETE);
	assert_true(check_store(folder));
	free(folder);
}

TEST(history_of_a_store_of_the_third_format_tells_when_contents_came)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *path = xasprintf("%s/db", folder);
	struct db *db = NULL;

	clock_set_fixed(1000 * NS_PER_S);
	assert_ok(help_put_text(s, "/f", "one").error);
	clock_set_fixed(2000 * NS_PER_S);
	assert_ok(help_put_text(s, "/f", "two").error);
	clock_set_fixed(0);
	store_close(s);
	assert_ok(db_open(path, DB_WRITE, &db));
	assert_ok(db_exec(db, HELP_UNDO_HISTORY "; PRAGMA user_version = 3"));
	db_close(db);
	s = help_store_reopen(folder);
	assert_non_null(s);
	store_close(s);
	assert_asked(folder, "SELECT made_ns / 1000000000 FROM version", 1000);
	assert_asked(folder, "SELECT count(*) FROM version WHERE client = 'ann@laptop'", 1);
	assert_asked(folder, "PRAGMA user_version", 5);
	assert_true(check_store(folder));
	free(path);
	free(folder);
}

TEST(history_of_a_copied_collection_tells_who_copied_it)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));
	struct store_step copy = {
		.op = STORE_COPY, .path = span_of("/d"), .destination = span_of("/e"), .mtime_ns = STORE_MTIME_NOW
	};

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_put_text(s, "/d/f", "one").error);
	assert_ok(help_run(s, &copy).error);
	assert_ok(help_put_text(s, "/e/f", "two").error);
	store_close(s);
	assert_asked(folder, "SELECT count(*) FROM version WHERE made = 3 AND client = 'ann@laptop' AND made_ns > 0",
		     1);
	free(folder);
}

TEST(history_chain_breaks_when_a_row_is_changed)
{
	static const char *const changes[] = { "UPDATE journal SET author = 'eve' WHERE seq = 2",
					       "UPDATE journal SET old_name = 'g' WHERE seq = 2",
					       "UPDATE journal SET new_hash = NULL WHERE seq = 2",
					       "DELETE FROM journal WHERE seq = 2" };

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct store *s = help_store_open();
		char *path = xasprintf("%s/db", store_folder(s));
		struct db *db = NULL;
		int64_t seq;

		for (int k = 0; k < 3; k++)
			assert_ok(help_put_text(s, "/f", k % 2 ? "a" : "b").error);
		store_close(s);
		assert_ok(db_open(path, DB_WRITE, &db));
		assert_ok(journal_verify(db, &seq));
		assert_int_equal(seq, 3);
		assert_ok(db_exec(db, changes[i]));
		assert_int_equal(journal_verify(db, &seq), E_CORRUPT);
		db_close(db);
		free(path);
	}
}

TEST(history_dates_are_the_servers_and_a_clients_mtime_is_kept)
{
	struct store *s = help_store_open();
	struct store_step step = { .op = STORE_PUT, .path = span_of("/f"), .mtime_ns = 5 * NS_PER_S };
	struct store_node node, root;
	struct cond cond = COND_NONE;

	clock_set_fixed(1000 * NS_PER_S);
	step.upload = help_upload(s, "x", 1);
	assert_ok(help_run(s, &step).error);
	assert_ok(store_lookup(s, span_of("/f"), &node));
	assert_int_equal(node.mtime_ns, 5 * NS_PER_S);
	assert_int_equal(node.ctime_ns, 1000 * NS_PER_S);
	assert_ok(store_lookup(s, span_of("/"), &root));
	assert_int_equal(root.ctime_ns, 1000 * NS_PER_S);
	cond.if_unmodified_since_s = 999; /* after the mtime, before the change */
	assert_int_equal(help_delete(s, "/f", &cond).error, E_PRECONDITION);
	cond.if_unmodified_since_s = 1000;
	assert_ok(help_delete(s, "/f", &cond).error);
	clock_set_fixed(0);
	store_close(s);
}

/* Contents on disk: what stays readable, what is damage, what heals. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/db.h"
#include "common/fsio.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

TEST(content_that_is_open_stays_readable_when_deleted)
{
	struct store *s = help_store_open();
	char *large = xcalloc(1, 2 << 20), *have = xmalloc(2 << 20), *path;
	struct store_node node;
	struct store_content c;
	char hex[DIGEST_HEX_SIZE];

	assert_ok(help_put(s, "/f", large, 2 << 20, NULL).error);
	assert_ok(store_lookup(s, span_of("/f"), &node));
	assert_ok(store_content_open(s, &node, &c));
	assert_ok(help_delete(s, "/f", NULL).error);
	digest_hex(&node.digest, hex);
	path = xasprintf("rm %s/obj/%.2s/%s.*", store_folder(s), hex, hex + 2);
	assert_int_equal(system(path), 0);
	memset(have, 1, 2 << 20);
	assert_ok(fsio_read_at(c.fd, have, 2 << 20, c.offset));
	assert_memory_equal(have, large, 2 << 20);
	store_content_close(&c);
	assert_int_equal(store_content_open(s, &node, &c), E_CORRUPT);
	store_close(s);
	free(path);
	free(have);
	free(large);
}

TEST(content_cut_short_is_damage_and_never_served)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *path = xasprintf("%s/seg/000001", folder);
	struct store_node node;
	struct store_content c;

	assert_ok(help_put_text(s, "/f", "a content").error);
	store_close(s);
	assert_int_equal(truncate(path, 5), 0);
	s = help_store_reopen(folder);
	assert_ok(store_lookup(s, span_of("/f"), &node));
	assert_int_equal(store_content_open(s, &node, &c), E_CORRUPT);
	store_close(s);
	free(path);
	free(folder);
}

TEST(content_marked_bad_is_refused_and_healed_by_the_next_put)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *path = xasprintf("%s/db", folder);
	struct store_node node;
	struct store_content c;
	struct db *db = NULL;

	assert_ok(help_put_text(s, "/f", "rotten").error);
	store_close(s);
	assert_ok(db_open(path, DB_WRITE, &db));
	assert_ok(db_exec(db, "UPDATE object SET state = 2"));
	db_close(db);
	s = help_store_reopen(folder);
	assert_ok(store_lookup(s, span_of("/f"), &node));
	assert_int_equal(store_content_open(s, &node, &c), E_CORRUPT);
	assert_ok(help_put_text(s, "/elsewhere", "rotten").error);
	assert_true(help_has(s, "/f", "rotten", 6));
	store_close(s);
	assert_true(check_store(folder));
	free(path);
	free(folder);
}

TEST(content_places_go_on_behind_what_the_last_run_left)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *path = xasprintf("%s/seg/000001", folder);
	int fd;

	assert_ok(help_put_text(s, "/a", "first").error);
	store_close(s);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "what a crash left", 17), 17);
	close(fd);
	s = help_store_reopen(folder);
	assert_ok(help_put_text(s, "/b", "second").error);
	assert_true(help_has(s, "/a", "first", 5));
	assert_true(help_has(s, "/b", "second", 6));
	store_close(s);
	assert_true(check_store(folder));
	free(path);
	free(folder);
}

TEST(content_without_its_database_is_no_new_store)
{
	struct store_options options = STORE_DEFAULTS;
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *path = xasprintf("%s/db", folder);
	struct note why;

	assert_ok(help_put_text(s, "/a", "first").error);
	store_close(s);
	assert_int_equal(unlink(path), 0);
	options.create = true;
	assert_int_equal(store_open(folder, &options, &s, &why), E_CORRUPT);
	assert_non_null(strstr(why.text, "no database"));
	free(path);
	free(folder);
}

TEST(content_is_refused_below_the_disks_reserve)
{
	struct store_options options = STORE_DEFAULTS;
	struct store *s = NULL;
	struct note why;

	options.create = true;
	options.reserve_bytes = 0;
	assert_ok(store_open(test_folder(), &options, &s, &why));
	assert_ok(store_check_space(s, -1));
	assert_ok(store_check_space(s, 1000));
	assert_int_equal(store_check_space(s, INT64_MAX), E_NO_SPACE);
	store_close(s);
	options.reserve_bytes = INT64_MAX / 2;
	assert_ok(store_open(test_folder(), &options, &s, &why));
	assert_int_equal(store_check_space(s, -1), E_NO_SPACE);
	store_close(s);
}

TEST(content_left_by_a_crash_is_swept)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *command;

	assert_ok(help_put_text(s, "/a", "first").error);
	store_close(s);
	/* A WAL that was not removed is how a killed server is known. */
	command = xasprintf("cd %s && touch db-wal tmp/up-1 && touch obj/ab/%.62s.1", folder,
			    "00000000000000000000000000000000000000000000000000000000000000");
	assert_int_equal(system(command), 0);
	s = help_store_reopen(folder);
	assert_non_null(s);
	store_close(s);
	assert_true(check_store(folder));
	free(command);
	free(folder);
}

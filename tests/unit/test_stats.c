#include "server/http/stats.h"

#include "server/store/store_access.h"
#include "server/store/store_stats.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

TEST(stats_add_up_over_loops)
{
	static struct loop_stats loops[2];
	struct server_stats sum = { .loops = 2 };

	counter_add(&loops[0].begun, 3);
	counter_add(&loops[1].begun, 1);
	stats_note(&loops[0], &(struct stats_request){ METHOD_GET, 200, 0, 100, 5000, false });
	stats_note(&loops[1], &(struct stats_request){ METHOD_GET, 404, 0, 10, 5000, true });
	stats_note(&loops[0], &(struct stats_request){ METHOD_UNKNOWN, 501, 7, 0, 5000, false });
	stats_sum(&loops[0], &sum);
	stats_sum(&loops[1], &sum);
	assert_int_equal(sum.begun, 4);
	assert_int_equal(sum.ended, 3);
	assert_int_equal(sum.cut, 1);
	assert_int_equal(sum.bytes_in, 7);
	assert_int_equal(sum.bytes_out, 110);
	assert_int_equal(sum.by[METHOD_GET][2], 1);
	assert_int_equal(stats_of_class(&sum, 4), 1);
	assert_int_equal(stats_of_class(&sum, 5), 1);
	assert_int_equal(sum.took.count, 3);
}

TEST(store_stats_count_commits_and_what_is_kept)
{
	struct store *s = help_store_open();
	struct store_stats before, after;
	struct store_sizes sizes;

	store_stats(s, &before);
	assert_int_equal(before.commits, 0);
	help_put_text(s, "/a", "12345");
	help_put_text(s, "/a", "123");
	help_put_text(s, "/b", "123"); /* the same content: stored once */
	help_mkcol(s, "/d");
	help_put_text(s, "/d/c", "1234567");
	help_delete(s, "/d", NULL);
	assert_int_equal(help_delete(s, "/none", NULL).error, E_NOT_FOUND);
	assert_ok(store_user_add(s, "ann", NULL, 0));
	store_stats(s, &after);
	assert_int_equal(after.head, 6);
	assert_int_equal(after.changes, 6);
	assert_int_equal(after.commits, 7);
	assert_int_equal(after.took.count, 7);
	assert_int_equal(after.queued, 0);
	assert_true(after.db_bytes > 0 && after.wal_bytes > 0 && !after.is_read_only);
	assert_ok(store_sizes(s, &sizes));
	assert_int_equal(sizes.live_bytes, 6);
	assert_int_equal(sizes.history_bytes, 5 + 7);
	assert_int_equal(sizes.versions, 1);
	assert_int_equal(sizes.trashed, 1);
	assert_int_equal(sizes.stored_bytes, 5 + 3 + 7);
	assert_int_equal(sizes.dead_bytes, 3); /* the copy of what was there already */
	assert_int_equal(sizes.users, 1);
	store_close(s);
}

/* Letting history go: what is due goes, everything else stays, and what is current is never touched. */
#include "server/store/store_retain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "server/store/commit.h"
#include "server/store/store_history.h"
#include "server/store/store_journal.h"
#include "server/store/store_sync.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

#define HOURS(n) ((n)*INT64_C(3600) * NS_PER_S)
#define DAYS(n)  HOURS(24 * (n))
#define MONDAY   DAYS(4 + 7 * 100)

static void at(int64_t day, int64_t hour)
{
	clock_set_fixed(MONDAY + DAYS(day) + HOURS(hour));
}

static struct store_retained retain(struct store *s, int64_t day)
{
	struct store_retained done;

	clock_set_fixed(0);
	assert_ok(store_retain(s, MONDAY + DAYS(day) + HOURS(12), false, &done));
	return done;
}

static void move(struct store *s, const char *from, const char *to)
{
	assert_ok(help_run(s, &(struct store_step){ .op = STORE_MOVE,
						    .path = span_of(from),
						    .destination = span_of(to),
						    .mtime_ns = STORE_MTIME_NOW,
						    .overwrite = true })
		      .error);
}

struct texts {
	struct store *s;
	char text[512];
};

static bool add_text(void *arg, const struct store_version *v)
{
	struct texts *t = arg;
	struct store_content c;
	size_t len = strlen(t->text);

	assert_ok(store_content_open(t->s, &v->content, &c));
	if (len)
		t->text[len++] = ' ';
	assert_int_equal(pread(c.fd, t->text + len, (size_t)c.size_bytes, c.offset), c.size_bytes);
	t->text[len + (size_t)c.size_bytes] = '\0';
	store_content_close(&c);
	return true;
}

/* The contents of a path's history, the newest first; "" none. */
static void assert_history(struct store *s, const char *path, const char *want)
{
	struct texts t = { .s = s, .text = "" };
	bool is_cut;
	enum err e = store_history(s, span_of(path), add_text, &t, &is_cut);

	assert_int_equal(e, *want ? OK : E_NOT_FOUND);
	assert_string_equal(t.text, want);
}

TEST(retain_thins_versions_to_midnights_then_mondays)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));

	at(0, 9);
	assert_ok(help_put_text(s, "/f", "a").error);
	at(0, 10);
	assert_ok(help_put_text(s, "/f", "b").error);
	at(0, 11);
	assert_ok(help_put_text(s, "/f", "c").error); /* until tomorrow */
	at(1, 9);
	assert_ok(help_put_text(s, "/f", "d").error);
	at(1, 10);
	assert_ok(help_put_text(s, "/f", "e").error); /* until next week */
	at(8, 9);
	assert_ok(help_put_text(s, "/f", "f").error);
	assert_int_equal(retain(s, 0).versions, 0);
	assert_history(s, "/f", "f e d c b a");
	assert_int_equal(retain(s, 1).versions, 2);
	assert_history(s, "/f", "f e d c");
	assert_int_equal(retain(s, 9).versions, 1);
	assert_history(s, "/f", "f e c");
	assert_int_equal(retain(s, 31).versions, 1);
	assert_history(s, "/f", "f e");
	assert_int_equal(retain(s, 8 + 366).versions, 1);
	assert_history(s, "/f", "f");
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

TEST(retain_thins_what_editors_move_over_and_keeps_what_was_deleted)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));

	for (int i = 0; i < 4; i++) {
		at(0, 9 + i);
		assert_ok(help_put_text(s, "/f.tmp", (const char *const[]){ "a", "b", "c", "d" }[i]).error);
		move(s, "/f.tmp", "/f");
	}
	assert_ok(help_put_text(s, "/g", "g").error);
	assert_ok(help_mkcol(s, "/h").error);
	assert_ok(help_put_text(s, "/h/i", "i").error);
	at(0, 14);
	assert_ok(help_delete(s, "/g", NULL).error);
	assert_ok(help_delete(s, "/h", NULL).error);
	at(1, 9);
	assert_ok(help_put_text(s, "/f", "e").error);
	retain(s, 2);
	assert_history(s, "/f", "e d");
	assert_history(s, "/g", "g");
	assert_history(s, "/h/i", "i");
	assert_int_equal(retain(s, 364).trashed, 0);
	assert_history(s, "/g", "g");
	assert_int_equal(retain(s, 366).trashed, 2);
	assert_history(s, "/g", "");
	assert_history(s, "/h/i", "");
	assert_history(s, "/f", "e");
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

TEST(retain_keeps_a_deleted_file_as_long_as_an_older_version_of_it)
{
	struct store *s = help_store_open();

	at(0, 9);
	assert_ok(help_put_text(s, "/f", "old").error); /* the midnights of four days */
	at(4, 9);
	assert_ok(help_put_text(s, "/f", "short").error);
	at(4, 10);
	assert_ok(help_delete(s, "/f", NULL).error);
	at(4, 11);
	assert_ok(help_put_text(s, "/f", "new").error);
	retain(s, 6);
	assert_history(s, "/f", "new short old");
	retain(s, 4 + 31);
	retain(s, 4 + 31);
	assert_history(s, "/f", "new");
	store_close(s);
}

TEST(retain_holds_to_a_number_of_versions_and_rehearses_first)
{
	struct store *s = help_store_open();
	struct store_options options = STORE_DEFAULTS;
	struct store_retained done;

	options.keep_versions = 2;
	store_set_options(s, &options);
	clock_set_fixed(0);
	for (int i = 0; i < 6; i++)
		assert_ok(help_put_text(s, "/f", (const char *const[]){ "a", "b", "c", "d", "e", "f" }[i]).error);
	assert_ok(store_retain(s, clock_now_ns(), true, &done));
	assert_int_equal(done.versions, 3);
	assert_history(s, "/f", "f e d c b a");
	assert_ok(store_retain(s, clock_now_ns(), false, &done));
	assert_int_equal(done.versions, 3);
	assert_history(s, "/f", "f e d");
	store_close(s);
}

TEST(retain_rehearses_no_version_twice_that_goes_by_its_age_and_by_the_number_of_them)
{
	struct store *s = help_store_open();
	struct store_options options = STORE_DEFAULTS;
	struct store_retained would, done;

	options.keep_versions = 3;
	options.keep_daily_s = options.keep_weekly_s = 0;
	store_set_options(s, &options);
	for (int i = 0; i < 6; i++) { /* five versions, the first two older than a day when it is counted */
		at(i < 3 ? 0 : 2, 9 + i);
		assert_ok(help_put_text(s, "/f", (const char *const[]){ "a", "b", "c", "d", "e", "f" }[i]).error);
	}
	assert_ok(store_retain(s, clock_now_ns(), true, &would));
	assert_ok(store_retain(s, clock_now_ns(), false, &done));
	assert_int_equal(would.versions, done.versions);
	assert_int_equal(would.bytes, done.bytes);
	assert_int_equal(done.versions, 2);
	store_close(s);
}

TEST(retain_lets_the_oldest_go_when_there_is_too_much)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));
	struct store_options options = STORE_DEFAULTS;
	struct store_retention now;

	at(0, 9);
	assert_ok(help_put_text(s, "/f", "11111").error);
	assert_ok(help_put_text(s, "/shared", "11111").error);
	assert_ok(help_put_text(s, "/g", "22222").error);
	at(0, 10);
	assert_ok(help_put_text(s, "/f", "33333").error);
	at(0, 11);
	assert_ok(help_delete(s, "/g", NULL).error);
	at(0, 12);
	assert_ok(help_put_text(s, "/f", "44444").error);
	options.history_max_bytes = 10;
	store_set_options(s, &options);
	retain(s, 0);
	assert_history(s, "/f", "44444 33333");
	assert_history(s, "/g", "22222");
	options.history_max_bytes = 9;
	store_set_options(s, &options);
	retain(s, 0);
	assert_history(s, "/f", "44444 33333");
	assert_history(s, "/g", "");
	options.history_max_bytes = 0;
	store_set_options(s, &options);
	assert_int_equal(retain(s, 0).bytes, 5);
	assert_history(s, "/f", "44444");
	store_retention(s, &now);
	assert_int_equal(now.last.versions, 1);
	assert_int_equal(now.bytes_max, 0);
	assert_true(help_has(s, "/shared", "11111", 5));
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

/* Whatever happens within the days, each midnight of the last thirty is whole. */
TEST(retain_keeps_every_midnight_whole)
{
	enum { NIGHTS = 28, FILES = 4 };
	static const char *const paths[FILES] = { "/a", "/b", "/d/a", "/d/b" };
	static struct digest seen[NIGHTS][FILES];
	static bool was_there[NIGHTS][FILES];
	int64_t numbers[NIGHTS];
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), text[32];
	struct store_node node;
	unsigned seed = 99;

	for (int night = 0; night < NIGHTS; night++) {
		for (int i = 0; i < 12; i++) {
			unsigned random = (unsigned)rand_r(&seed);
			const char *path = paths[random % FILES];

			at(night, 1 + i);
			snprintf(text, sizeof text, "content %u", random / 64 % 50);
			if (random / 8 % 8 == 0)
				help_delete(s, path, NULL);
			else if (random / 8 % 8 == 1)
				help_delete(s, "/d", NULL);
			else if (random / 8 % 8 == 2)
				help_mkcol(s, "/d");
			else if (random / 8 % 8 == 3 && help_put_text(s, "/tmp", text).error == OK)
				help_run(s, &(struct store_step){ .op = STORE_MOVE,
								  .path = span_of("/tmp"),
								  .destination = span_of(path),
								  .mtime_ns = STORE_MTIME_NOW,
								  .overwrite = true });
			else
				help_put_text(s, path, text);
		}
		numbers[night] = store_head(s);
		for (int i = 0; i < FILES; i++) {
			was_there[night][i] = store_lookup(s, span_of(paths[i]), &node) == OK;
			seen[night][i] = node.digest;
		}
		if (night % 5 == 4)
			retain(s, night);
	}
	assert_true(retain(s, NIGHTS + 1).versions > 0);
	for (int night = 0; night < NIGHTS; night++)
		for (int i = 0; i < FILES; i++) {
			enum err e = store_lookup_at(s, span_of(paths[i]), numbers[night], &node);

			if (e != (was_there[night][i] ? OK : E_NOT_FOUND))
				print_error("night %d: %s\n", night, paths[i]);
			assert_int_equal(e, was_there[night][i] ? OK : E_NOT_FOUND);
			if (e == OK)
				assert_true(digest_equal(&node.digest, &seen[night][i]));
		}
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

/* ---- the journal ---- */

static struct store_journal_span journal_of(struct store *s)
{
	struct store_journal_span span;

	assert_ok(store_journal_span(s, &span));
	return span;
}

static bool chain_holds(struct store *s)
{
	struct store_chain c = { .seq = 0 };
	bool is_end = false;
	enum err e = OK;

	while (e == OK && !is_end)
		e = store_journal_verify(s, &c, &is_end);
	return e == OK;
}

static struct store *journal_store(unsigned keep_s)
{
	struct store *s = help_store_open();
	struct store_options options = STORE_DEFAULTS;

	options.keep_journal_s = keep_s;
	options.keep_all_s = options.keep_daily_s = options.keep_weekly_s = 0;
	store_set_options(s, &options);
	return s;
}

TEST(retain_lets_the_journal_go_but_for_the_last_row_that_is_old_enough)
{
	struct store *s = journal_store(10 * 86400);
	char *folder = strdup(store_folder(s)), path[16];
	int64_t number;

	for (int day = 0; day < 20; day++) {
		at(day, 9);
		snprintf(path, sizeof path, "/f%d", day);
		assert_ok(help_put_text(s, path, path).error);
	}
	assert_int_equal(retain(s, 9).changes, 0);
	assert_int_equal(journal_of(s).first, 1);
	assert_int_equal(retain(s, 19).changes,
			 9); /* day 9 (number 10), 10 days and 3 hours old, tells what was 10 days ago */
	assert_int_equal(journal_of(s).first, 10);
	assert_int_equal(journal_of(s).last, 20);
	assert_int_equal(journal_of(s).first_ns, MONDAY + DAYS(9) + HOURS(9));
	assert_true(chain_holds(s));
	assert_ok(store_number_at(s, MONDAY + DAYS(9) + HOURS(12), &number));
	assert_int_equal(number, 10);
	assert_int_equal(store_number_at(s, MONDAY + DAYS(8) + HOURS(12), &number), E_NOT_FOUND);
	assert_int_equal(retain(s, 500).changes, 10); /* nothing came since: the last one stays */
	assert_int_equal(journal_of(s).first, 20);
	assert_ok(store_number_at(s, MONDAY + DAYS(400), &number));
	assert_int_equal(number, 20);
	store_close(s);
	assert_true(check_store(folder));
	s = help_store_reopen(folder);
	at(501, 9);
	assert_ok(help_put_text(s, "/after", "after").error);
	assert_true(chain_holds(s));
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

TEST(retain_keeps_of_the_journal_what_history_needs)
{
	struct store *s = journal_store(0);
	char *folder = strdup(store_folder(s));
	struct store_options options = STORE_DEFAULTS;
	struct store_node node;

	options.keep_journal_s = 0;
	at(0, 9);
	assert_ok(help_mkcol(s, "/d").error);                  /* 1 */
	assert_ok(help_put_text(s, "/d/f", "old").error);      /* 2 */
	assert_ok(help_put_text(s, "/d/other", "kept").error); /* 3 */
	move(s, "/d/f", "/d/g");                               /* 4 */
	move(s, "/d", "/e");                                   /* 5 */
	move(s, "/e/other", "/e/moved");                       /* 6 */
	at(1, 9);
	assert_ok(help_put_text(s, "/e/g", "new").error); /* 7: a version of 2 ends */
	store_set_options(s, &options);
	at(1, 10);
	move(s, "/e/g", "/e/h"); /* 8 */
	assert_ok(help_put_text(s, "/x", "x").error);
	assert_int_equal(retain(s, 1).changes, 6);
	assert_int_equal(journal_of(s).first, 7);
	/* The version's own number is of before: it is found all the same, and the path it had when it ended. */
	assert_history(s, "/e/h", "new old");
	assert_history(s, "/e/moved", "kept");
	assert_ok(store_lookup_at(s, span_of("/e/g"), 6, &node));
	assert_int_equal(node.size_bytes, 3);
	assert_int_equal(store_lookup_at(s, span_of("/d/f"), 4, &node), E_NOT_FOUND);
	assert_int_equal(store_lookup_at(s, span_of("/e/g"), 5, &node),
			 E_NOT_FOUND); /* of the tree then nothing is known */
	at(1, 11);
	assert_ok(help_delete(s, "/e", NULL).error);
	assert_int_equal(retain(s, 1).changes, 0);
	assert_history(s, "/e/h", "new old");
	options.history_max_bytes = 0;
	store_set_options(s, &options);
	assert_int_equal(retain(s, 2).changes, 3);
	assert_int_equal(journal_of(s).first, journal_of(s).last);
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

static enum err forge(struct db *db, void *arg)
{
	(void)arg;
	return db_exec(db, "UPDATE journal SET author = 'eve' WHERE seq = 3");
}

TEST(retain_does_not_throw_a_damaged_journal_away)
{
	static const char *const paths[] = { "/a", "/b", "/c", "/d", "/e" };
	struct store *s = journal_store(0);

	at(0, 9);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_ok(help_put_text(s, paths[i], paths[i]).error);
	assert_ok(commit_call(s, forge, NULL));
	assert_int_equal(retain(s, 19).changes, 0);
	assert_int_equal(journal_of(s).first, 1);
	assert_false(chain_holds(s));
	assert_ok(help_put_text(s, "/f", "goes on").error);
	store_close(s);
}

TEST(retain_goes_through_a_long_journal_in_slices)
{
	struct store *s = journal_store(0);
	char *folder = strdup(store_folder(s)), path[16];
	struct store_retained done;

	clock_set_fixed(0);
	for (int i = 0; i < 600; i++) {
		snprintf(path, sizeof path, "/f%d", i);
		assert_ok(help_put_text(s, path, path).error);
	}
	assert_ok(store_retain(s, clock_now_ns(), true, &done));
	assert_int_equal(done.changes, 599);
	assert_int_equal(journal_of(s).first, 1);
	assert_ok(store_retain(s, clock_now_ns(), false, &done));
	assert_int_equal(done.changes, 599);
	assert_int_equal(journal_of(s).first, 600);
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

/* A report that is read in parts may not go on over tombstones that went meanwhile: what it had not yet told would stay untold. */
TEST(retain_ends_a_report_that_is_under_way_over_the_journal_that_went)
{
	static const unsigned char view[STORE_SYNC_VIEW_SIZE];
	struct store *s = journal_store(0);
	char token[STORE_SYNC_TOKEN_SIZE], path[16];
	const struct store_change *changes;
	enum store_sync_state how;
	struct store_sync *report;
	size_t count;

	at(0, 9);
	assert_ok(help_put_text(s, "/first", "first").error);
	assert_ok(store_sync_token(s, view, token));
	for (int i = 0; i < 600; i++) {
		snprintf(path, sizeof path, "/f%d", i);
		assert_ok(help_put_text(s, path, path).error);
	}
	report = store_sync_new(
	    s, &(struct store_sync_query){ .path = span_of("/"), .token = span_of(token), .is_deep = true });
	assert_ok(store_sync_next(report, &changes, &count, &how));
	assert_int_equal(how, STORE_SYNC_MORE);
	assert_true(retain(s, 19).changes > 0);
	assert_int_equal(store_sync_next(report, &changes, &count, &how), E_PRECONDITION);
	store_sync_free(report);
	store_close(s);
}

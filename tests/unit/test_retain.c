/* Letting history go: what is due goes, everything else stays, and what is current is never touched. */
#include "server/store/store_retain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "server/store/store_history.h"
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

/* Whose history a path shows: the node's and the place's, and not that of strangers who came by. */
#include "server/store/store_history.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static bool add_size(void *arg, const struct store_version *v)
{
	char *text = arg;
	size_t len = strlen(text);

	text[len] = (char)('a' + v->content.size_bytes - 1);
	text[len + 1] = '\0';
	return true;
}

/* Contents are told by their size: 'a' is one byte. */
static void assert_history(struct store *s, const char *path, const char *want)
{
	char have[64] = "";
	bool is_cut;
	enum err e = store_history(s, span_of(path), add_size, have, &is_cut);

	assert_int_equal(e, *want ? OK : E_NOT_FOUND);
	assert_string_equal(have, want);
}

static void put(struct store *s, const char *path, char which)
{
	assert_ok(help_put(s, path, "12345678901234567890", (size_t)(which - 'a' + 1), NULL).error);
}

static void transfer(struct store *s, enum store_op op, const char *from, const char *to)
{
	assert_ok(help_run(s, &(struct store_step){ .op = op,
						    .path = span_of(from),
						    .destination = span_of(to),
						    .mtime_ns = STORE_MTIME_NOW,
						    .overwrite = true })
		      .error);
}

TEST(history_path_of_editors_that_share_a_temp_name_is_each_files_own)
{
	struct store *s = help_store_open();

	for (int i = 0; i < 2; i++) {
		put(s, "/tmp", (char)('a' + i));
		transfer(s, STORE_MOVE, "/tmp", "/one");
		put(s, "/tmp", (char)('d' + i));
		transfer(s, STORE_MOVE, "/tmp", "/two");
	}
	assert_history(s, "/one", "ba");
	assert_history(s, "/two", "ed");
	store_close(s);
}

TEST(history_path_goes_through_a_rename_to_what_was_replaced_before_it)
{
	struct store *s = help_store_open();

	put(s, "/a.tmp", 'a');
	transfer(s, STORE_MOVE, "/a.tmp", "/a");
	put(s, "/a.tmp", 'b');
	transfer(s, STORE_MOVE, "/a.tmp", "/a");
	transfer(s, STORE_MOVE, "/a", "/b");
	put(s, "/b", 'c');
	transfer(s, STORE_MOVE, "/b", "/c");
	assert_history(s, "/c", "cba");
	assert_history(s, "/a", "ba"); /* the place, up to when it was left */
	put(s, "/a", 'z' - 20);
	assert_history(s, "/a", "fba");
	store_close(s);
}

TEST(history_path_of_a_copy_is_its_own)
{
	struct store *s = help_store_open();

	put(s, "/a", 'a');
	put(s, "/a", 'b');
	transfer(s, STORE_COPY, "/a", "/copy");
	put(s, "/copy", 'c');
	assert_history(s, "/copy", "cb");
	assert_history(s, "/a", "ba");
	transfer(s, STORE_COPY, "/copy", "/a"); /* over it: a new version of that file */
	assert_history(s, "/a", "cba");
	store_close(s);
}

TEST(history_path_is_found_in_folders_that_went_and_came)
{
	struct store *s = help_store_open();

	assert_ok(help_mkcol(s, "/d").error);
	put(s, "/d/f", 'a');
	transfer(s, STORE_MOVE, "/d", "/e"); /* moved on: /d/f as far as it was there */
	put(s, "/e/f", 'b');
	assert_ok(help_mkcol(s, "/d").error);
	put(s, "/d/f", 'c');
	assert_ok(help_delete(s, "/d", NULL).error);
	assert_history(s, "/d/f", "ca");
	assert_history(s, "/e/f", "ba");
	assert_history(s, "/d", "");
	assert_history(s, "/d/none", "");
	assert_history(s, "/none/f", "");
	store_close(s);
}

TEST(history_path_knows_a_name_in_both_of_its_forms)
{
	struct store *s = help_store_open();

	put(s, "/e\xcc\x81", 'a'); /* e and a combining accent */
	assert_ok(help_delete(s, "/e\xcc\x81", NULL).error);
	put(s, "/\xc3\xa9", 'b'); /* the same letter as one */
	assert_history(s, "/\xc3\xa9", "ba");
	assert_history(s, "/e\xcc\x81", "ba");
	store_close(s);
}

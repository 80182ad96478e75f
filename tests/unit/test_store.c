#include "server/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static char *hex_of(const struct digest *d)
{
	static char hex[DIGEST_HEX_SIZE];

	return digest_hex(d, hex);
}

TEST(store_put_creates_then_replaces_and_returns_the_digest)
{
	struct store *s = help_store_open();
	struct store_result r = help_put_text(s, "/a.txt", "test");
	struct store_node node;

	assert_non_null(s);
	assert_true(store_is_new(s));
	assert_ok(r.error);
	assert_true(r.created && r.has_digest);
	assert_string_equal(hex_of(&r.digest), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
	assert_int_equal(r.seq, store_head(s));
	r = help_put_text(s, "/a.txt", "other");
	assert_ok(r.error);
	assert_false(r.created);
	assert_ok(store_lookup(s, span_of("/a.txt"), &node));
	assert_true(digest_equal(&node.digest, &r.digest));
	assert_int_equal(node.size_bytes, 5);
	assert_int_equal(node.id, r.node.id);
	assert_string_equal(node.name, "a.txt");
	assert_string_equal(node.type, "text/plain");
	assert_true(help_has(s, "/a.txt", "other", 5));
	store_close(s);
}

TEST(store_survives_being_closed_and_opened)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_put_text(s, "/d/a", "one").error);
	assert_ok(help_put_text(s, "/empty", "").error);
	store_close(s);
	s = help_store_reopen(folder);
	assert_non_null(s);
	assert_false(store_is_new(s));
	assert_int_equal(store_head(s), 3);
	assert_true(help_has(s, "/d/a", "one", 3));
	assert_true(help_has(s, "/empty", "", 0));
	assert_ok(help_put_text(s, "/d/b", "two").error);
	assert_true(help_has(s, "/d/b", "two", 3));
	store_close(s);
	free(folder);
}

TEST(store_answers_what_the_tree_is_like)
{
	static const struct {
		enum store_op op;
		const char *path;
		enum err want;
	} cases[] = {
		{ STORE_PUT, "/no/a", E_CONFLICT },
		{ STORE_PUT, "/file/a", E_CONFLICT },
		{ STORE_PUT, "/dir", E_METHOD },
		{ STORE_PUT, "/", E_METHOD },
		{ STORE_PUT, "/.sync", E_FORBIDDEN },
		{ STORE_PUT, "/.sync/x", E_FORBIDDEN },
		{ STORE_MKCOL, "/dir", E_METHOD },
		{ STORE_MKCOL, "/file", E_METHOD },
		{ STORE_MKCOL, "/", E_METHOD },
		{ STORE_MKCOL, "/no/x", E_CONFLICT },
		{ STORE_MKCOL, "/remote.php", E_FORBIDDEN },
		{ STORE_DELETE, "/", E_FORBIDDEN },
		{ STORE_DELETE, "/no", E_NOT_FOUND },
		{ STORE_DELETE, "/no/x", E_NOT_FOUND },
		{ STORE_DELETE, "/file/x", E_NOT_FOUND },
	};
	struct store *s = help_store_open();
	int64_t head;

	assert_ok(help_mkcol(s, "/dir").error);
	assert_ok(help_put_text(s, "/file", "x").error);
	head = store_head(s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct store_step step = { .op = cases[i].op, .path = span_of(cases[i].path) };
		struct store_result r;

		if (step.op == STORE_PUT)
			step.upload = help_upload(s, "y", 1);
		r = help_run(s, &step);
		if (r.error != cases[i].want)
			print_error("case %zu: %s\n", i, err_words(r.error));
		assert_int_equal(r.error, cases[i].want);
	}
	assert_int_equal(store_head(s), head);
	store_close(s);
}

TEST(store_delete_of_a_file_written_as_a_collection_finds_nothing)
{
	struct store *s = help_store_open();
	struct store_step step = { .op = STORE_DELETE, .path = span_of("/f"), .is_collection = true };

	assert_ok(help_put_text(s, "/f", "x").error);
	assert_int_equal(help_run(s, &step).error, E_NOT_FOUND);
	step.is_collection = false;
	assert_ok(help_run(s, &step).error);
	store_close(s);
}

TEST(store_lookup_tells_a_missing_name_from_a_missing_parent)
{
	struct store *s = help_store_open();
	struct store_node node;

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_put_text(s, "/f", "x").error);
	assert_int_equal(store_lookup(s, span_of("/x"), &node), E_NOT_FOUND);
	assert_int_equal(store_lookup(s, span_of("/d/x"), &node), E_NOT_FOUND);
	assert_int_equal(store_lookup(s, span_of("/f/x"), &node), E_CONFLICT);
	assert_int_equal(store_lookup(s, span_of("/x/y"), &node), E_CONFLICT);
	assert_int_equal(store_lookup(s, span_of("/x/y/z"), &node), E_CONFLICT);
	assert_ok(store_lookup(s, span_of("/"), &node));
	assert_int_equal(node.kind, STORE_COLLECTION);
	assert_int_equal(node.members, 2);
	assert_int_equal(node.size_bytes, 1);
	store_close(s);
}

TEST(store_if_match_is_compare_and_swap)
{
	struct store *s = help_store_open();
	struct cond match = COND_NONE, none = COND_NONE;
	char etag[DIGEST_ETAG_SIZE];
	struct store_result r = help_put_text(s, "/a", "1");

	match.if_match = digest_etag(&r.digest, etag);
	none.if_none_match = "*";
	r = help_put(s, "/a", "2", 1, &none);
	assert_int_equal(r.error, E_PRECONDITION);
	assert_true(r.has_digest);
	assert_ok(help_put(s, "/a", "2", 1, &match).error);
	r = help_put(s, "/a", "3", 1, &match);
	assert_int_equal(r.error, E_PRECONDITION);
	assert_true(digest_equal(&r.digest, &(struct digest[]){ digest_of("2", 1) }[0]));
	assert_int_equal(help_delete(s, "/a", &match).error, E_PRECONDITION);
	assert_ok(help_put(s, "/new", "x", 1, &none).error);
	r = help_put(s, "/absent", "x", 1, &match);
	assert_int_equal(r.error, E_PRECONDITION);
	assert_false(r.has_digest);
	store_close(s);
}

TEST(store_names_are_unique_in_their_normal_form_and_kept_as_sent)
{
	struct store *s = help_store_open();
	struct store_node node;

	assert_ok(help_put_text(s, "/e\xcc\x81", "decomposed").error);
	assert_false(help_put_text(s, "/\xc3\xa9", "composed").created);
	assert_ok(store_lookup(s, span_of("/\xc3\xa9"), &node));
	assert_string_equal(node.name, "e\xcc\x81");
	assert_int_equal(node.size_bytes, 8);
	store_close(s);
}

struct seen {
	char names[64][STORE_NAME_SIZE];
	unsigned count;
};

static bool see(void *arg, const struct store_node *member)
{
	struct seen *seen = arg;

	snprintf(seen->names[seen->count++], STORE_NAME_SIZE, "%s", member->name);
	return true;
}

TEST(store_list_pages_in_byte_order_of_keys)
{
	static const char *const names[] = { "/b", "/a", "/\xc3\xa9", "/Z", "/c" }, *const order[] = { "Z", "a", "b",
												       "c",
												       "\xc3\xa9" };
	struct store *s = help_store_open();
	struct seen seen = { .count = 0 };
	struct store_node root;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_ok(help_put_text(s, names[i], "x").error);
	assert_ok(store_lookup(s, span_of("/"), &root));
	assert_ok(store_list(s, root.id, "", 2, see, &seen));
	assert_int_equal(seen.count, 2);
	assert_ok(store_list(s, root.id, "a", 10, see, &seen));
	assert_int_equal(seen.count, 5);
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_string_equal(seen.names[i], order[i]);
	store_close(s);
}

TEST(store_counts_what_is_below_a_collection_up_to_a_limit)
{
	static const struct {
		const char *path;
		int64_t limit, count;
	} cases[] = {
		{ "/", 100, 7 },    { "/", 3, 3 },        { "/a", 100, 4 },
		{ "/a/b", 100, 1 }, { "/a/b/x", 100, 0 }, { "/e", 100, 0 },
	};
	struct store *s = help_store_open();
	struct store_node n;

	assert_ok(help_mkcol(s, "/a").error);
	assert_ok(help_mkcol(s, "/a/b").error);
	assert_ok(help_mkcol(s, "/e").error);
	assert_ok(help_put_text(s, "/a/b/x", "1").error);
	assert_ok(help_put_text(s, "/a/y", "1").error);
	assert_ok(help_put_text(s, "/a/z", "1").error);
	assert_ok(help_put_text(s, "/f", "1").error);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t count = -1;

		assert_ok(store_lookup(s, span_of(cases[i].path), &n));
		assert_ok(store_count_below(s, n.id, cases[i].limit, &count));
		assert_int_equal(count, cases[i].count);
	}
	store_close(s);
}

TEST(store_belongs_to_one_process_and_to_its_owner)
{
	struct store *s = help_store_open(), *other = NULL;
	struct store_options options = STORE_DEFAULTS;
	struct note why;
	struct stat st;
	char *db = xasprintf("%s/db", store_folder(s));

	assert_int_equal(store_open(store_folder(s), &options, &other, &why), E_BUSY);
	assert_non_null(strstr(why.text, "in use"));
	assert_int_equal(stat(store_folder(s), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	store_close(s);
	free(db);
}

TEST(store_is_not_made_unless_asked)
{
	struct store_options options = STORE_DEFAULTS;
	struct store *s = NULL;
	const char *folder = test_folder();
	char *below = xasprintf("%s/x/y", folder);
	struct note why;

	assert_int_equal(store_open(folder, &options, &s, &why), E_NOT_FOUND);
	assert_non_null(strstr(why.text, "no store"));
	assert_int_equal(store_open(below, &options, &s, &why), E_NOT_FOUND);
	s = help_store_reopen(below);
	assert_non_null(s);
	store_close(s);
	free(below);
}

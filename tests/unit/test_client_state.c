#include "client/state.h"

#include <string.h>

#include "tests/unit/test.h"

static struct state *open_new(void)
{
	autofree char *path = xasprintf("%s/a/b/state.db", test_folder());
	struct state *s = NULL;

	assert_int_equal(state_open(path, &s, NULL), OK);
	return s;
}

static struct seen make_seen(const char *etag)
{
	return (struct seen){ .etag = (char *)etag,
			      .modified = "",
			      .has_digest = true,
			      .digest = digest_of(etag, strlen(etag)),
			      .size_bytes = 5,
			      .has_id = true,
			      .id = { 5, 1, 2, UINT64_MAX, 4 },
			      .taken_ns = 9,
			      .written_s = 7 };
}

static void assert_tag(struct state *s, const char *path, const char *local, const char *want)
{
	struct seen seen;
	enum err e = state_get(s, "https://h/", path, local, &seen);

	assert_int_equal(e, want ? OK : E_NOT_FOUND);
	if (want)
		assert_string_equal(seen.etag, want);
	seen_clear(&seen);
}

TEST(state_keeps_a_row_for_each_copy_and_one_for_the_newest)
{
	struct state *s = open_new();
	struct seen one = make_seen("\"1\""), two = make_seen("\"2\""), got;

	assert_tag(s, "/f", "", NULL);
	assert_int_equal(state_put(s, "https://h/", "/f", "/a/f", &one), OK);
	assert_int_equal(state_put(s, "https://h/", "/f", "/b/f", &two), OK);
	assert_tag(s, "/f", "/a/f", "\"1\"");
	assert_tag(s, "/f", "/b/f", "\"2\"");
	assert_tag(s, "/f", "", "\"2\"");
	assert_int_equal(state_get(s, "https://h/", "/f", "/a/f", &got), OK);
	assert_true(local_id_equal(&got.id, &one.id) && got.has_id && got.taken_ns == 9 && got.written_s == 7);
	assert_true(got.has_digest && digest_equal(&got.digest, &one.digest) && got.size_bytes == 5);
	seen_clear(&got);
	assert_int_equal(state_get(s, "https://other/", "/f", "", &got), E_NOT_FOUND);
	state_close(s);
}

TEST(state_forgets_a_path_and_what_is_below_it_alone)
{
	static const char *const paths[] = { "/d", "/d/a", "/d/a/b", "/d.txt", "/d0", "/dd", "/e" };
	struct state *s = open_new();
	struct seen seen = make_seen("\"1\"");

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_int_equal(state_put(s, "https://h/", paths[i], "/x", &seen), OK);
	assert_int_equal(state_forget(s, "https://h/", "/d"), OK);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_tag(s, paths[i], "/x", i < 3 ? NULL : "\"1\"");
	state_close(s);
}

TEST(state_remembers_partial_downloads_and_servers)
{
	struct state *s = open_new();
	char *temp = NULL, *etag = NULL, *features = NULL;
	bool is_basic = false;

	assert_int_equal(state_partial_put(s, "u", "/f", "/l", ".sync-1.part", "\"e\""), OK);
	assert_int_equal(state_partial_get(s, "u", "/f", "/l", &temp, &etag), OK);
	assert_string_equal(temp, ".sync-1.part");
	base_free_cleanup(&temp);
	base_free_cleanup(&etag);
	assert_int_equal(state_partial_forget(s, "u", "/f", "/l"), OK);
	assert_int_equal(state_partial_get(s, "u", "/f", "/l", &temp, &etag), E_NOT_FOUND);
	assert_int_equal(state_remote_get(s, "u", &features, &is_basic), E_NOT_FOUND);
	assert_int_equal(state_remote_put(s, "u", NULL, true), OK);
	assert_int_equal(state_remote_get(s, "u", &features, &is_basic), OK);
	assert_true(!features && is_basic);
	assert_int_equal(state_remote_put(s, "u", "", false), OK);
	assert_int_equal(state_remote_get(s, "u", &features, &is_basic), OK);
	assert_string_equal(features, "");
	assert_false(is_basic);
	base_free_cleanup(&features);
	state_close(s);
}

TEST(state_that_cannot_be_opened_is_said)
{
	struct state *s = NULL;
	struct note why = { "" };

	assert_int_not_equal(state_open("/dev/null/state.db", &s, &why), OK);
	assert_true(why.text[0] && !s);
}

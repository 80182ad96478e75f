#include "client/sync/tag.h"

#include <string.h>

#include "tests/unit/test.h"

static struct base *open_base(void)
{
	autofree char *path = xasprintf("%s/state.db", test_folder());
	struct base *base;
	struct note why;

	assert_int_equal(OK, base_open(path, &base, &why));
	return base;
}

static bool is_ours(struct base *base, const char *text)
{
	struct digest digest = digest_of(text, strlen(text));
	bool is_ours;

	assert_int_equal(OK, tag_sent_is(base, "a/b", &digest, &is_ours));
	return is_ours;
}

static void send_one(struct base *base)
{
	struct digest digest = digest_of("one", 3);

	assert_int_equal(OK, tag_sent_put(base, "a/b", &digest));
	assert_true(is_ours(base, "one") && is_ours(base, "") && !is_ours(base, "two"));
}

/* Else somebody's return to what we once sent would look like our own doing, and our older file like a change of it. */
TEST(tag_what_was_sent_is_forgotten_when_both_sides_agree_on_something_newer)
{
	struct base *base = open_base();
	struct base_row two = { .remote = { .kind = PLAN_FILE, .digest = digest_of("two", 3), .size_bytes = 3 } };

	send_one(base);
	assert_int_equal(OK, base_agree(base, "a/c", &two));
	assert_true(is_ours(base, "one"));
	assert_int_equal(OK, base_agree(base, "a/b", &two));
	assert_true(!is_ours(base, "one") && !is_ours(base, ""));

	send_one(base);
	assert_int_equal(OK, base_agree_gone(base, "a/b"));
	assert_false(is_ours(base, "one"));
	assert_int_equal(OK, base_commit(base));
	base_close(base);
}

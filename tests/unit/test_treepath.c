#include "client/sync/treepath.h"

#include <stdlib.h>

#include "tests/unit/test.h"

TEST(treepath_order_is_that_of_a_walk)
{
	static const char *const order[] = { "a", "a/b", "a/b/c", "a/b-", "a-", "a-b", "a.b", "ab", "b", "\xc3\xa9" };

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		for (size_t j = 0; j < ARRAY_LEN(order); j++) {
			int found = treepath_compare(order[i], order[j]);

			assert_int_equal((found > 0) - (found < 0), (i > j) - (i < j));
		}
}

TEST(treepath_takes_paths_apart)
{
	char *parent = treepath_parent("a/b/c"), *top = treepath_parent("a"), *joined = treepath_join("", "x");

	assert_string_equal(parent, "a/b");
	assert_string_equal(top, "");
	assert_string_equal(joined, "x");
	assert_string_equal(treepath_name("a/b"), "b");
	assert_true(treepath_is_below("a/b", "a") && treepath_is_below("a", ""));
	assert_false(treepath_is_below("a", "a") || treepath_is_below("ab/c", "a"));
	assert_true(treepath_is_ours(".sync") && treepath_is_ours("a/.sync/id") && !treepath_is_ours("a/.sync-x"));
	assert_int_equal(treepath_depth("a"), 0);
	assert_int_equal(treepath_depth("a/b/c"), 2);
	free(parent);
	free(top);
	free(joined);
}

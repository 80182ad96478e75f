#include "common/arena.h"

#include "tests/unit/table.h"

TEST(arena_pieces_are_aligned_and_apart)
{
	struct arena *a = arena_new();
	unsigned char *pieces[300];

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		pieces[i] = arena_alloc(a, i);
		CASE_EQUAL(i, (uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		memset(pieces[i], (int)i, i);
	}
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
		for (size_t j = 0; j < i; j++)
			CASE_EQUAL(i, pieces[i][j], (unsigned char)i);
	arena_free(a);
	arena_free(NULL);
}

TEST(arena_takes_what_is_larger_than_a_block)
{
	struct arena *a = arena_new();
	char *small = arena_strdup(a, "small"), *large = arena_alloc(a, 1 << 20), *after = arena_strdup(a, "after");

	memset(large, 'x', 1 << 20);
	assert_string_equal(small, "small");
	assert_string_equal(after, "after");
	arena_free(a);
}

TEST(arena_reset_forgets_and_goes_on)
{
	struct arena *a = arena_new();

	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 50; i++)
			memset(arena_alloc(a, 1000), 'x', 1000);
		arena_reset(a);
		arena_reset(a);
	}
	assert_string_equal(arena_printf(a, "%s-%d", "a", 7), "a-7");
	arena_free(a);
}

TEST(arena_zalloc_is_zeroed_also_after_a_reset)
{
	struct arena *a = arena_new();
	const unsigned char *zeros;

	memset(arena_alloc(a, 4000), 0xff, 4000);
	arena_reset(a);
	zeros = arena_zalloc(a, 4000);
	for (size_t i = 0; i < 4000; i++)
		CASE_EQUAL(i, zeros[i], 0);
	arena_free(a);
}

TEST(arena_copies_are_terminated)
{
	struct arena *a = arena_new();
	char *text;

	assert_string_equal(arena_span(a, (struct span){ "abcdef", 3 }), "abc");
	assert_string_equal(arena_span(a, (struct span){ NULL, 0 }), "");
	text = arena_span(a, (struct span){ "a\0b", 3 });
	assert_memory_equal(text, "a\0b", 4);
	assert_string_equal(arena_printf(a, "%s", ""), "");
	text = arena_printf(a, "%09999d", 1);
	assert_int_equal(strlen(text), 9999);
	arena_free(a);
}

#include "common/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/table.h"

TEST(buf_starts_empty_and_terminated)
{
	struct buf b = buf_new(10);

	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_reset(&b);
	buf_clear(&b);
	assert_string_equal(b.data, "");
}

TEST(buf_refuses_whole_what_would_pass_the_maximum)
{
	autobuf struct buf b = buf_new(5);
	char *room;

	assert_int_equal(buf_add(&b, "abc", 3), OK);
	assert_int_equal(buf_add(&b, "def", 3), E_TOO_LARGE);
	assert_string_equal(b.data, "abc");
	assert_int_equal(buf_add_text(&b, "de"), OK);
	assert_string_equal(b.data, "abcde");
	assert_int_equal(buf_add(&b, "", 0), OK);
	assert_int_equal(buf_add(&b, NULL, 0), OK);
	assert_int_equal(buf_add_text(&b, "f"), E_TOO_LARGE);
	assert_int_equal(buf_addf(&b, "%d", 1), E_TOO_LARGE);
	assert_int_equal(buf_reserve(&b, 1, &room), E_TOO_LARGE);
	assert_int_equal(buf_reserve(&b, SIZE_MAX, &room), E_TOO_LARGE);
	assert_string_equal(b.data, "abcde");
}

TEST(buf_with_no_room_at_all)
{
	autobuf struct buf b = buf_new(0);

	assert_int_equal(buf_add_text(&b, ""), OK);
	assert_int_equal(buf_add_text(&b, "a"), E_TOO_LARGE);
	assert_string_equal(b.data, "");
}

TEST(buf_grows_and_keeps_what_it_has)
{
	autobuf struct buf b = buf_new(1 << 20);

	for (int i = 0; i < 20000; i++)
		assert_int_equal(buf_addf(&b, "%05d", i), OK);
	assert_int_equal(b.len, 100000);
	for (int i = 0; i < 20000; i++) {
		char want[16];

		snprintf(want, sizeof want, "%05d", i);
		assert_memory_equal(b.data + 5 * (size_t)i, want, 5);
	}
	assert_int_equal(b.data[b.len], 0);
	buf_reset(&b);
	assert_string_equal(b.data, "");
	assert_int_equal(buf_add_span(&b, (struct span){ "a\0b", 3 }), OK);
	assert_true(span_eq(buf_span(&b), (struct span){ "a\0b", 3 }));
}

/* An end of file may come right after a reservation. */
TEST(buf_is_terminated_also_between_reserve_and_commit)
{
	for (size_t i = 0; i < 3; i++) {
		autobuf struct buf b = buf_new(100000);
		char *room;

		CASE_EQUAL(i, buf_add(&b, "abc", i), OK);
		CASE_EQUAL(i, buf_reserve(&b, 50000, &room), OK);
		CASE_EQUAL(i, b.data[b.len], 0);
		CASE_EQUAL(i, b.len, i);
	}
}

TEST(buf_reserve_and_commit_append)
{
	autobuf struct buf b = buf_new(100);
	char *room;

	assert_int_equal(buf_reserve(&b, 10, &room), OK);
	memcpy(room, "hello", 5);
	buf_commit(&b, 5);
	assert_string_equal(b.data, "hello");
	assert_int_equal(buf_reserve(&b, 0, &room), OK);
	buf_commit(&b, 0);
	assert_string_equal(b.data, "hello");
}

TEST(buf_take_hands_over_and_is_usable_again)
{
	autobuf struct buf b = buf_new(10);
	char *text = buf_take(&b);

	assert_string_equal(text, "");
	free(text);
	assert_int_equal(buf_add_text(&b, "abc"), OK);
	text = buf_take(&b);
	assert_string_equal(text, "abc");
	free(text);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.max, 10);
	assert_int_equal(buf_add_text(&b, "0123456789"), OK);
}

TEST(buf_add_number_writes_what_printf_would)
{
	static const int64_t numbers[] = { 0, 9, 10, -1, 1234567890123, INT64_MAX, INT64_MIN };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		autobuf struct buf b = buf_new(20);
		char text[24];

		snprintf(text, sizeof text, "%" PRId64, numbers[i]);
		assert_int_equal(buf_add_number(&b, numbers[i]), OK);
		assert_string_equal(b.data, text);
		assert_int_equal(buf_add_number(&b, 1) == OK, strlen(text) < 20);
	}
}

/* It prints into the room that is there first: what does not fit must leave no trace, what fits exactly must. */
TEST(buf_addf_at_every_fill)
{
	for (size_t had = 0; had < 140; had++) {
		autobuf struct buf b = buf_new(150);
		char text[200];

		memset(text, 'a', had);
		assert_int_equal(buf_add(&b, text, had), OK);
		snprintf(text + had, sizeof text - had, "%040d", 7);
		if (had + 40 <= 150)
			assert_int_equal(buf_addf(&b, "%040d", 7), OK);
		else
			assert_int_equal(buf_addf(&b, "%040d", 7), E_TOO_LARGE);
		text[b.len] = '\0';
		assert_string_equal(b.data, text);
		assert_int_equal(b.len, had + 40 <= 150 ? had + 40 : had);
	}
}

TEST(buf_of_a_secret_is_wiped_when_it_is_cleared_and_keeps_its_kind)
{
	struct buf b = buf_new_secret(1 << 20);
	char *room;

	/* Grown over and over it holds what it held. */
	for (int i = 0; i < 10000; i++)
		assert_int_equal(buf_addf(&b, "%d,", i), OK);
	assert_memory_equal(b.data, "0,1,2,3,", 8);
	assert_string_equal(b.data + b.len - 5, "9999,");
	buf_clear(&b);
	assert_true(b.is_secret);
	assert_int_equal(buf_reserve(&b, 10, &room), OK);
	assert_string_equal(b.data, "");
	free(buf_take(&b));
	assert_true(b.is_secret);
}

#include "server/store/synctoken.h"

#include <string.h>

#include "tests/unit/store_help.h"
#include "tests/unit/table.h"

#define PLAIN "data:,0011223344556677.42.8899aabbccddeeff.0123456789abcdef"

TEST(synctoken_is_read_only_as_it_is_written)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ PLAIN, true },
		{ PLAIN ".g-1-2-3-0", true },
		{ PLAIN ".n-0-9223372036854775807-3-0", true },
		{ PLAIN ".w-7-8-9-10", true },
		{ PLAIN ".l-0-0-0-5", true },
		{ "data:,0011223344556677.0.8899aabbccddeeff.0123456789abcdef", true },
		{ "", false },
		{ "data:,", false },
		{ "DATA:,0011223344556677.42.8899aabbccddeeff.0123456789abcdef", false },
		{ " " PLAIN, false },
		{ PLAIN " ", false },
		{ PLAIN ".", false },
		{ PLAIN ".x-1-2-3-0", false },
		{ PLAIN ".g-1-2-3", false },
		{ PLAIN ".g-1-2-3-0-", false },
		{ PLAIN ".g-1-2-3-0-0", false },
		{ PLAIN ".g-01-2-3-0", false },
		{ PLAIN ".g-+1-2-3-0", false },
		{ PLAIN ".g--1-2-3-0", false },
		{ PLAIN ".g-9223372036854775808-2-3-0", false },
		{ PLAIN ".gg-1-2-3-0", false },
		{ PLAIN ".g-1-2-3-0.l-0-0-0-5", false },
		{ "data:,0011223344556677.-1.8899aabbccddeeff.0123456789abcdef", false },
		{ "data:,0011223344556677.042.8899aabbccddeeff.0123456789abcdef", false },
		{ "data:,0011223344556677..8899aabbccddeeff.0123456789abcdef", false },
		{ "data:,0011223344556677.42.8899AABBCCDDEEFF.0123456789abcdef", false },
		{ "data:,0011223344556677.42.8899aabbccddeef.0123456789abcdef", false },
		{ "data:,0011223344556677.42.8899aabbccddeeff.0123456789abcdefa", false },
		{ "data:,0011223344556677.42.8899aabbccddeeff", false },
		{ "data:,0011223344556677.9223372036854775808.8899aabbccddeeff.0123456789abcdef", false },
		{ "http://example.org/ns/sync/1234", false },
		{ PLAIN ".g-1111111111111111111-1111111111111111111-1111111111111111111-1111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111",
		  false },
	};
	char text[STORE_SYNC_TOKEN_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sync_token t;

		CASE_EQUAL(i, sync_token_read(span_of(cases[i].text), &t), cases[i].want);
		if (cases[i].want)
			CASE_TEXT(i, sync_token_write(&t, text), cases[i].text);
	}
	assert_false(sync_token_read((struct span){ PLAIN "\0", sizeof PLAIN }, &(struct sync_token){ .number = 0 }));
}

TEST(synctoken_holds_the_largest_numbers)
{
	struct sync_token t = { .number = INT64_MAX,
				.cursor = { SYNC_WALK, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX } };
	struct sync_token same;
	char text[STORE_SYNC_TOKEN_SIZE];

	assert_true(sync_token_read(span_of(sync_token_write(&t, text)), &same));
	assert_int_equal(same.cursor.at, INT64_MAX);
}

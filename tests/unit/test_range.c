#include "server/http/range.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/unit/table.h"

/* "0+5 7+3": the parts as first+len. */
static const char *describe(const struct range_set *set)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < set->count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%lld+%lld", i ? " " : "",
					(long long)set->parts[i].first, (long long)set->parts[i].len);
	return text;
}

TEST(range_parse_follows_rfc9110_14)
{
	enum { WHOLE = RANGE_WHOLE, PARTS = RANGE_PARTS, NOT = RANGE_UNSATISFIABLE };
	static const struct {
		const char *value;
		int64_t size;
		int want;
		const char *parts;
	} cases[] = {
		{ "bytes=0-4", 10, PARTS, "0+5" },
		{ "bytes=0-0", 10, PARTS, "0+1" },
		{ "bytes=9-9", 10, PARTS, "9+1" },
		{ "bytes=5-", 10, PARTS, "5+5" },
		{ "bytes=0-", 10, PARTS, "0+10" },
		{ "bytes=0-9", 10, PARTS, "0+10" },
		{ "bytes=0-99", 10, PARTS, "0+10" },
		{ "bytes=-1", 10, PARTS, "9+1" },
		{ "bytes=-10", 10, PARTS, "0+10" },
		{ "bytes=-99", 10, PARTS, "0+10" },
		{ "bytes=0-99999999999999999999999", 10, PARTS, "0+10" },
		{ "bytes=-99999999999999999999999", 10, PARTS, "0+10" },
		{ "bytes=00000000000000000000001-2", 10, PARTS, "1+2" },
		{ "BYTES=0-4", 10, PARTS, "0+5" }, /* unit names know no case (§14.1) */
		{ "bytes=0-1,4-5", 10, PARTS, "0+2 4+2" },
		{ "bytes=4-5,0-1", 10, PARTS, "4+2 0+2" }, /* in the order asked for */
		{ "bytes= 0-1 , 4-5 ", 10, PARTS, "0+2 4+2" },
		{ "bytes=,0-1,,4-5,", 10, PARTS, "0+2 4+2" },
		{ "bytes=0-1,-2", 10, PARTS, "0+2 8+2" },
		{ "bytes=0-1,20-30", 10, PARTS, "0+2" }, /* what lies outside is left out */
		{ "bytes=20-30,-2", 10, PARTS, "8+2" },
		{ "bytes=0-1,2-3", 10, PARTS, "0+4" }, /* adjacent */
		{ "bytes=0-3,2-5", 10, PARTS, "0+6" }, /* overlapping */
		{ "bytes=2-5,0-3", 10, PARTS, "0+6" },
		{ "bytes=0-1,8-9,2-3", 10, PARTS, "0+4 8+2" },
		{ "bytes=8-9,4-5,0-1", 10, PARTS, "8+2 4+2 0+2" },
		{ "bytes=0-1,4-5,2-3", 10, PARTS, "0+6" }, /* the one between joins both */
		{ "bytes=9-9,0-1,4-5,2-3", 10, PARTS, "9+1 0+6" },
		{ "bytes=0-0,0-0", 10, PARTS, "0+1" },
		{ "bytes=10-", 10, NOT, "" },
		{ "bytes=10-20", 10, NOT, "" },
		{ "bytes=10-20,30-", 10, NOT, "" },
		{ "bytes=99999999999999999999999-", 10, NOT, "" },
		{ "bytes=-0", 10, NOT, "" },
		{ "bytes=0-", 0, NOT, "" },
		{ "bytes=0-0", 0, NOT, "" },
		{ "bytes=-0", 0, WHOLE, "" },
		{ "bytes=-5", 0, WHOLE, "" },
		{ "bytes=4-2", 10, WHOLE, "" }, /* the rest are malformed: ignored, each as a whole */
		{ "bytes=0-1,4-2", 10, WHOLE, "" },
		{ "bytes=", 10, WHOLE, "" },
		{ "bytes=,", 10, WHOLE, "" },
		{ "bytes=-", 10, WHOLE, "" },
		{ "bytes=5", 10, WHOLE, "" },
		{ "bytes", 10, WHOLE, "" },
		{ "", 10, WHOLE, "" },
		{ "0-4", 10, WHOLE, "" },
		{ "=0-4", 10, WHOLE, "" },
		{ "items=0-4", 10, WHOLE, "" },
		{ "bytes:0-4", 10, WHOLE, "" },
		{ "bytes=0 - 4", 10, WHOLE, "" },
		{ "bytes=+0-4", 10, WHOLE, "" },
		{ "bytes=0-+4", 10, WHOLE, "" },
		{ "bytes=0x0-4", 10, WHOLE, "" },
		{ "bytes=0--4", 10, WHOLE, "" },
		{ "bytes=--4", 10, WHOLE, "" },
		{ "bytes=a-b", 10, WHOLE, "" },
		{ "bytes=0-4;5-6", 10, WHOLE, "" },
		{ "bytes=0-4 5-6", 10, WHOLE, "" },
		{ "bytes=0-9,0-0", 10, WHOLE, "" }, /* more than there is */
		{ "bytes=0-,-10", 10, WHOLE, "" },
		{ "bytes=0-,0-", INT64_MAX, WHOLE, "" },
		{ "bytes=0-9223372036854775807", INT64_MAX, PARTS, "0+9223372036854775807" },
		{ "bytes=-1", INT64_MAX, PARTS, "9223372036854775806+1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct range_set set;
		enum range_result got = range_parse(span_of(cases[i].value), cases[i].size, &set);

		CASE_EQUAL(i, got, cases[i].want);
		if (got == RANGE_PARTS)
			CASE_TEXT(i, describe(&set), cases[i].parts);
	}
}

TEST(range_absent_is_the_whole)
{
	struct range_set set;

	assert_int_equal(range_parse((struct span){ NULL, 0 }, 10, &set), RANGE_WHOLE);
}

/* `count` single bytes, two apart. */
static enum range_result ask(size_t count, int64_t size, struct range_set *set)
{
	static char text[65536];
	size_t len = (size_t)snprintf(text, sizeof text, "bytes=");

	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%zu-%zu,", 2 * i, 2 * i);
	return range_parse((struct span){ text, len }, size, set);
}

TEST(range_many_small_parts_are_answered_with_the_whole)
{
	struct range_set set;

	assert_int_equal(ask(RANGE_SPECS_LIMIT, 1 << 20, &set), RANGE_PARTS);
	assert_int_equal(set.count, RANGE_SPECS_LIMIT);
	assert_int_equal(ask(RANGE_SPECS_LIMIT + 1, 1 << 20, &set), RANGE_WHOLE);
	assert_int_equal(ask(5000, 1 << 20, &set), RANGE_WHOLE);
	assert_int_equal(ask(RANGE_FREE_PARTS, 100, &set), RANGE_PARTS);
	assert_int_equal(ask(RANGE_FREE_PARTS + 1, 100, &set), RANGE_WHOLE);
	assert_int_equal(ask(9, 9 + 9 * RANGE_PART_OVERHEAD - 1, &set), RANGE_WHOLE);
	assert_int_equal(ask(9, 9 + 9 * RANGE_PART_OVERHEAD, &set), RANGE_PARTS);
}

/* Against a bitmap: the parts are disjoint, inside, and cover exactly what was asked for. */
TEST(range_parts_cover_what_was_asked_for)
{
	enum { SIZE = 40 };

	srand(7);
	for (size_t round = 0; round < 20000; round++) {
		bool asked[SIZE] = { false }, covered[SIZE] = { false };
		char text[256] = "bytes=";
		size_t len = 6;
		struct range_set set;

		for (int n = rand() % 7; n >= 0; n--) {
			int first = rand() % SIZE, last = first + rand() % 5;

			len += (size_t)snprintf(text + len, sizeof text - len, "%d-%d,", first, last);
			for (int b = first; b <= last && b < SIZE; b++)
				asked[b] = true;
		}
		if (range_parse((struct span){ text, len }, SIZE, &set) != RANGE_PARTS)
			continue;
		for (size_t i = 0; i < set.count; i++)
			for (int64_t b = set.parts[i].first; b < set.parts[i].first + set.parts[i].len; b++) {
				CASE_TRUE(round, b >= 0 && b < SIZE && !covered[b]);
				covered[b] = true;
			}
		CASE_TRUE(round, memcmp(asked, covered, sizeof asked) == 0);
	}
}

TEST(if_range_holds_for_strong_validators_only)
{
#define TAG "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	enum { T = 784111777 };
	static const struct {
		const char *value;
		int64_t mtime_ns, changed_ns, now_ns;
		bool want;
	} cases[] = {
		{ "\"" TAG "\"", 0, 0, 0, true },
		{ " \"" TAG "\" ", 0, 0, 0, true },
		{ "W/\"" TAG "\"", 0, 0, 0, false },
		{ "\"x\"", 0, 0, 0, false },
		{ TAG, 0, 0, 0, false },
		{ "*", 0, 0, 0, false },
		{ "", 0, 0, 0, false },
		{ "\"" TAG "\", \"x\"", 0, 0, 0, false },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", T * NS_PER_S, T * NS_PER_S, (T + 1) * NS_PER_S, true },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", T * NS_PER_S + 5, T * NS_PER_S + 5, (T + 2) * NS_PER_S, true },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", T * NS_PER_S, T * NS_PER_S, (T + 1) * NS_PER_S, true },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", T * NS_PER_S, T * NS_PER_S, (T + 1) * NS_PER_S - 1, false },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", T * NS_PER_S, T * NS_PER_S + 1, (T + 9) * NS_PER_S, false },
		{ "Sun, 06 Nov 1994 08:49:36 GMT", T * NS_PER_S, T * NS_PER_S, (T + 9) * NS_PER_S, false },
		{ "Sun, 06 Nov 1994 08:49:38 GMT", T * NS_PER_S, T * NS_PER_S, (T + 9) * NS_PER_S, false },
		{ "yesterday", T * NS_PER_S, T * NS_PER_S, (T + 9) * NS_PER_S, false },
	};
	struct digest digest = digest_of("", 0);
	struct range_validator bare = { NULL, 0, 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct range_validator current = { &digest, cases[i].mtime_ns, cases[i].changed_ns };

		CASE_EQUAL(i, range_is_wanted(span_of(cases[i].value), &current, cases[i].now_ns), cases[i].want);
	}
	assert_true(range_is_wanted((struct span){ NULL, 0 }, &bare, 0));
	assert_false(range_is_wanted(span_of("\"" TAG "\""), &bare, 0));
#undef TAG
}

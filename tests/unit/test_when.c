#include "common/when.h"

#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "tests/unit/test.h"

#define NOW (INT64_C(1795901405) * NS_PER_S) /* 2026-11-28T21:30:05Z */

TEST(when_reads_dates_with_and_without_zone_and_fraction)
{
	static const struct {
		const char *text;
		int64_t seconds, rest_ns; /* seconds -1: refused */
	} cases[] = {
		{ "2026-11-28T21:30:05Z", 1795901405, NS_PER_S - 1 },
		{ "2026-11-28t21:30:05z", 1795901405, NS_PER_S - 1 },
		{ "2026-11-28T21:30:05.25Z", 1795901405, NS_PER_S / 4 },
		{ "2026-11-28T22:30:05+01:00", 1795901405, NS_PER_S - 1 },
		{ "2026-11-28T16:00:05.0-05:30", 1795901405, 0 },
		{ "2026-11-28 21:30", 1795901400, 60 * NS_PER_S - 1 },
		{ "2026-11-28", 1795824000, 0 },
		{ "1970-01-01T00:00:00.0Z", 0, 0 },
		{ "2024-02-29", 1709164800, 0 },
		{ "2026-02-29", -1, 0 },
		{ "2026-13-01", -1, 0 },
		{ "2026-00-01", -1, 0 },
		{ "2026-11-28T24:00:00Z", -1, 0 },
		{ "2026-11-28T21:30:05.Z", -1, 0 },
		{ "2026-11-28T21:30:05+1:00", -1, 0 },
		{ "2026-11-28T21:30:05ZZ", -1, 0 },
		{ "9999-12-31", -1, 0 },
		{ "2026-11-2", -1, 0 },
		{ "", -1, 0 },
		{ "3d", -1, 0 }, /* only where people write */
		{ "now", -1, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t at = -1;
		bool is_read = when_parse(span_of(cases[i].text), false, NOW, &at);

		if (is_read != (cases[i].seconds >= 0) ||
		    (is_read && at != cases[i].seconds * NS_PER_S + cases[i].rest_ns))
			print_error("%s: %lld\n", cases[i].text, (long long)at);
		assert_int_equal(is_read, cases[i].seconds >= 0);
		if (is_read)
			assert_int_equal(at, cases[i].seconds * NS_PER_S + cases[i].rest_ns);
	}
}

TEST(when_counts_back_for_people)
{
	static const struct {
		const char *text;
		int64_t ago_s; /* -1: refused */
	} cases[] = {
		{ "now", 0 },           { "yesterday", 86400 },
		{ "90s", 90 },          { "30m", 1800 },
		{ "2h ago", 7200 },     { "3d", 259200 },
		{ "1w", 604800 },       { "0d", 0 },
		{ "-1d", -1 },          { "d", -1 },
		{ "1y", -1 },           { "1 d", -1 },
		{ "99999999999d", -1 }, { "ago", -1 },
		{ "1.5h", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t at;
		bool is_read = when_parse(span_of(cases[i].text), true, NOW, &at);

		if (is_read != (cases[i].ago_s >= 0))
			print_error("%s\n", cases[i].text);
		assert_int_equal(is_read, cases[i].ago_s >= 0);
		if (is_read)
			assert_int_equal(at, NOW - cases[i].ago_s * NS_PER_S);
	}
}

TEST(when_takes_a_time_without_a_zone_as_the_place_has_it)
{
	int64_t at;

	setenv("TZ", "EET-2", 1); /* two hours east */
	tzset();
	assert_true(when_parse(span_of("2026-11-28 23:30:05"), true, NOW, &at));
	assert_int_equal(at / NS_PER_S, NOW / NS_PER_S);
	assert_true(when_parse(span_of("2026-11-28T21:30:05Z"), true, NOW, &at));
	assert_int_equal(at / NS_PER_S, NOW / NS_PER_S);
	unsetenv("TZ");
	tzset();
}

TEST(when_writes_what_it_reads)
{
	char text[WHEN_SIZE];
	int64_t at;

	assert_string_equal(when_format(NOW, text), "2026-11-28T21:30:05Z");
	assert_true(when_parse(span_of(text), false, 0, &at));
	assert_int_equal(at / NS_PER_S, NOW / NS_PER_S);
}

#include "common/httpdate.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/table.h"

enum { NOW_2026 = 1767225600 }; /* 2026-01-01 00:00:00 */

TEST(httpdate_format_writes_imf_fixdate)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ -1, "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ INT64_C(4294967296), "Sun, 07 Feb 2106 06:28:16 GMT" },
		{ INT64_C(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_C(253402300800), "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_C(-62135596800), "Mon, 01 Jan 0001 00:00:00 GMT" },
		{ INT64_MIN, "Mon, 01 Jan 0001 00:00:00 GMT" },
	};
	char text[HTTPDATE_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(httpdate_format(cases[i].seconds, text), cases[i].text);
}

TEST(httpdate_parse_takes_the_three_forms)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Sun Nov 06 08:49:37 1994", 784111777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
		{ "Mon, 06 Nov 1994 08:49:37 GMT", 784111777 }, /* not a Monday; nobody is hurt */
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799) },
		{ "Mon, 01 Jan 0001 00:00:00 GMT", INT64_C(-62135596800) },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t seconds = 42;

		CASE_TRUE(i, httpdate_parse(span_of(cases[i].text), NOW_2026, &seconds));
		CASE_TRUE(i, seconds == cases[i].seconds);
	}
}

TEST(httpdate_parse_refuses_what_is_not_a_date)
{
	static const char *const cases[] = {
		"",
		"0",
		"784111777",
		"yesterday",
		"Sun",
		"Sun,",
		"Sun, ",
		"Sunday",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 +0000",
		"Sun, 06 Nov 1994 08:49:37 gmt",
		"sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun,  6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06 Nov 1994 8:49:37 GMT",
		"Sun, 06 Nov 1994 08:49 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		" Sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMTx",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 23:60:00 GMT",
		"Sun, 06 Nov 1994 23:59:61 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 32 Jan 1994 08:49:37 GMT",
		"Wed, 29 Feb 1995 00:00:00 GMT",
		"Thu, 29 Feb 1900 00:00:00 GMT",
		"Sat, 01 Jan 0000 00:00:00 GMT",
		"Sun, 06 Nov +994 08:49:37 GMT",
		"Sun, -6 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sunday 06-Nov-94 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov  6 08:49:37 94",
		"Sun Nov  6 08:49:37 1994 GMT",
		"Sun Nov   08:49:37 1994",
		"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
		"Foo, 06 Nov 1994 08:49:37 GMT",
	};
	int64_t seconds;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_TRUE(i, !httpdate_parse(span_of(cases[i]), NOW_2026, &seconds));
	}
}

/* Every prefix of a date is no date, and reading it touches no byte beyond (the sanitizers see that). */
TEST(httpdate_parse_stays_inside_its_span)
{
	static const char *const dates[] = { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
					     "Sun Nov  6 08:49:37 1994" };
	int64_t seconds;

	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		for (size_t len = 0; len < strlen(dates[i]); len++) {
			char *copy = xmalloc(len);

			memcpy(copy, dates[i], len);
			assert_false(httpdate_parse((struct span){ copy, len }, NOW_2026, &seconds));
			free(copy);
		}
}

TEST(httpdate_two_digit_years_lie_at_most_50_years_ahead)
{
	static const struct {
		int64_t now_s;
		const char *text, *year;
	} cases[] = {
		{ NOW_2026, "Sunday, 06-Nov-94 08:49:37 GMT", "1994" },
		{ NOW_2026, "Sunday, 06-Nov-26 08:49:37 GMT", "2026" },
		{ NOW_2026, "Sunday, 06-Nov-25 08:49:37 GMT", "2025" },
		{ NOW_2026, "Sunday, 06-Nov-75 08:49:37 GMT", "2075" },
		{ NOW_2026, "Wednesday, 01-Jan-76 00:00:00 GMT", "2076" }, /* just 50 years */
		{ NOW_2026, "Wednesday, 01-Jan-76 00:00:01 GMT", "1976" },
		{ NOW_2026, "Tuesday, 29-Feb-00 00:00:00 GMT", "2000" },
		{ 946684799, "Saturday, 01-Jan-00 00:00:00 GMT", "2000" }, /* read in the last second of 1999 */
		{ 784111777, "Monday, 01-Jan-99 00:00:00 GMT", "1999" },
		{ 784111777, "Monday, 01-Jan-01 00:00:00 GMT", "2001" },
		{ 0, "Monday, 01-Jan-69 00:00:00 GMT", "1969" },
		{ 0, "Monday, 01-Jan-70 00:00:00 GMT", "1970" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[HTTPDATE_SIZE];
		int64_t seconds;

		CASE_TRUE(i, httpdate_parse(span_of(cases[i].text), cases[i].now_s, &seconds));
		httpdate_format(seconds, text);
		assert_memory_equal(text + 12, cases[i].year, 4);
	}
}

TEST(httpdate_refuses_two_digits_that_mean_a_year_beyond_9999)
{
	int64_t seconds;

	assert_false(httpdate_parse(span_of("Sunday, 06-Nov-34 08:49:37 GMT"), INT64_MAX, &seconds));
	assert_true(httpdate_parse(span_of("Sunday, 06-Nov-94 08:49:37 GMT"), INT64_MIN, &seconds));
}

TEST(httpdate_round_trips)
{
	char text[HTTPDATE_SIZE];
	int64_t back;

	for (int64_t at = INT64_C(-62135596800); at < INT64_C(253402300799); at += INT64_C(86400) * 97 + 12345) {
		assert_true(httpdate_parse(span_of(httpdate_format(at, text)), NOW_2026, &back));
		assert_true(back == at);
	}
}

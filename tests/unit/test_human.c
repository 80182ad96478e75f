#include "client/ui/human.h"
#include "client/ui/progress.h"

#include <stdlib.h>

#include "tests/unit/test.h"

TEST(human_bytes_are_short)
{
	static const struct {
		int64_t bytes;
		const char *want;
	} cases[] = {
		{ 0, "0 B" },
		{ 4, "4 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1229, "1.2 KiB" },
		{ 10240, "10 KiB" },
		{ 1048575, "1.0 MiB" },
		{ 100663296, "96 MiB" },
		{ INT64_C(5) << 30, "5.0 GiB" },
		{ INT64_MAX, "8.0 EiB" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[HUMAN_SIZE];

		assert_string_equal(human_bytes(cases[i].bytes, text), cases[i].want);
	}
}

TEST(human_quoted_lets_nothing_steer_a_terminal)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "plain", "plain" },
		{ "with \"quotes\" and \\", "with \"quotes\" and \\" },
		{ "\xc3\xbc\xe2\x82\xac", "\xc3\xbc\xe2\x82\xac" },
		{ "a\x1b[31m", "\"a\\033[31m\"" },
		{ "a\n\"b\\", "\"a\\n\\\"b\\\\\"" },
		{ "\xff", "\"\\377\"" },
		{ "\xc2\x9b"
		  "1m",
		  "\"\\302\\2331m\"" }, /* C1: CSI as one character */
		{ "\xe2\x80\xae"
		  "txt",
		  "\"\\342\\200\\256txt\"" },              /* right-to-left override */
		{ "\xe2\x80\xa8", "\"\\342\\200\\250\"" }, /* line separator */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *got = human_quoted(cases[i].text);

		assert_string_equal(got, cases[i].want);
	}
}

TEST(human_width_counts_columns)
{
	assert_int_equal(human_width("abc"), 3);
	assert_int_equal(human_width("\xc3\xbc"), 1);
	assert_int_equal(human_width("e\xcc\x81"), 1);    /* e and a combining acute */
	assert_int_equal(human_width("\xe4\xb8\xad"), 2); /* a wide one */
}

TEST(progress_line_fits_its_terminal)
{
	char text[128];

	assert_string_equal(progress_text(1 << 20, 4 << 20, 1000, 80, text, sizeof text),
			    "1.0 MiB of 4.0 MiB  1.0 MiB/s  3 s left");
	assert_string_equal(progress_text(1 << 20, 0, 2000, 80, text, sizeof text), "1.0 MiB  512 KiB/s");
	assert_string_equal(progress_text(1 << 20, 4 << 20, 1000, 10, text, sizeof text), "1.0 MiB o");
	assert_string_equal(progress_text(0, 5, 0, 80, text, sizeof text), "0 B  0 B/s");
}

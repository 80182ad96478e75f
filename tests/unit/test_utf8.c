#include "common/utf8.h"

#include <string.h>

#include "tests/unit/table.h"

/* The plain definition of UTF-8, to hold the decoder against. */
static size_t encode(uint32_t c, char out[4])
{
	if (c < 0x80)
		return out[0] = (char)c, 1;
	if (c < 0x800)
		return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 63)), 2;
	if (c < 0x10000)
		return out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 63)),
		       out[2] = (char)(0x80 | (c & 63)), 3;
	return out[0] = (char)(0xf0 | c >> 18), out[1] = (char)(0x80 | (c >> 12 & 63)),
	       out[2] = (char)(0x80 | (c >> 6 & 63)), out[3] = (char)(0x80 | (c & 63)), 4;
}

TEST(utf8_reads_every_character_and_no_surrogate)
{
	for (uint32_t c = 0; c < 0x200000; c++) {
		char bytes[4];
		struct span rest = { bytes, encode(c, bytes) };
		size_t len = rest.len;
		int32_t got = utf8_next(&rest);

		if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
			if (got != -1 || rest.len != len - 1)
				fail_msg("U+%X was read", c);
		} else if (got != (int32_t)c || rest.len != 0) {
			fail_msg("U+%X was not read", c);
		}
	}
}

TEST(utf8_pairs_of_bytes_are_valid_only_if_some_character_has_that_form)
{
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			char bytes[2] = { (char)a, (char)b };
			bool want = (a < 0x80 && b < 0x80) || (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf);

			assert_int_equal(utf8_is_valid((struct span){ bytes, 2 }), want);
		}
}

TEST(utf8_refuses_overlong_and_cut_forms)
{
	static const char *const cases[] = { "\xc0\x80",
					     "\xc1\xbf",
					     "\xe0\x80\x80",
					     "\xe0\x9f\xbf",
					     "\xf0\x80\x80\x80",
					     "\xf0\x8f\xbf\xbf",
					     "\xe2\x82",
					     "\xf0\x9f\x98",
					     "a\xe2\x82z",
					     "\xf8\x88\x80\x80\x80",
					     "\xfe",
					     "\xbf" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_TRUE(i, !utf8_is_valid(span_of(cases[i])));
	}
	assert_true(utf8_is_valid(span_of("")));
	assert_true(utf8_is_valid(span_of("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
}

TEST(utf8_cuts_one_byte_of_what_is_no_character)
{
	struct span rest = span_of("\xe2\x82z");

	assert_int_equal(utf8_next(&rest), -1);
	assert_int_equal(utf8_next(&rest), -1);
	assert_int_equal(utf8_next(&rest), 'z');
	assert_int_equal(rest.len, 0);
}

TEST(utf8_controls_are_c0_del_and_c1)
{
	for (int32_t c = -1; c < 0x200; c++)
		assert_int_equal(utf8_is_control(c), (c >= 0 && c <= 0x1f) || (c >= 0x7f && c <= 0x9f));
}

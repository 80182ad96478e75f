#include "common/span.h"

#include <stdlib.h>

#include "tests/unit/table.h"

static const struct span nothing = { NULL, 0 };

TEST(span_of_null_is_empty_and_not_null)
{
	assert_int_equal(span_of(NULL).len, 0);
	assert_non_null(span_of(NULL).ptr);
	assert_int_equal(span_of("abc").len, 3);
}

TEST(span_comparisons)
{
	static const struct {
		const char *a, *b;
		bool same, nocase, starts;
	} cases[] = {
		{ "", "", true, true, true },
		{ "a", "a", true, true, true },
		{ "a", "A", false, true, false },
		{ "abc", "ab", false, false, true },
		{ "ab", "abc", false, false, false },
		{ "", "a", false, false, false },
		{ "a", "", false, false, true },
		{ "[", "{", false, false, false },
		{ "\xc3\x84", "\xc3\xa4", false, false, false }, /* letters outside of ASCII are not folded */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_EQUAL(i, span_eq(span_of(cases[i].a), span_of(cases[i].b)), cases[i].same);
		CASE_EQUAL(i, span_is(span_of(cases[i].a), cases[i].b), cases[i].same);
		CASE_EQUAL(i, span_eq_nocase(span_of(cases[i].a), cases[i].b), cases[i].nocase);
		CASE_EQUAL(i, span_starts(span_of(cases[i].a), cases[i].b), cases[i].starts);
	}
	assert_false(span_is((struct span){ "a\0b", 3 }, "a"));
	assert_false(span_eq_nocase((struct span){ "a\0b", 3 }, "a"));
	assert_true(span_eq((struct span){ "a\0b", 3 }, (struct span){ "a\0b", 3 }));
	assert_false(span_eq((struct span){ "a\0b", 3 }, (struct span){ "a\0c", 3 }));
}

TEST(span_without_bytes_may_point_nowhere)
{
	struct span rest = nothing, part;

	assert_true(span_eq(nothing, span_of("")));
	assert_true(span_eq_nocase(nothing, ""));
	assert_true(span_starts(nothing, ""));
	assert_int_equal(span_trim(nothing).len, 0);
	assert_false(span_cut(&rest, ',', &part));
	assert_false(span_list_next(&rest, &part));
	char *copy = span_dup(nothing);
	assert_string_equal(copy, "");
	free(copy);
}

TEST(span_trim_takes_blanks_off_both_ends)
{
	static const struct {
		const char *text, *want;
	} cases[] = { { "", "" },          { " ", "" },    { "\t \t", "" },  { "a", "a" },
		      { " a b\t", "a b" }, { "\n", "\n" }, { "\ra ", "\ra" } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_TRUE(i, span_is(span_trim(span_of(cases[i].text)), cases[i].want));
}

/* All parts, each followed by "|". */
static const char *parts_of(const char *text, bool is_list)
{
	static char out[200];
	struct span rest = span_of(text), part;
	size_t len = 0;

	while (is_list ? span_list_next(&rest, &part) : span_cut(&rest, ',', &part)) {
		memcpy(out + len, part.ptr, part.len);
		len += part.len;
		out[len++] = '|';
	}
	out[len] = '\0';
	return out;
}

TEST(span_cut_yields_every_part)
{
	static const struct {
		const char *text, *want;
	} cases[] = { { "", "|" },     { "a", "a|" },     { "a,b", "a|b|" },      { ",", "||" },
		      { "a,", "a||" }, { ",,a", "||a|" }, { " a , b", " a | b|" } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_TEXT(i, parts_of(cases[i].text, false), cases[i].want);
}

TEST(span_list_next_knows_quotes_and_empty_elements)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ " ", "" },
		{ ",, ,", "" },
		{ "a", "a|" },
		{ " a\t,b ", "a|b|" },
		{ ",a,,b,", "a|b|" },
		{ "\"a,b\",c", "\"a,b\"|c|" },
		{ "a;x=\"1,\\\"2,\", b", "a;x=\"1,\\\"2,\"|b|" },
		{ "\"a", "\"a|" },
		{ "\"a,b", "\"a,b|" },
		{ "\"a\\", "\"a\\|" },
		{ "a\\,b", "a\\|b|" }, /* outside of quotes a backslash is nothing special */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_TEXT(i, parts_of(cases[i].text, true), cases[i].want);
}

TEST(span_list_has_folds_letters)
{
	assert_true(span_list_has(span_of("gzip, Chunked"), "chunked"));
	assert_false(span_list_has(span_of("xchunked, chunkedx, chun ked"), "chunked"));
	assert_false(span_list_has(span_of(""), "chunked"));
}

TEST(span_to_int64_reads_digits_alone)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} cases[] = {
		{ "0", true, 0 },
		{ "7", true, 7 },
		{ "007", true, 7 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x1", false, 0 },
		{ "1.0", false, 0 },
		{ "1e3", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t got = -5;

		CASE_EQUAL(i, span_to_int64(span_of(cases[i].text), &got), cases[i].ok);
		CASE_EQUAL(i, got, cases[i].ok ? cases[i].want : -5);
	}
	assert_false(span_to_int64((struct span){ "1\0", 2 }, &(int64_t){ 0 }));
}

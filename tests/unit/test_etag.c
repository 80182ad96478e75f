#include "common/etag.h"

#include "tests/unit/table.h"

TEST(etag_parse_takes_one_entity_tag_and_nothing_else)
{
	static const struct {
		const char *text;
		bool ok, weak;
		const char *opaque;
	} cases[] = {
		{ "\"abc\"", true, false, "abc" },
		{ "W/\"abc\"", true, true, "abc" },
		{ "\"\"", true, false, "" },
		{ "W/\"\"", true, true, "" },
		{ "\"a\\\"", true, false, "a\\" }, /* a backslash escapes nothing */
		{ "\"!#~\x80\xff\"", true, false, "!#~\x80\xff" },
		{ "\"a,b\"", true, false, "a,b" },
		{ "", false, false, "" },
		{ "abc", false, false, "" },
		{ "*", false, false, "" },
		{ "\"", false, false, "" },
		{ "\"abc", false, false, "" },
		{ "abc\"", false, false, "" },
		{ "w/\"abc\"", false, false, "" },
		{ "W\"abc\"", false, false, "" },
		{ "W/", false, false, "" },
		{ "W/ \"abc\"", false, false, "" },
		{ "\"a b\"", false, false, "" },
		{ "\"a\tb\"", false, false, "" },
		{ "\"a\x7f\"", false, false, "" },
		{ " \"a\"", false, false, "" },
		{ "\"a\" ", false, false, "" },
		{ "\"a\"\"b\"", false, false, "" },
		{ "\"a\", \"b\"", false, false, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct etag tag = { { "", 0 }, false };

		CASE_EQUAL(i, etag_parse(span_of(cases[i].text), &tag), cases[i].ok);
		if (!cases[i].ok)
			continue;
		CASE_EQUAL(i, tag.is_weak, cases[i].weak);
		CASE_TRUE(i, span_is(tag.opaque, cases[i].opaque));
	}
}

TEST(etag_with_a_nul_is_none)
{
	struct etag tag;

	assert_false(etag_parse((struct span){ "\"a\0b\"", 5 }, &tag));
}

/* The table of RFC 9110 §8.8.3.2. */
TEST(etag_comparison_follows_the_table_of_the_rfc)
{
	static const struct {
		const char *a, *b;
		bool strong, weak;
	} cases[] = {
		{ "W/\"1\"", "W/\"1\"", false, true }, { "W/\"1\"", "W/\"2\"", false, false },
		{ "W/\"1\"", "\"1\"", false, true },   { "\"1\"", "W/\"1\"", false, true },
		{ "\"1\"", "\"1\"", true, true },      { "\"1\"", "\"2\"", false, false },
		{ "\"a\"", "\"A\"", false, false },    { "\"\"", "\"\"", true, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct etag a, b;

		CASE_TRUE(i, etag_parse(span_of(cases[i].a), &a) && etag_parse(span_of(cases[i].b), &b));
		CASE_EQUAL(i, etag_equal_strong(a, b), cases[i].strong);
		CASE_EQUAL(i, etag_equal_weak(a, b), cases[i].weak);
	}
}

TEST(etag_list_find_looks_at_every_member)
{
	enum { M = ETAG_LIST_MATCH, N = ETAG_LIST_NO_MATCH, BAD = ETAG_LIST_MALFORMED };
	static const struct {
		const char *list;
		int strong, weak; /* against "x" */
		int nothing;      /* against no representation */
	} cases[] = {
		{ "*", M, M, N },
		{ " * ", M, M, N },
		{ "\"x\"", M, M, N },
		{ "W/\"x\"", N, M, N },
		{ "\"y\"", N, N, N },
		{ "\"y\", \"x\"", M, M, N },
		{ "\"y\",\"x\"", M, M, N },
		{ "\"x\"\t,\t\"y\"", M, M, N },
		{ "W/\"x\", \"x\"", M, M, N },
		{ "\"y\", W/\"x\"", N, M, N },
		{ ", ,\"x\",,", M, M, N }, /* empty members are skipped */
		{ "\"a,\\\", \"x\"", M, M, N },
		{ "\"x,\", \",x\"", N, N, N },
		{ "", N, N, N },
		{ " , ", N, N, N },
		{ "x", BAD, BAD, BAD },
		{ "\"x", BAD, BAD, BAD },
		{ "\"x\" \"y\"", BAD, BAD, BAD },
		{ "\"x\"\"y\"", BAD, BAD, BAD },
		{ "\"x\", y", BAD, BAD, BAD }, /* also after a match */
		{ "*, \"x\"", BAD, BAD, BAD },
		{ "\"x\", *", BAD, BAD, BAD },
		{ "**", BAD, BAD, BAD },
		{ "w/\"x\"", BAD, BAD, BAD },
		{ "\"x\";", BAD, BAD, BAD },
		{ "JoplinIgnore-1234", BAD, BAD, BAD },
	};
	struct etag current = { span_of("x"), false };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_EQUAL(i, etag_list_find(span_of(cases[i].list), &current, true), cases[i].strong);
		CASE_EQUAL(i, etag_list_find(span_of(cases[i].list), &current, false), cases[i].weak);
		CASE_EQUAL(i, etag_list_find(span_of(cases[i].list), NULL, true), cases[i].nothing);
		CASE_EQUAL(i, etag_list_find(span_of(cases[i].list), NULL, false), cases[i].nothing);
	}
}

TEST(etag_star_matches_what_has_no_tag_but_an_empty_tag_does_not)
{
	struct etag none = { { NULL, 0 }, false };

	assert_int_equal(etag_list_find(span_of("*"), &none, true), ETAG_LIST_MATCH);
	assert_int_equal(etag_list_find(span_of("\"\""), &none, true), ETAG_LIST_NO_MATCH);
	assert_int_equal(etag_list_find(span_of("\"\""), &none, false), ETAG_LIST_NO_MATCH);
	assert_int_equal(etag_list_find(span_of("\"a\""), &none, false), ETAG_LIST_NO_MATCH);
}

TEST(etag_current_weak_never_matches_strongly)
{
	struct etag weak = { span_of("x"), true };

	assert_int_equal(etag_list_find(span_of("\"x\""), &weak, true), ETAG_LIST_NO_MATCH);
	assert_int_equal(etag_list_find(span_of("\"x\""), &weak, false), ETAG_LIST_MATCH);
}

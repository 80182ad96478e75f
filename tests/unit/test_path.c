#include "common/path.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/table.h"

TEST(path_check_name_refuses_what_no_segment_may_be)
{
	static const struct {
		const char *name;
		enum err want;
	} cases[] = {
		{ "a", OK },
		{ "...", OK },
		{ ".a", OK },
		{ " ", OK },
		{ "a b\\c:*?\"<>|", OK },
		{ "\xc3\xa9", OK },
		{ "e\xcc\x81", OK },
		{ "\xf0\x9f\x98\x80", OK },
		{ "\xc2\xa0", OK }, /* U+00A0, the first after the C1 controls */
		{ "", E_BAD_REQUEST },
		{ ".", E_BAD_REQUEST },
		{ "..", E_BAD_REQUEST },
		{ "/", E_BAD_REQUEST },
		{ "a/b", E_BAD_REQUEST },
		{ "a\n", E_BAD_REQUEST },
		{ "\x01", E_BAD_REQUEST },
		{ "\x7f", E_BAD_REQUEST },
		{ "\xc2\x80", E_BAD_REQUEST }, /* U+0080 */
		{ "\xc2\x9f", E_BAD_REQUEST },
		{ "\x80", E_BAD_REQUEST },
		{ "\xff", E_BAD_REQUEST },
		{ "\xc3", E_BAD_REQUEST },
		{ "\xc0\xaf", E_BAD_REQUEST },     /* overlong slash */
		{ "\xe0\x80\xaf", E_BAD_REQUEST }, /* longer */
		{ "\xc0\xae\xc0\xae", E_BAD_REQUEST },
		{ "\xed\xa0\x80", E_BAD_REQUEST },     /* surrogate */
		{ "\xf4\x90\x80\x80", E_BAD_REQUEST }, /* above U+10FFFF */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_EQUAL(i, path_check_name(span_of(cases[i].name)), cases[i].want);
	}
	assert_int_equal(path_check_name((struct span){ "a\0b", 3 }), E_BAD_REQUEST);
}

TEST(path_limits_are_inclusive)
{
	char text[PATH_LIMIT + 300];
	size_t len = 0;

	memset(text, 'a', sizeof text);
	assert_int_equal(path_check_name((struct span){ text, PATH_NAME_LIMIT }), OK);
	assert_int_equal(path_check_name((struct span){ text, PATH_NAME_LIMIT + 1 }), E_URI_TOO_LONG);
	for (size_t i = 0; i < sizeof text; i += 256)
		text[i] = '/';
	assert_int_equal(path_check((struct span){ text, PATH_LIMIT }), OK);
	assert_int_equal(path_check((struct span){ text, PATH_LIMIT + 2 }), E_URI_TOO_LONG);
	text[PATH_LIMIT - 128] = '/'; /* room in the last segment for one byte more */
	text[PATH_LIMIT] = 'a';
	assert_int_equal(path_check((struct span){ text, PATH_LIMIT }), OK);
	assert_int_equal(path_check((struct span){ text, PATH_LIMIT + 1 }), E_URI_TOO_LONG);
	for (len = 0; len < 2 * (size_t)PATH_SEGMENTS_LIMIT + 2; len += 2)
		memcpy(text + len, "/b", 2);
	assert_int_equal(path_check((struct span){ text, 2 * (size_t)PATH_SEGMENTS_LIMIT }), OK);
	assert_int_equal(path_check((struct span){ text, len }), E_URI_TOO_LONG);
}

TEST(path_check_takes_clean_paths_only)
{
	static const struct {
		const char *path;
		enum err want;
	} cases[] = {
		{ "/", OK },
		{ "/a", OK },
		{ "/a/b c/\xc3\xa9", OK },
		{ "", E_BAD_REQUEST },
		{ "a", E_BAD_REQUEST },
		{ "a/b", E_BAD_REQUEST },
		{ "//", E_BAD_REQUEST },
		{ "/a/", E_BAD_REQUEST },
		{ "//a", E_BAD_REQUEST },
		{ "/a//b", E_BAD_REQUEST },
		{ "/.", E_BAD_REQUEST },
		{ "/a/../b", E_BAD_REQUEST },
		{ "/a/..", E_BAD_REQUEST },
		{ "/a\n", E_BAD_REQUEST },
		{ "/\xff", E_BAD_REQUEST },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_EQUAL(i, path_check(span_of(cases[i].path)), cases[i].want);
	}
}

TEST(path_next_yields_each_segment)
{
	static const char *const want[] = { "a", "bc", "d" };
	struct span rest = span_of("/a/bc/d"), segment;
	size_t n = 0;

	for (; path_next(&rest, &segment); n++)
		assert_true(n < 3 && span_is(segment, want[n]));
	assert_int_equal(n, 3);
	assert_false(path_next(&rest, &segment));
	rest = span_of("/");
	assert_false(path_next(&rest, &segment));
	rest = span_of("");
	assert_false(path_next(&rest, &segment));
}

TEST(path_parent_and_name_split_at_the_last_slash)
{
	static const struct {
		const char *path, *parent, *name;
	} cases[] = {
		{ "/", "/", "" },
		{ "/a", "/", "a" },
		{ "/a/b", "/a", "b" },
		{ "/abc/def/g", "/abc/def", "g" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(span_is(path_parent(span_of(cases[i].path)), cases[i].parent));
		assert_true(span_is(path_name(span_of(cases[i].path)), cases[i].name));
	}
}

TEST(path_is_within_compares_whole_segments)
{
	static const struct {
		const char *path, *prefix;
		bool want;
	} cases[] = {
		{ "/", "/", true },         { "/a", "/", true },      { "/a/b", "/", true },   { "/a", "/a", true },
		{ "/a/b", "/a", true },     { "/a/b", "/a/b", true }, { "/ab", "/a", false },  { "/a", "/a/b", false },
		{ "/", "/a", false },       { "/b/a", "/a", false },  { "/A/b", "/a", false }, { "/a.b", "/a", false },
		{ "/a/bc", "/a/b", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_EQUAL(i, path_is_within(span_of(cases[i].path), span_of(cases[i].prefix)), cases[i].want);
	}
}

TEST(path_is_reserved_only_at_the_top)
{
	assert_true(path_is_reserved(span_of("/.sync")));
	assert_true(path_is_reserved(span_of("/.sync/events")));
	assert_true(path_is_reserved(span_of("/remote.php")));
	assert_true(path_is_reserved(span_of("/remote.php/dav")));
	assert_false(path_is_reserved(span_of("/")));
	assert_false(path_is_reserved(span_of("/a/.sync")));
	assert_false(path_is_reserved(span_of("/.syncd")));
	assert_false(path_is_reserved(span_of("/.syn")));
	assert_false(path_is_reserved(span_of("/remote.php5")));
}

TEST(path_key_is_the_nfc_form)
{
	static const struct {
		const char *name, *key;
	} cases[] = {
		{ "plain.txt", "plain.txt" },
		{ "e\xcc\x81", "\xc3\xa9" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "\xe2\x84\xab", "\xc3\x85" },                  /* the Angstrom sign is A with ring */
		{ "\xe1\x84\x80\xe1\x85\xa1", "\xea\xb0\x80" },  /* Hangul */
		{ "a\xcc\x88\xcc\xa3", "\xe1\xba\xa1\xcc\x88" }, /* marks in canonical order */
		{ "\xef\xac\x81", "\xef\xac\x81" },              /* the ligature fi stays: NFC, not NFKC */
		{ "\xef\xbf\xbe\xf0\x9f\xbf\xbf", "\xef\xbf\xbe\xf0\x9f\xbf\xbf" }, /* noncharacters pass */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *key = path_key(span_of(cases[i].name));

		CASE_TEXT(i, key, cases[i].key);
		free(key);
	}
}

TEST(path_key_reads_no_byte_beyond_the_name)
{
	char *key = path_key((struct span){ "\xc3\xa9\xcc\x81x", 2 });

	assert_string_equal(key, "\xc3\xa9");
	free(key);
}

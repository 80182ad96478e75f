#include "common/uri.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/table.h"

TEST(uri_to_target_gives_clean_paths)
{
	static const struct {
		const char *text, *path;
		bool slash, has_query;
		const char *query, *authority;
	} cases[] = {
		{ "/", "/", true, false, "", "" },
		{ "/a", "/a", false, false, "", "" },
		{ "/a/", "/a", true, false, "", "" },
		{ "/a/b", "/a/b", false, false, "", "" },
		{ "//a///b//", "/a/b", true, false, "", "" },
		{ "//", "/", true, false, "", "" },
		{ "/a%20b", "/a b", false, false, "", "" },
		{ "/%41%62", "/Ab", false, false, "", "" },
		{ "/%e2%82%AC", "/\xe2\x82\xac", false, false, "", "" },
		{ "/\xe2\x82\xac", "/\xe2\x82\xac", false, false, "", "" },
		{ "/a%25b", "/a%b", false, false, "", "" }, /* decoded once */
		{ "/%252e%252e", "/%2e%2e", false, false, "", "" },
		{ "/a%3Fb", "/a?b", false, false, "", "" },
		{ "/a%23b", "/a#b", false, false, "", "" },
		{ "/a\\b%5Cc", "/a\\b\\c", false, false, "", "" },
		{ "/...", "/...", false, false, "", "" },
		{ "/a?", "/a", false, true, "", "" },
		{ "/a?at=5", "/a", false, true, "at=5", "" },
		{ "/a/?x?y/..", "/a", true, true, "x?y/..", "" },
		{ "/?%zz", "/", true, true, "%zz", "" },
		{ "http://h", "/", true, false, "", "h" },
		{ "http://h/", "/", true, false, "", "h" },
		{ "HTTPS://Host:8443/a%20b/?q", "/a b", true, true, "q", "Host:8443" },
		{ "http://h?q", "/", true, true, "q", "h" },
		{ "http://[::1]:80//a", "/a", false, false, "", "[::1]:80" },
		{ "/http://h/a", "/http:/h/a", false, false, "", "" },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target t;

		CASE_EQUAL(i, uri_to_target(span_of(cases[i].text), arena, &t), OK);
		CASE_TEXT(i, t.path, cases[i].path);
		CASE_EQUAL(i, t.has_trailing_slash, cases[i].slash);
		CASE_EQUAL(i, t.has_query, cases[i].has_query);
		CASE_TRUE(i, span_is(t.query, cases[i].query));
		CASE_TRUE(i, span_is(t.authority, cases[i].authority));
	}
	arena_free(arena);
}

TEST(uri_to_target_refuses_every_way_out)
{
	static const char *const cases[] = {
		"",
		"*",
		"a",
		"a/b",
		"?q",
		"..",
		"/..",
		"/../a",
		"/a/..",
		"/a/../b",
		"/a/.",
		"/./a",
		"/%2e%2e/etc/passwd",
		"/%2E./a",
		"/.%2e",
		"/%2e",
		"/a%2Fb",
		"/a%2f..%2fb",
		"/%2F",
		"/..%2f",
		"/a%00",
		"/%00",
		"/a%0a",
		"/a%0d%0aX:y",
		"/a%7f",
		"/%C2%85",
		"/a%",
		"/a%2",
		"/a%zz",
		"/a%%20",
		"/%u002e",
		"/a% 20",
		"/%c0%af",
		"/%c0%ae%c0%ae/",
		"/%e0%80%af",
		"/%ed%a0%80",
		"/%f4%90%80%80",
		"/%ff",
		"/\xff",
		"/a b",
		"/a\tb",
		"/a\x7f",
		"/a#b",
		"/a?b#c",
		"/a?b c",
		"http://",
		"http:///a",
		"http://?q",
		"http:/a",
		"http:a",
		"http://u@h/a",
		"http://u:p@h/",
		"https//h/a",
		"ftp://h/a",
		"file:///etc/passwd",
		"http://h/../a",
		"http://h/%2e%2e",
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target t;

		CASE_EQUAL(i, uri_to_target(span_of(cases[i]), arena, &t), E_BAD_REQUEST);
	}
	arena_free(arena);
}

TEST(uri_to_target_refuses_what_is_too_long)
{
	struct arena *arena = arena_new();
	char text[PATH_LIMIT + 2];
	struct target t;

	memset(text, 'a', sizeof text);
	text[0] = '/';
	assert_int_equal(uri_to_target((struct span){ text, PATH_NAME_LIMIT + 1 }, arena, &t), OK);
	assert_int_equal(uri_to_target((struct span){ text, PATH_NAME_LIMIT + 2 }, arena, &t), E_URI_TOO_LONG);
	for (size_t i = 0; i < sizeof text; i += 2)
		text[i] = '/';
	assert_int_equal(uri_to_target((struct span){ text, 512 }, arena, &t), OK);
	assert_int_equal(uri_to_target((struct span){ text, 514 }, arena, &t), E_URI_TOO_LONG);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 256 ? 'a' : '/';
	assert_int_equal(uri_to_target((struct span){ text, PATH_LIMIT }, arena, &t), OK);
	assert_int_equal(uri_to_target((struct span){ text, PATH_LIMIT + 2 }, arena, &t), E_URI_TOO_LONG);
	arena_free(arena);
}

/* The sanitizers see a byte read too far. */
TEST(uri_reading_stays_inside_its_span)
{
	static const char text[] = "http://h:1//a%20b/%C3%A9/?at=%31&x=%32";
	struct arena *arena = arena_new();

	for (size_t len = 0; len < sizeof text; len++) {
		struct target t;
		const char *value;
		char *copy = xmalloc(len);

		memcpy(copy, text, len);
		if (uri_to_target((struct span){ copy, len }, arena, &t) == OK)
			(void)!uri_query_value(t.query, "at", arena, &value);
		free(copy);
	}
	arena_free(arena);
}

TEST(uri_target_with_a_raw_nul_is_refused)
{
	struct arena *arena = arena_new();
	struct target t;

	assert_int_equal(uri_to_target((struct span){ "/a\0b", 4 }, arena, &t), E_BAD_REQUEST);
	arena_free(arena);
}

TEST(uri_encode_path_keeps_only_what_every_client_agrees_on)
{
	static const struct {
		const char *path, *text;
	} cases[] = {
		{ "/", "/" },
		{ "/a/B9-._~", "/a/B9-._~" },
		{ "/!$'()*+,;=:@", "/!$'()*+,;=:@" },
		{ "/a b", "/a%20b" },
		{ "/a&b", "/a%26b" },
		{ "/a%b", "/a%25b" },
		{ "/a?b#c", "/a%3Fb%23c" },
		{ "/\"<>\\^`{|}[]", "/%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D" },
		{ "/\xc3\xa9\xe2\x82\xac", "/%C3%A9%E2%82%AC" },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autobuf struct buf b = buf_new(100);

		assert_string_equal(uri_encode_path(span_of(cases[i].path), arena), cases[i].text);
		assert_int_equal(buf_add_text(&b, "x"), OK);
		assert_int_equal(uri_add_path(&b, span_of(cases[i].path)), OK);
		assert_string_equal(b.data + 1, cases[i].text);
	}
	arena_free(arena);
}

TEST(uri_every_byte_survives_encoding_and_reading)
{
	struct arena *arena = arena_new();

	for (unsigned c = ' '; c < 0x7f; c++) {
		char path[] = "/x?x";
		struct target t;

		if (c == '/')
			continue;
		path[2] = (char)c;
		assert_int_equal(uri_to_target(span_of(uri_encode_path(span_of(path), arena)), arena, &t), OK);
		assert_string_equal(t.path, path);
	}
	arena_free(arena);
}

TEST(uri_query_value_finds_one_decoded_value)
{
	static const struct {
		const char *query, *key;
		enum err want;
		const char *value;
	} cases[] = {
		{ "at=5", "at", OK, "5" },
		{ "x=y&at=5", "at", OK, "5" },
		{ "at=5&x=y", "x", OK, "y" },
		{ "at=", "at", OK, "" },
		{ "at", "at", OK, "" },
		{ "at=a=b", "at", OK, "a=b" },
		{ "at=a%20b%26", "at", OK, "a b&" },
		{ "at=2026-01-01T00:00:00+02:00", "at", OK, "2026-01-01T00:00:00+02:00" },
		{ "at=%C3%A9", "at", OK, "\xc3\xa9" },
		{ "", "at", E_NOT_FOUND, NULL },
		{ "xat=5", "at", E_NOT_FOUND, NULL },
		{ "atx=5", "at", E_NOT_FOUND, NULL },
		{ "AT=5", "at", E_NOT_FOUND, NULL },
		{ "&&=&", "at", E_NOT_FOUND, NULL },
		{ "at=5&at=6", "at", E_BAD_REQUEST, NULL },
		{ "at=5&at", "at", E_BAD_REQUEST, NULL },
		{ "at=%", "at", E_BAD_REQUEST, NULL },
		{ "at=%4", "at", E_BAD_REQUEST, NULL },
		{ "at=%00", "at", E_BAD_REQUEST, NULL },
		{ "at=%0a", "at", E_BAD_REQUEST, NULL },
		{ "at=%ff", "at", E_BAD_REQUEST, NULL },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *value = NULL;

		CASE_EQUAL(i, uri_query_value(span_of(cases[i].query), cases[i].key, arena, &value), cases[i].want);
		if (cases[i].value)
			CASE_TEXT(i, value, cases[i].value);
	}
	arena_free(arena);
}

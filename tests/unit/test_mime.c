#include "server/http/mime.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/table.h"

TEST(mime_from_name_looks_at_the_last_extension)
{
	static const struct {
		const char *name, *type;
	} cases[] = {
		{ "a.txt", "text/plain" },
		{ "A.TXT", "text/plain" },
		{ "a.b.html", "text/html" },
		{ "a.json", "application/json" },
		{ "photo.JPeG", "image/jpeg" },
		{ "x.tar.gz", "application/gzip" },
		{ "a", "application/octet-stream" },
		{ "", "application/octet-stream" },
		{ "a.", "application/octet-stream" },
		{ ".txt", "application/octet-stream" }, /* a hidden file, no extension */
		{ "a.nosuchextension", "application/octet-stream" },
		{ "a.txt~", "application/octet-stream" },
		{ "a.txt ", "application/octet-stream" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_TEXT(i, mime_from_name(span_of(cases[i].name)), cases[i].type);
}

TEST(mime_shown_in_place_is_only_what_holds_no_script)
{
	static const struct {
		const char *type;
		bool is_shown;
	} cases[] = {
		{ "text/plain", true },
		{ "text/plain;charset=utf-8", true },
		{ "IMAGE/PNG", true },
		{ "video/mp4 ", true },
		{ "application/pdf", true },
		{ "text/html", false },
		{ "image/svg+xml", false },
		{ "text/plain+html", false },
		{ "text/plai", false },
		{ "", false },
		{ "text/html; x=text/plain", false },
		{ "multipart/byteranges", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_TRUE(i, mime_is_for_showing(cases[i].type) == cases[i].is_shown);
}

TEST(mime_map_skips_what_is_malformed)
{
	static const char text[] = "# comment\n"
				   "text/plain\t\tasc txt  text # more\n"
				   "text/other txt\n"
				   "application/x-none\n"
				   "no-slash bad1\n"
				   "/x bad2\n"
				   "x/ bad3\n"
				   "a/b/c bad4\n"
				   "a b/c bad5\n"
				   "\n"
				   "   \t\n"
				   "  image/png png\r\n"
				   "text/last last";
	static const struct {
		const char *extension, *type;
	} cases[] = {
		{ "txt", "text/plain" },
		{ "TEXT", "text/plain" },
		{ "asc", "text/plain" },
		{ "png", "image/png" },
		{ "last", "text/last" },
		{ "more", NULL },
		{ "#", NULL },
		{ "bad1", NULL },
		{ "bad2", NULL },
		{ "bad3", NULL },
		{ "bad4", NULL },
		{ "bad5", NULL },
		{ "", NULL },
		{ "tx", NULL },
		{ "txtx", NULL },
		{ "comment", NULL },
	};
	struct mime_map *map = mime_map_new(span_of(text));

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *type = mime_map_find(map, span_of(cases[i].extension));

		CASE_TEXT(i, type ? type : "none", cases[i].type ? cases[i].type : "none");
	}
	mime_map_free(map);
	map = mime_map_new(span_of(""));
	assert_null(mime_map_find(map, span_of("txt")));
	mime_map_free(map);
	mime_map_free(NULL);
}

TEST(mime_map_of_many_extensions_is_bounded)
{
	size_t len = 400000, at = 0;
	char *text = xmalloc(len);
	struct mime_map *map;

	at += (size_t)snprintf(text, len, "a/b");
	for (unsigned i = 0; i < 30000; i++)
		at += (size_t)snprintf(text + at, len - at, " x%u", i);
	map = mime_map_new((struct span){ text, at });
	assert_string_equal(mime_map_find(map, span_of("x0")), "a/b");
	assert_string_equal(mime_map_find(map, span_of("x19999")), "a/b");
	assert_null(mime_map_find(map, span_of("x20000")));
	mime_map_free(map);
	free(text);
}

TEST(mime_check_takes_media_types_only)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{ "text/plain", "text/plain" },
		{ " text/plain ", "text/plain" },
		{ "text/plain; charset=utf-8", "text/plain; charset=utf-8" },
		{ "text/plain;charset=\"utf-8\"", "text/plain;charset=\"utf-8\"" },
		{ "a/b;c=\"d\\\"e;f\" ; g=h", "a/b;c=\"d\\\"e;f\" ; g=h" },
		{ "a/b;", "a/b;" },
		{ "a/b;;c=d", "a/b;;c=d" },
		{ "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text" },
		{ "image/svg+xml", "image/svg+xml" },
		{ "", NULL },
		{ "text", NULL },
		{ "text/", NULL },
		{ "/plain", NULL },
		{ "text/plain/x", NULL },
		{ "text /plain", NULL },
		{ "text/plain charset=utf-8", NULL },
		{ "text/plain; charset", NULL },
		{ "text/plain; charset=", NULL },
		{ "text/plain; charset = utf-8", NULL },
		{ "text/plain; =x", NULL },
		{ "text/plain; a=\"", NULL },
		{ "text/plain; a=\"b", NULL },
		{ "text/plain; a=\"b\\", NULL },
		{ "text/plain; a=\"b\\\"", NULL },
		{ "text/plain; a=\"\x01\"", NULL },
		{ "text/plain; a=\"b\"c", NULL },
		{ "text/plain\r\nX: y", NULL },
		{ "text/plain, text/html", NULL },
		{ "text/\xc3\xa9", NULL },
		{ "text/<script>", NULL },
	};
	struct arena *arena = arena_new();
	char text[MIME_TYPE_LIMIT + 2];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = mime_check(span_of(cases[i].value), arena);

		CASE_TEXT(i, got ? got : "none", cases[i].want ? cases[i].want : "none");
	}
	assert_null(mime_check((struct span){ NULL, 0 }, arena));
	assert_null(mime_check((struct span){ "a/b\0c", 5 }, arena));
	memset(text, 'a', sizeof text);
	text[1] = '/';
	assert_non_null(mime_check((struct span){ text, MIME_TYPE_LIMIT }, arena));
	assert_null(mime_check((struct span){ text, MIME_TYPE_LIMIT + 1 }, arena));
	arena_free(arena);
}

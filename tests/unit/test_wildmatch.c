#include "client/sync/wildmatch.h"

#include <string.h>

#include "client/sync/ignore.h"
#include "tests/unit/test.h"

static bool matches(const char *pattern, const char *text)
{
	struct wildmatch *w = wildmatch_new(span_of(pattern));
	bool does = w && wildmatch_matches(w, span_of(text));

	wildmatch_free(w);
	return does;
}

TEST(wildmatch_follows_gitignore_5)
{
	static const struct {
		const char *pattern, *text;
		bool want;
	} cases[] = {
		{ "foo", "foo", true },
		{ "foo", "fo", false },
		{ "foo", "foobar", false },
		{ "f?o", "fxo", true },
		{ "f?o", "f/o", false },
		{ "f*", "f", true },
		{ "f*", "foo.c", true },
		{ "f*", "f/o", false },
		{ "*.c", "a.b.c", true },
		{ "*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false },
		/* sets */
		{ "[abc]", "b", true },
		{ "[abc]", "d", false },
		{ "[!abc]", "d", true },
		{ "[^abc]", "a", false },
		{ "[a-c]x", "cx", true },
		{ "[]a]", "]", true },
		{ "[!]a]", "]", false },
		{ "[a-]", "-", true },
		{ "[\\]]", "]", true },
		{ "[[:digit:]]", "7", true },
		{ "[[:digit:]a]", "a", true },
		{ "[[:alpha:]]", "7", false },
		{ "[[:nosuch:]]", "a", false },
		{ "[!a]", "/", false },
		{ "a[", "a[", false },
		{ "a[b", "ab", false },
		/* backslashes */
		{ "\\*", "*", true },
		{ "\\*", "x", false },
		{ "\\a", "a", true },
		{ "a\\", "a\\", false },
		/* two stars */
		{ "**/foo", "foo", true },
		{ "**/foo", "a/b/foo", true },
		{ "**/foo", "afoo", false },
		{ "a/**/b", "a/b", true },
		{ "a/**/b", "a/x/y/b", true },
		{ "a/**/b", "a/xb", false },
		{ "a/**", "a/x/y", true },
		{ "a/**", "a", false },
		{ "a**b/c", "axyb/c", true },
		{ "a**b/c", "a/b/c", false },
		{ "**", "a/b", true },
		{ "a/***/b", "a/x/b", true },
		{ "", "", true },
		{ "", "a", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (matches(cases[i].pattern, cases[i].text) != cases[i].want)
			fail_msg("%zu: %s against %s", i, cases[i].pattern, cases[i].text);
}

TEST(wildmatch_takes_no_pattern_over_its_limit)
{
	char pattern[WILDMATCH_PATTERN_LIMIT + 2];

	memset(pattern, '*', sizeof pattern - 1);
	pattern[sizeof pattern - 1] = '\0';
	assert_null(wildmatch_new(span_of(pattern)));
	pattern[sizeof pattern - 2] = '\0';
	assert_true(matches(pattern, "anything/at/all"));
}

TEST(ignore_rules_follow_gitignore_5)
{
	static const struct {
		const char *rules, *path;
		bool is_folder, want;
	} cases[] = {
		{ "foo\n", "foo", false, true },
		{ "foo\n", "a/b/foo", false, true }, /* no slash: at any depth */
		{ "/foo\n", "a/foo", false, false }, /* anchored by the first slash */
		{ "/foo\n", "foo", false, true },
		{ "a/foo\n", "b/a/foo", false, false }, /* ... and by one in the middle */
		{ "foo/\n", "foo", false, false },      /* folders alone */
		{ "foo/\n", "foo", true, true },
		{ "foo/\n", "x/foo/file", false, true }, /* and what is in them */
		{ "*.o\n!keep.o\n", "keep.o", false, false },
		{ "!keep.o\n*.o\n", "keep.o", false, true },      /* the last one decides */
		{ "dir/\n!dir/keep\n", "dir/keep", false, true }, /* not out of an ignored folder */
		{ "dir/*\n!dir/keep\n", "dir/keep", false, false },
		{ "# foo\n", "# foo", false, false },
		{ "\\#foo\n", "#foo", false, true },
		{ "\\!foo\n", "!foo", false, true },
		{ "foo  \n", "foo", false, true }, /* spaces at the end */
		{ "foo\\ \n", "foo ", false, true },
		{ "foo\r\n", "foo", false, true },
		{ "\xef\xbb\xbf"
		  "foo\n",
		  "foo", false, true },
		{ "\n\n  \n", "x", false, false },
		{ "/\n", "x", true, false },
		{ "foo", "foo", false, true }, /* no newline at the end */
		{ "doc/*.txt\n", "doc/a/b.txt", false, false },
		{ "doc/**/*.txt\n", "doc/a/b.txt", false, true },
		{ "", ".sync-0123456789abcdef.part", false, true }, /* our own temporaries */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ignore *g = ignore_new(NULL);

		ignore_set(g, "", span_of(cases[i].rules));
		if (ignore_covers(g, cases[i].path, cases[i].is_folder) != cases[i].want)
			fail_msg("%zu: %s", i, cases[i].path);
		ignore_free(g);
	}
}

TEST(ignore_rules_of_deeper_folders_come_first)
{
	struct ignore *g = ignore_new("*.tmp .git");

	ignore_set(g, "", span_of("*.o\nlog\n"));
	ignore_set(g, "a/b", span_of("!x.o\n!y.tmp\n/log\n"));
	ignore_set(g, "a", span_of("!log\n"));
	assert_true(ignore_matches(g, "x.o", false));
	assert_true(ignore_matches(g, "a/x.o", false));
	assert_false(ignore_matches(g, "a/b/x.o", false));
	assert_false(ignore_matches(g, "a/log", false));
	assert_true(ignore_matches(g, "a/b/log", false));
	assert_false(ignore_matches(g, "a/b/c/log", false));
	assert_true(ignore_matches(g, "c/z.tmp", false) && ignore_matches(g, "d/.git", true));
	assert_false(ignore_matches(g, "a/b/y.tmp", false));
	ignore_set(g, "a/b", span_of("")); /* read anew */
	assert_true(ignore_matches(g, "a/b/x.o", false));
	ignore_free(g);
}

#include "client/operand.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

enum { WORDS_MAX = 5 };

static bool known(void *arg not_used, const char *name)
{
	return strcmp(name, "r") == 0 || strcmp(name, "other") == 0;
}

static size_t count_words(char *const *words)
{
	size_t n = 0;

	while (n < WORDS_MAX && words[n])
		n++;
	return n;
}

TEST(operands_push_where_files_go)
{
	static const struct {
		char *words[WORDS_MAX];
		const char *remote, *paths[WORDS_MAX]; /* no path: refused */
	} cases[] = {
		{ { "a" }, NULL, { "/a" } },
		{ { "/tmp/x" }, NULL, { "/x" } },
		{ { "docs/" }, NULL, { "/docs" } },
		{ { "../up/x" }, NULL, { "/x" } },
		{ { "a/../../x" }, NULL, { "/x" } },
		{ { "a/./b//c" }, NULL, { "/a/b/c" } },
		{ { "a", "b" }, NULL, { "/a", "/b" } },
		{ { "a", "/b" }, NULL, { "/b" } },
		{ { "a", "b/" }, NULL, { "/b/a" } },
		{ { "x/a", "b/" }, NULL, { "/b/a" } },
		{ { "a", "b", "c/" }, NULL, { "/c/a", "/c/b" } },
		{ { "a", "/" }, NULL, { "/a" } },
		{ { "a", "r:n" }, "r", { "/n" } },
		{ { "a", "r:" }, "r", { "/a" } },
		{ { "a", "r:/d/" }, "r", { "/d/a" } },
		{ { "a", "z:n" }, NULL, { "/a", "/z:n" } },
		{ { "r:a" }, NULL, { "/r:a" } }, /* LOCAL is never read as name:path */
		{ { "-", "n" }, NULL, { "/n" } },
		{ { "-", "r:n" }, "r", { "/n" } },
		{ { "-" }, NULL, { NULL } },
		{ { "-", "d/" }, NULL, { NULL } },
		{ { "a", "-" }, NULL, { NULL } },
		{ { "a", "b", "/c" }, NULL, { NULL } },
		{ { "a", "/../b" }, NULL, { NULL } },
		{ { "a", "/b\x01" }, NULL, { NULL } },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct operands o;
		struct note why;
		enum err e = operands_push((char **)cases[i].words, count_words(cases[i].words), known, NULL, &o, &why);

		if ((e == OK) != (cases[i].paths[0] != NULL))
			fail_msg("case %zu: %d", i, e);
		if (e != OK)
			continue;
		assert_int_equal(o.count, count_words((char **)cases[i].paths));
		for (size_t n = 0; n < o.count; n++)
			assert_string_equal(o.items[n].remote, cases[i].paths[n]);
		assert_true(!o.remote_name == !cases[i].remote &&
			    (!o.remote_name || !strcmp(o.remote_name, cases[i].remote)));
		operands_clear(&o);
	}
}

TEST(operands_push_refuses_bad_names_one_by_one)
{
	char *words[] = { "a", "b\x01", "c\xff" };
	struct operands o;
	struct note why;

	assert_int_equal(operands_push(words, 3, known, NULL, &o, &why), OK);
	assert_int_equal(o.items[0].err, OK);
	assert_int_equal(o.items[1].err, E_BAD_REQUEST);
	assert_int_equal(o.items[2].err, E_BAD_REQUEST);
	operands_clear(&o);
}

TEST(operands_pull_where_files_go)
{
	static const struct {
		char *words[WORDS_MAX];
		const char *output, *locals[WORDS_MAX];
	} cases[] = {
		{ { "a/b" }, NULL, { "a/b" } },
		{ { "/a/b" }, NULL, { "a/b" } },
		{ { "r:a" }, NULL, { "a" } },
		{ { "/" }, NULL, { "." } },
		{ { "a/b" }, "x", { "x" } },
		{ { "a/b" }, "new/", { "new/b" } },
		{ { "a/b" }, "/tmp", { "/tmp/b" } },
		{ { "a/b", "c" }, "/tmp", { "/tmp/b", "/tmp/c" } },
		{ { "a/b", "./c" }, NULL, { "./c" } },
		{ { "a/b", "../c" }, NULL, { "../c" } },
		{ { "a", "b", "./c/" }, NULL, { "./c/a", "./c/b" } },
		{ { "/" }, "new", { "new" } },
		{ { "a", "b" }, "file", { NULL } },
		{ { "a", "r:b" }, NULL, { NULL } },
		{ { "r:a", "other:b" }, NULL, { NULL } },
		{ { "../a" }, NULL, { NULL } },
		{ { "a" }, "-", { NULL } },
		{ { "a" }, "", { NULL } },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct operands o;
		struct note why;
		enum err e = operands_pull((char **)cases[i].words, count_words(cases[i].words), cases[i].output, known,
					   NULL, &o, &why);

		if ((e == OK) != (cases[i].locals[0] != NULL))
			fail_msg("case %zu: %d", i, e);
		if (e != OK)
			continue;
		assert_int_equal(o.count, count_words((char **)cases[i].locals));
		for (size_t n = 0; n < o.count; n++)
			assert_string_equal(o.items[n].local, cases[i].locals[n]);
		operands_clear(&o);
	}
}

#include "common/suggest.h"

#include "tests/unit/table.h"

static const struct command {
	int other;
	const char *name;
} commands[] = { { 1, "push" },   { 2, "pull" },   { 3, "rm" },      { 4, "stat" },       { 5, "login" },
		 { 6, "logout" }, { 7, "remote" }, { 8, "version" }, { 9, "completion" }, { 0, NULL } };

TEST(suggest_nearest_within_two_edits)
{
	static const struct {
		const char *typed, *want;
	} cases[] = {
		{ "pshu", "push" },
		{ "psuh", "push" },
		{ "puhs", "push" },
		{ "pus", "push" },
		{ "pushh", "push" },
		{ "upsh", "push" },
		{ "pul", "pull" },
		{ "stats", "stat" },
		{ "lgoin", "login" },
		{ "logut", "logout" },
		{ "remot", "remote" },
		{ "verison", "version" },
		{ "comlpetoin", "completion" },
		{ "push", "push" },
		{ "x", NULL },
		{ "", NULL },
		{ "xyzzy", NULL },
		{ "rmx", "rm" },
		{ "ab", NULL },
		{ "r", "rm" },
		{ "ls", NULL },
		{ "PUSH", NULL },
		{ "pushpushpushpushpushpushpushpushpushpushpush", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = suggest_nearest(cases[i].typed, &commands[0].name, 0, sizeof commands[0]);
		const char *same =
		    suggest_nearest(cases[i].typed, &commands[0].name, ARRAY_LEN(commands), sizeof commands[0]);

		CASE_TEXT(i, got ? got : "none", cases[i].want ? cases[i].want : "none");
		CASE_TRUE(i, got == same);
	}
}

TEST(suggest_nearest_takes_plain_arrays)
{
	static const char *const keys[] = { "listen", "store", "log-level" };

	assert_string_equal(suggest_nearest("lisen", keys, ARRAY_LEN(keys), sizeof keys[0]), "listen");
	assert_string_equal(suggest_nearest("loglevel", keys, ARRAY_LEN(keys), sizeof keys[0]), "log-level");
	assert_null(suggest_nearest("stor", keys, 1, sizeof keys[0]));
}

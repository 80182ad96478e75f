#include "client/cli.h"

#include <string.h>

#include "tests/unit/test.h"

enum { ARGS_MAX = 8 };

static enum err parse(const char *const *args, struct cli *out, struct note *why)
{
	static char *argv[ARGS_MAX + 2];
	int argc = 1;

	argv[0] = "/usr/bin/sync";
	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)args[argc - 1];
	argv[argc] = NULL;
	return cli_parse(argc, argv, out, why);
}

TEST(cli_options_stand_anywhere_and_end_at_two_dashes)
{
	static const char *const cases[][ARGS_MAX] = {
		{ "push", "-n", "a", "-R", "b" },  { "-n", "push", "a", "-R", "b" },
		{ "push", "a", "b", "-Rn" },       { "push", "a", "b", "--recursive", "--dry-run" },
		{ "-nR", "push", "--", "a", "b" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cli cli;
		struct note why = { "" };

		if (parse(cases[i], &cli, &why) != OK)
			fail_msg("case %zu: %s", i, why.text);
		assert_true(cli.dry_run && cli.recursive && cli.operand_count == 2);
		assert_string_equal(cli.operands[0], "a");
		assert_string_equal(cli.self, "sync");
	}
}

TEST(cli_dashes_after_the_end_are_operands)
{
	struct cli cli;
	struct note why;

	assert_int_equal(parse((const char *const[]){ "push", "--", "-n", "--force", NULL }, &cli, &why), OK);
	assert_true(!cli.dry_run && !cli.force && cli.operand_count == 2);
	assert_int_equal(parse((const char *const[]){ "push", "-", "/x", NULL }, &cli, &why), OK);
	assert_int_equal(cli.operand_count, 2);
}

TEST(cli_says_what_is_wrong)
{
	static const struct {
		const char *args[ARGS_MAX], *why;
	} cases[] = {
		{ { "pshu", "a" }, "no command \"pshu\"; did you mean push?" },
		{ { NULL }, "no command" },
		{ { "push" }, "something is missing" },
		{ { "cat", "a", "b" }, "too much" },
		{ { "push", "a", "--output", "x" }, "push has no option --output" },
		{ { "push", "a", "--zap" }, "no option --zap" },
		{ { "push", "a", "-zn" }, "no option -z" },
		{ { "push", "a", "--frce=1" }, "no option --frce; did you mean --force?" },
		{ { "push", "a", "--outptu" }, "no option --outptu" },
		{ { "push", "a", "--force=1" }, "--force takes no value" },
		{ { "pull", "a", "-o" }, "--output needs a value: LOCAL" },
		{ { "pull", "a", "--output" }, "--output needs a value: LOCAL" },
		{ { "pull", "a", "--color", "red" }, "--color is auto, always or never" },
		{ { "stat", "--force", "a" }, "stat has no option --force" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cli cli;
		struct note why = { "" };

		assert_int_equal(parse(cases[i].args, &cli, &why), E_USAGE);
		if (!strstr(why.text, cases[i].why))
			fail_msg("case %zu: %s", i, why.text);
	}
}

TEST(cli_values_and_counts)
{
	struct cli cli;
	struct note why;

	assert_int_equal(
	    parse((const char *const[]){ "pull", "a", "-vv", "-ofile", "--remote=r", "--color", "never", NULL }, &cli,
		  &why),
	    OK);
	assert_int_equal(cli.verbose, 2);
	assert_int_equal(cli.color, TERM_COLOR_NEVER);
	assert_string_equal(cli.output, "file");
	assert_string_equal(cli.remote, "r");
	/* help needs no operands */
	assert_int_equal(parse((const char *const[]){ "push", "-h", NULL }, &cli, &why), OK);
	assert_true(cli.help);
}

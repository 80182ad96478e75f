/*
 * main: from argv to a row of the command table.
 */
#include "common/suggest.h"
#include "server/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* The row that argv names, and how many words its name took.  NULL: none. */
static const struct command *find_command(int argc, char **argv, int *out_words)
{
	for (const struct command *c = commands; c->name; c++) {
		const char *second = strchr(c->name, ' ');
		size_t len = second ? (size_t)(second - c->name) : strlen(c->name);

		if (strlen(argv[1]) != len || memcmp(argv[1], c->name, len) != 0)
			continue;
		*out_words = second ? 2 : 1;
		if (!second || (argc > 2 && strcmp(argv[2], second + 1) == 0))
			return c;
	}
	return NULL;
}

/* Does the word begin the name of commands of two words, as "token" does? */
static bool is_first_word(const char *word)
{
	size_t len = strlen(word);

	for (const struct command *c = commands; c->name; c++)
		if (len && strncmp(c->name, word, len) == 0 && c->name[len] == ' ')
			return true;
	return false;
}

static int refuse_command(int argc, char **argv)
{
	bool is_first = is_first_word(argv[1]);
	const char *near, *second = is_first && argc > 2 ? argv[2] : NULL;
	char typed[80], why[256];

	if (is_first && !second) {
		snprintf(why, sizeof why, "%.60s: which one?", argv[1]);
		return cmd_refuse(argv[1], why);
	}
	snprintf(typed, sizeof typed, "%s%s%s", argv[1], second ? " " : "", second ? second : "");
	near = suggest_nearest(typed, &commands[0].name, 0, sizeof commands[0]);
	snprintf(why, sizeof why, "no command \"%s\"%s%s%s", typed, near ? "; did you mean " : "", near ? near : "",
		 near ? "?" : "");
	return cmd_refuse(is_first ? argv[1] : NULL, why);
}

static int refuse_option(const struct command *c, const char *typed, bool lacks_value)
{
	char why[256], word[64];
	const char *near = NULL;

	if (lacks_value) {
		snprintf(why, sizeof why, "%s: %.100s needs a value", c->name, typed);
		return cmd_refuse(c->name, why);
	}
	snprintf(word, sizeof word, "%.*s", (int)strcspn(typed, "="), typed);
	if (word[0] == '-' && word[1] == '-')
		near = suggest_nearest(word + 2, &c->options[0].name, 0, sizeof c->options[0]);
	snprintf(why, sizeof why, "%s: no option %.60s%s%s%s", c->name, word, near ? "; did you mean --" : "",
		 near ? near : "", near ? "?" : "");
	return cmd_refuse(c->name, why);
}

static void make_long_options(const struct command *c, struct option out[CMD_OPTIONS_LIMIT + 2])
{
	int n = 0;

	for (const struct cmd_option *o = c->options; o->name && n < CMD_OPTIONS_LIMIT; o++, n++)
		out[n] = (struct option){ o->name, o->value ? required_argument : no_argument, NULL, n + 1 };
	out[n] = (struct option){ "help", no_argument, NULL, 'h' };
	out[n + 1] = (struct option){ NULL, 0, NULL, 0 };
}

static int help_for(const struct command *c)
{
	char *words[] = { (char *)c->name };
	struct cmd_args args = { .operands = words, .operand_count = 1 };

	return cmd_help(&args);
}

/* Its number in make_long_options(); 0: the command does not have it. */
static int find_option(const struct command *c, const char *name)
{
	for (int i = 0; c->options[i].name; i++)
		if (strcmp(c->options[i].name, name) == 0)
			return i + 1;
	return 0;
}

/* argv[0] is the last word of the command's name. */
static int run_command(const struct command *c, int argc, char **argv)
{
	struct option options[CMD_OPTIONS_LIMIT + 2];
	struct cmd_args args = { .given_count = 0 };
	int o;

	make_long_options(c, options);
	opterr = 0;
	while ((o = getopt_long(argc, argv, ":hn", options, NULL)) != -1) {
		if (o == 'h')
			return help_for(c);
		if (o == 'n')
			o = find_option(c, "dry-run");
		if (!o)
			return refuse_option(c, "-n", false);
		if (o == '?' || o == ':')
			return refuse_option(c, argv[optind - 1], o == ':');
		if (args.given_count == CMD_GIVEN_LIMIT)
			return cmd_refuse(c->name, "too many options");
		args.given[args.given_count].name = c->options[o - 1].name;
		args.given[args.given_count++].value = optarg ? optarg : "";
	}
	args.operands = argv + optind;
	args.operand_count = argc - optind;
	if (args.operand_count < c->min_operands || args.operand_count > c->max_operands) {
		char why[256];

		snprintf(why, sizeof why, "%s: too %s words: syncd %s %s", c->name,
			 args.operand_count < c->min_operands ? "few" : "many", c->name, c->synopsis);
		return cmd_refuse(c->name, why);
	}
	return c->run(&args);
}

int main(int argc, char **argv)
{
	static char *no_words[] = { NULL };
	struct cmd_args help = { .operands = no_words };
	const struct command *c;
	int words;

	if (argc < 2) {
		fputs("syncd: which command?\n  syncd serve [DIR]\n  syncd help\n", stderr);
		return CMD_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return cmd_version(&help);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(&help);
	c = find_command(argc, argv, &words);
	return c ? run_command(c, argc - words, argv + words) : refuse_command(argc, argv);
}

#include "client/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "common/suggest.h"

const struct command cli_commands[] = {
#define COMMAND_ROW(word, fewest, most, options, synopsis, help, examples) \
	{ #word, fewest, most, options, synopsis, help, examples, command_##word },
	CLIENT_COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);

const struct option_row cli_options[] = {
	{ 'R', "recursive", NULL, "folders, with everything below", OPTION_RECURSIVE },
	{ 'l', "long", NULL, "with hash, size and time", OPTION_LONG },
	{ 0, "force", NULL, "whatever the other side has", OPTION_FORCE },
	{ 'o', "output", "LOCAL", "the file to write, or the folder to put it in", OPTION_OUTPUT },
	{ 0, "token-file", "FILE", "a file whose first line is the token (- is stdin)", OPTION_TOKEN_FILE },
	{ 0, "at", "TIME", "as it was then: 2026-01-31T12:00, 2h, 3d, yesterday, or a number", OPTION_AT },
	{ 0, "user", "USER", "who you are there", OPTION_USER },
	{ 0, "pin", "PIN", "the server's key: sha256//...=", OPTION_PIN },
	{ 0, "client-cert", "FILE", "your certificate, which the server knows you by (PEM)", OPTION_CERTIFICATE },
	{ 0, "client-key", "FILE", "its key, if it is in a file of its own", OPTION_CERTIFICATE },
	{ 0, "allow-deletes", NULL, "delete even very much at once", OPTION_ALLOW_DELETES },
	{ 0, "unsafe", NULL, "also where a server cannot keep two writers apart", OPTION_UNSAFE },
	{ 0, "links", "HOW", "what becomes of symbolic links, text or skip", OPTION_LINKS },
	{ 0, "race", "PATH", "let many write this new file (or URL) at once, and count who won", OPTION_RACE },
	{ 0, "mine", NULL, "keep your version", OPTION_MINE },
	{ 0, "theirs", NULL, "keep the server's version", OPTION_THEIRS },
	{ 0, "merge", NULL, "bring both together by lines, in your editor if need be", OPTION_MERGE },
	{ 0, "exit-code", NULL, "exit with 1 when there is something to do", OPTION_EXIT_CODE },
	{ 0, "redo", NULL, "take back the last undo instead", OPTION_REDO },
	{ 0, "any-client", NULL, "your last command on whatever machine", OPTION_ANY_CLIENT },
	{ 'r', "remote", "NAME", "the server to speak to", 0 },
	{ 'n', "dry-run", NULL, "say what would be done, change nothing", 0 },
	{ 'q', "quiet", NULL, "nothing but errors", 0 },
	{ 'v', "verbose", NULL, "show requests and answers; twice: whole heads", 0 },
	{ 0, "json", NULL, "one JSON object a line", 0 },
	{ 0, "color", "WHEN", "auto, always or never", 0 },
	{ 'y', "yes", NULL, "do not ask", 0 },
	{ 'h', "help", NULL, "help for the command", 0 },
};
const size_t cli_option_count = ARRAY_LEN(cli_options);

/* What getopt returns for the n-th row: its letter would do, but not every row has one. */
enum { ROW_BASE = 1000 };

const struct command *cli_command(const char *word)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (strcmp(cli_commands[i].word, word) == 0)
			return &cli_commands[i];
	return NULL;
}

bool cli_has_option(const struct command *command, const struct option_row *row)
{
	return row->command == 0 || (command && (command->options & row->command));
}

/* The tables as getopt wants them: "+" is not used, so options may follow operands and "--" ends them. */
static void getopt_tables(char *letters, struct option *words)
{
	*letters++ = ':';
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct option_row *row = &cli_options[i];

		words[i] = (struct option){ row->word, row->argument ? required_argument : no_argument, NULL,
					    ROW_BASE + (int)i };
		if (!row->letter)
			continue;
		*letters++ = row->letter;
		if (row->argument)
			*letters++ = ':';
	}
	*letters = '\0';
	words[cli_option_count] = (struct option){ 0 };
}

static const struct option_row *row_of(int found)
{
	if (found >= ROW_BASE)
		return &cli_options[found - ROW_BASE];
	for (size_t i = 0; i < cli_option_count; i++)
		if (cli_options[i].letter == found)
			return &cli_options[i];
	return NULL;
}

static enum err read_color(const char *text, struct cli *out, struct note *why)
{
	static const char *const words[] = {
		[TERM_COLOR_AUTO] = "auto", [TERM_COLOR_ALWAYS] = "always", [TERM_COLOR_NEVER] = "never"
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(text, words[i]) == 0) {
			out->color = (enum term_color)i;
			return OK;
		}
	return note_set(why, E_USAGE, "--color is auto, always or never, not \"%.40s\"", text);
}

static enum err take_option(const struct option_row *row, char *value, struct cli *out, struct note *why)
{
	const struct {
		const char *word;
		bool *flag;
		const char **text;
	} targets[] = {
		{ "recursive", &out->recursive, NULL },
		{ "force", &out->force, NULL },
		{ "long", &out->is_long, NULL },
		{ "allow-deletes", &out->allow_deletes, NULL },
		{ "exit-code", &out->exit_code, NULL },
		{ "unsafe", &out->unsafe, NULL },
		{ "mine", &out->mine, NULL },
		{ "theirs", &out->theirs, NULL },
		{ "redo", &out->redo, NULL },
		{ "any-client", &out->any_client, NULL },
		{ "merge", &out->merge, NULL },
		{ "dry-run", &out->dry_run, NULL },
		{ "quiet", &out->quiet, NULL },
		{ "json", &out->json, NULL },
		{ "yes", &out->yes, NULL },
		{ "help", &out->help, NULL },
		{ "output", NULL, &out->output },
		{ "token-file", NULL, &out->token_file },
		{ "at", NULL, &out->at },
		{ "user", NULL, &out->user },
		{ "pin", NULL, &out->pin },
		{ "client-cert", NULL, &out->client_cert },
		{ "client-key", NULL, &out->client_key },
		{ "race", NULL, &out->race },
		{ "links", NULL, &out->links },
		{ "remote", NULL, &out->remote },
	};

	if (strcmp(row->word, "color") == 0)
		return read_color(value, out, why);
	out->verbose += strcmp(row->word, "verbose") == 0;
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		if (strcmp(targets[i].word, row->word) != 0)
			continue;
		if (targets[i].flag)
			*targets[i].flag = true;
		else
			*targets[i].text = value;
	}
	return OK;
}

/* The first operand is the command. */
static enum err take_command(const char *word, struct cli *out, struct note *why)
{
	const char *near;

	if ((out->command = cli_command(word)))
		return OK;
	near = suggest_nearest(word, &cli_commands[0].word, cli_command_count, sizeof cli_commands[0]);
	return note_set(why, E_USAGE, "no command \"%.60s\"%s%s%s", word, near ? "; did you mean " : "",
			near ? near : "", near ? "?" : "");
}

static enum err check_operands(const struct cli *cli, struct note *why)
{
	const struct command *c = cli->command;

	if (cli->help)
		return OK;
	if (cli->operand_count < c->fewest)
		return note_set(why, E_USAGE, "%s: something is missing: %s %s %s", c->word, cli->self, c->word,
				c->synopsis);
	if (cli->operand_count > c->most)
		return note_set(why, E_USAGE, "%s: too much: %s %s %s", c->word, cli->self, c->word, c->synopsis);
	return OK;
}

/* What getopt refused, in words; getopt says what it was in `optopt`: a letter, the code of a word, or 0. */
static enum err refuse_option(int found, const char *text, const struct cli *out, struct note *why)
{
	const struct option_row *row = optopt ? row_of(optopt) : NULL;
	const char *near = NULL;
	char word[64] = "";

	if (optopt && !row)
		return note_set(why, E_USAGE, "no option -%c", optopt);
	if (row && found == ':')
		return note_set(why, E_USAGE, "--%s needs a value: %s", row->word, row->argument);
	if (row)
		return note_set(why, E_USAGE, "--%s takes no value", row->word);
	snprintf(word, sizeof word, "%.*s", (int)strcspn(text, "="), text);
	if (strncmp(word, "--", 2) == 0)
		near = suggest_nearest(word + 2, &cli_options[0].word, cli_option_count, sizeof cli_options[0]);
	for (size_t i = 0; near && i < cli_option_count; i++)
		if (cli_options[i].word == near && !cli_has_option(out->command, &cli_options[i]))
			near = NULL;
	return note_set(why, E_USAGE, "no option %s%s%s%s", word, near ? "; did you mean --" : "", near ? near : "",
			near ? "?" : "");
}

static const char *name_of(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	return slash ? slash + 1 : argv0 && *argv0 ? argv0 : "sync";
}

enum err cli_parse(int argc, char **argv, struct cli *out, struct note *why)
{
	struct option words[ARRAY_LEN(cli_options) + 1];
	char letters[2 * ARRAY_LEN(cli_options) + 2];
	const struct option_row *used[64];
	size_t used_count = 0;
	int found;
	enum err e;

	*out = (struct cli){ .self = name_of(argv[0]) };
	out->command = argc > 1 ? cli_command(argv[1]) : NULL; /* what a refused option is held against */
	getopt_tables(letters, words);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while ((found = getopt_long(argc, argv, letters, words, NULL)) != -1) {
		const struct option_row *row = row_of(found);
		const char *text = argv[optind > 0 ? optind - 1 : 0];

		if (!row)
			return refuse_option(found, text, out, why);
		if ((e = take_option(row, optarg, out, why)) != OK)
			return e;
		if (used_count < ARRAY_LEN(used))
			used[used_count++] = row;
	}
	if (optind == argc)
		return note_set(why, E_USAGE, "no command");
	if ((e = take_command(argv[optind], out, why)) != OK)
		return e;
	out->operands = argv + optind + 1;
	out->operand_count = (size_t)(argc - optind - 1);
	for (size_t i = 0; i < used_count; i++)
		if (!cli_has_option(out->command, used[i]))
			return note_set(why, E_USAGE, "%s has no option --%s", out->command->word, used[i]->word);
	if (out->links && strcmp(out->links, "text") != 0 && strcmp(out->links, "skip") != 0)
		return note_set(why, E_USAGE, "--links is text or skip, not \"%.40s\"", out->links);
	return check_operands(out, why);
}

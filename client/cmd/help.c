#include <stdio.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/session.h"
#include "common/suggest.h"

enum { WORD_COLUMN = 12, OPTION_COLUMN = 22 };

void help_print_commands(const struct cli *cli, bool on_stderr)
{
	FILE *to = on_stderr ? stderr : stdout;

	fprintf(to, "usage: %s COMMAND [OPTIONS] [OPERANDS]\n\n", cli->self);
	for (size_t i = 0; i < cli_command_count; i++)
		fprintf(to, "  %-*s%s\n", WORD_COLUMN, cli_commands[i].word, cli_commands[i].help);
	fprintf(to, "\nmore about one:  %s help COMMAND\n", cli->self);
}

static void print_option(const struct option_row *row)
{
	char text[64];

	snprintf(text, sizeof text, "%c%c%s --%s%s%s", row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
		 row->letter ? "," : " ", row->word, row->argument ? " " : "", row->argument ? row->argument : "");
	printf("  %-*s  %s\n", OPTION_COLUMN, text, row->help);
}

void help_print_command(const struct cli *cli, const struct command *command)
{
	printf("usage: %s %s [OPTIONS] %s\n\n  %s\n", cli->self, command->word, command->synopsis, command->help);
	for (int own = 1; own >= 0; own--) {
		bool is_titled = false;

		for (size_t i = 0; i < cli_option_count; i++) {
			const struct option_row *row = &cli_options[i];

			if ((row->command != 0) != own || !cli_has_option(command, row))
				continue;
			if (!is_titled)
				printf("\n%s\n", own ? "options:" : "options of every command:");
			is_titled = true;
			print_option(row);
		}
	}
	if (*command->examples)
		printf("\nfor example:\n");
	for (const char *example = command->examples; *example; example += strlen(example) + 1)
		printf("  %s %s\n", cli->self, example);
}

enum err command_help(struct session *s)
{
	const struct cli *cli = s->cli;
	const struct command *command;
	const char *near;

	if (cli->operand_count == 0) {
		help_print_commands(cli, false);
		return OK;
	}
	if ((command = cli_command(cli->operands[0]))) {
		help_print_command(cli, command);
		return OK;
	}
	near = suggest_nearest(cli->operands[0], &cli_commands[0].word, cli_command_count, sizeof cli_commands[0]);
	output_error(s->out, E_USAGE, NULL, "no command \"%s\"%s%s%s", cli->operands[0], near ? "; did you mean " : "",
		     near ? near : "", near ? "?" : "");
	return E_USAGE;
}

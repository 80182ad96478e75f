/*
 * The client's tables of commands, options and keys.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "client/cli.h"
#include "client/settings.h"
#include "packaging/man/mdoc.h"
#include "packaging/man/table.h"

static void put_option(const struct option_row *row)
{
	fputs(".It", stdout);
	if (row->letter)
		printf(" Fl %c ,", row->letter);
	printf(" Fl \\-%s", row->word);
	if (row->argument)
		printf(" Ar %s", row->argument);
	putchar('\n');
	mdoc_text(row->help);
}

static void put_own_options(const struct command *command)
{
	bool is_open = false;

	for (size_t i = 0; i < cli_option_count; i++) {
		const struct option_row *row = &cli_options[i];

		if (!row->command || !cli_has_option(command, row))
			continue;
		if (!is_open)
			puts(".Bl -tag -width Ds -compact");
		is_open = true;
		put_option(row);
	}
	if (is_open)
		puts(".El");
}

static void put_examples(const struct command *command)
{
	if (!*command->examples)
		return;
	puts(".Bd -literal -offset indent -compact");
	for (const char *example = command->examples; *example; example += strlen(example) + 1) {
		fputs("$ sync ", stdout);
		mdoc_literal(example);
	}
	puts(".Ed");
}

void table_client_commands(void)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct command *command = &cli_commands[i];

		printf(".It Cm %s", command->word);
		mdoc_synopsis(command->synopsis);
		putchar('\n');
		mdoc_text(command->help);
		put_own_options(command);
		put_examples(command);
	}
}

void table_client_options(void)
{
	for (size_t i = 0; i < cli_option_count; i++)
		if (!cli_options[i].command)
			put_option(&cli_options[i]);
}

static void put_key(void *arg, const char *section, const char *key, const char *doc)
{
	const char **last = arg;

	if (!*last || strcmp(*last, section) != 0) {
		if (*last)
			puts(".El");
		printf(".Ss The keys of [%s] sections\n.Bl -tag -width Ds\n", section);
		*last = section;
	}
	printf(".It Ic %s\n", key);
	mdoc_text(doc);
}

void table_client_keys(void)
{
	const char *section = NULL;

	settings_each_key(put_key, &section);
	puts(".El");
}

/*
 * completion: scripts for the shells, written from the tables of commands and options.  They are for the name that the client was
 * called by: where nobody installed the dispatcher, `sync` is the system's and has no commands to complete.
 */
#include <stdio.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/session.h"

/* A name that a shell takes as it is; another link to the program is nobody's business. */
static const char *name_for(const struct cli *cli)
{
	return strcmp(cli->self, "sync") == 0 ? "sync" : "syncc";
}

/* The text, with the name where it says NAME. */
static void print_for(const char *name, const char *text)
{
	static const char placeholder[] = "NAME";
	const char *found;

	for (; (found = strstr(text, placeholder)); text = found + strlen(placeholder))
		printf("%.*s%s", (int)(found - text), text, name);
	fputs(text, stdout);
}

/* The words of the commands, separated by blanks. */
static void print_words(void)
{
	for (size_t i = 0; i < cli_command_count; i++)
		printf("%s%s", i ? " " : "", cli_commands[i].word);
}

static void print_options(const struct command *command)
{
	bool is_first = true;

	for (size_t i = 0; i < cli_option_count; i++) {
		const struct option_row *row = &cli_options[i];

		if (!cli_has_option(command, row))
			continue;
		if (row->letter)
			printf("%s-%c", is_first ? "" : " ", row->letter);
		printf("%s--%s", is_first && !row->letter ? "" : " ", row->word);
		is_first = false;
	}
}

static void print_bash(const char *name)
{
	print_for(
	    name,
	    "# bash completion for NAME\n"
	    "_NAME_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\"); }\n"
	    "_NAME()\n"
	    "{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word=${COMP_WORDS[1]} options\n"
	    "\tlocal words='");
	print_words();
	print_for(
	    name,
	    "'\n"
	    "\tCOMPREPLY=()\n"
	    "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	    "\t\t_NAME_words \"$words\" \"$cur\"\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tcase $prev in\n"
	    "\t--color) _NAME_words 'auto always never' \"$cur\"; return ;;\n"
	    "\t-r|--remote) _NAME_words \"$(\"${COMP_WORDS[0]}\" remote 2>/dev/null | cut -f1)\" \"$cur\"; return ;;\n"
	    "\tesac\n"
	    "\tcase $word in\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		printf("\t%s) options='", cli_commands[i].word);
		print_options(&cli_commands[i]);
		printf("' ;;\n");
	}
	print_for(name, "\t*) return ;;\n"
			"\tesac\n"
			"\tcase $word:$cur in\n"
			"\t*:-*) _NAME_words \"$options\" \"$cur\" ;;\n"
			"\thelp:*) _NAME_words \"$words\" \"$cur\" ;;\n"
			"\tcompletion:*) _NAME_words 'bash zsh fish' \"$cur\" ;;\n"
			"\t*) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
			"\tesac\n"
			"}\n"
			"complete -F _NAME NAME\n");
}

/* Text inside single quotes of a shell: our tables hold none, but they may one day. */
static void print_quoted(const char *text, const char *escaped)
{
	for (; *text; text++) {
		if (strchr(escaped, *text))
			putchar('\\');
		putchar(*text);
	}
}

static void print_zsh(const char *name)
{
	print_for(name, "#compdef NAME\n"
			"_NAME() {\n"
			"\tlocal -a commands\n"
			"\tcommands=(\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		printf("\t\t\"%s:", cli_commands[i].word);
		print_quoted(cli_commands[i].help, "\"\\$`");
		printf("\"\n");
	}
	printf("\t)\n"
	       "\tif (( CURRENT == 2 )); then\n"
	       "\t\t_describe command commands\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\tcase $words[2] in\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		printf("\t%s) [[ $PREFIX == -* ]] && { compadd -- ", cli_commands[i].word);
		print_options(&cli_commands[i]);
		printf("; return } ;;\n");
	}
	print_for(name, "\tesac\n"
			"\tcase $words[2] in\n"
			"\thelp) _describe command commands ;;\n"
			"\tcompletion) compadd bash zsh fish ;;\n"
			"\t*) _files ;;\n"
			"\tesac\n"
			"}\n"
			"# A file of $fpath, or sourced by ~/.zshrc after compinit.\n"
			"case ${funcstack[1]-} in\n"
			"_NAME) _NAME \"$@\" ;;\n"
			"*) compdef _NAME NAME ;;\n"
			"esac\n");
}

static void print_fish_option(const char *program, const struct command *command, const struct option_row *row)
{
	printf("complete -c %s -n '__fish_seen_subcommand_from %s' -l %s", program, command->word, row->word);
	if (row->letter)
		printf(" -s %c", row->letter);
	if (row->argument)
		printf(" -r");
	printf(" -d '");
	print_quoted(row->help, "'\\");
	printf("'\n");
}

static void print_fish(const char *name)
{
	printf("complete -c %s -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n", name);
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct command *command = &cli_commands[i];

		printf("complete -c %s -n __fish_use_subcommand -f -a %s -d '", name, command->word);
		print_quoted(command->help, "'\\");
		printf("'\n");
		for (size_t j = 0; j < cli_option_count; j++)
			if (cli_has_option(command, &cli_options[j]))
				print_fish_option(name, command, &cli_options[j]);
	}
}

enum err command_completion(struct session *s)
{
	static const struct {
		const char *shell;
		void (*print)(const char *name);
	} shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };

	for (size_t i = 0; i < ARRAY_LEN(shells); i++)
		if (strcmp(shells[i].shell, s->cli->operands[0]) == 0) {
			shells[i].print(name_for(s->cli));
			return OK;
		}
	output_error(s->out, E_USAGE, s->cli->operands[0], "there are completions for bash, zsh and fish");
	return E_USAGE;
}

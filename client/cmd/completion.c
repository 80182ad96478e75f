/*
 * completion: scripts for the shells, written from the tables of commands and options.
 */
#include <stdio.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/session.h"

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

static void print_bash(void)
{
	printf("# bash completion for sync and syncc\n"
	       "_syncc()\n"
	       "{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word=${COMP_WORDS[1]} options\n"
	       "\tCOMPREPLY=()\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	print_words();
	printf("' -- \"$cur\"))\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\tcase $prev in\n"
	       "\t--color) COMPREPLY=($(compgen -W 'auto always never' -- \"$cur\")); return ;;\n"
	       "\t-r|--remote) COMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" remote 2>/dev/null | cut -f1)\" -- "
	       "\"$cur\"))\n"
	       "\t\treturn ;;\n"
	       "\tesac\n"
	       "\tcase $word in\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		printf("\t%s) options='", cli_commands[i].word);
		print_options(&cli_commands[i]);
		printf("' ;;\n");
	}
	printf("\t*) return ;;\n"
	       "\tesac\n"
	       "\tcase $word in\n"
	       "\thelp) COMPREPLY=($(compgen -W '");
	print_words();
	printf("' -- \"$cur\")) ;;\n"
	       "\tcompletion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\")) ;;\n"
	       "\t*) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	       "\tesac\n"
	       "\tcase $cur in -*) compopt +o filenames; COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;; esac\n"
	       "}\n"
	       "complete -F _syncc syncc sync\n");
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

static void print_zsh(void)
{
	printf("#compdef syncc sync\n"
	       "_syncc() {\n"
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
	printf("\tesac\n"
	       "\tcase $words[2] in\n"
	       "\thelp) _describe command commands ;;\n"
	       "\tcompletion) compadd bash zsh fish ;;\n"
	       "\t*) _files ;;\n"
	       "\tesac\n"
	       "}\n"
	       "# A file of $fpath, or sourced by ~/.zshrc after compinit.\n"
	       "case ${funcstack[1]-} in\n"
	       "_sync*) _syncc \"$@\" ;;\n"
	       "*) compdef _syncc syncc sync ;;\n"
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

static void print_fish(void)
{
	static const char *const programs[] = { "syncc", "sync" };

	for (size_t n = 0; n < ARRAY_LEN(programs); n++) {
		printf("complete -c %s -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n",
		       programs[n]);
		for (size_t i = 0; i < cli_command_count; i++) {
			const struct command *command = &cli_commands[i];

			printf("complete -c %s -n __fish_use_subcommand -f -a %s -d '", programs[n], command->word);
			print_quoted(command->help, "'\\");
			printf("'\n");
			for (size_t j = 0; j < cli_option_count; j++)
				if (cli_has_option(command, &cli_options[j]))
					print_fish_option(programs[n], command, &cli_options[j]);
		}
	}
}

enum err command_completion(struct session *s)
{
	static const struct {
		const char *shell;
		void (*print)(void);
	} shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };

	for (size_t i = 0; i < ARRAY_LEN(shells); i++)
		if (strcmp(shells[i].shell, s->cli->operands[0]) == 0) {
			shells[i].print();
			return OK;
		}
	output_error(s->out, E_USAGE, s->cli->operands[0], "there are completions for bash, zsh and fish");
	return E_USAGE;
}

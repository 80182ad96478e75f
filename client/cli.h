/*
 * cli: the command line: commands and options as tables, and reading argv with them.
 */
#ifndef CLIENT_CLI_H
#define CLIENT_CLI_H

#include "client/ui/term.h"
#include "client/words.h"
#include "common/err.h"

struct session;

/* What argv said. */
struct cli {
	const char *self; /* the program's name for itself: the last part of argv[0] */
	const struct command *command;
	/* NULL: not given */
	const char *remote, *output, *token_file, *user, *pin, *client_cert, *client_key, *at, *race, *links;
	bool dry_run, quiet, json, yes, help, recursive, force, is_long, allow_deletes, exit_code, mine, theirs, redo,
	    any_client, unsafe, merge;
	int verbose;
	enum term_color color;
	char **operands;
	size_t operand_count;
};

/* Does it, says what there is to say; the exit code is output_finish()'s unless it is not 0. */
typedef enum err command_fn(struct session *s);

struct command {
	const char *word;
	size_t fewest, most;
	unsigned options;                       /* a set of enum command_option */
	const char *synopsis, *help, *examples; /* examples: texts one after the other, an empty one ends them */
	command_fn *run;
};

/* A row of the options: `command` 0 means every command has it. */
struct option_row {
	char letter; /* 0: none */
	const char *word, *argument, *help;
	unsigned command;
};

extern const struct command cli_commands[];
extern const size_t cli_command_count;
extern const struct option_row cli_options[];
extern const size_t cli_option_count;

/* The row of a command, or NULL. */
const struct command *cli_command(const char *word);

/* Has the command this option? */
bool cli_has_option(const struct command *command, const struct option_row *row);

/*
 * Reads argv, which getopt may reorder.  E_USAGE: `why` says what is wrong; `out->command` is then what was recognized,
 * or NULL, and `out->json` and the like hold as far as they were read.
 */
enum err cli_parse(int argc, char **argv, struct cli *out, struct note *why) must_check;

#endif

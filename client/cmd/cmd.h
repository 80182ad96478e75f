/*
 * cmd: one function per command of the table, one file each.
 */
#ifndef CLIENT_CMD_CMD_H
#define CLIENT_CMD_CMD_H

#include "client/cli.h"

#define COMMAND_DECLARE(word, fewest, most, options, synopsis, help, examples) \
	enum err command_##word(struct session *s);
CLIENT_COMMANDS(COMMAND_DECLARE)
#undef COMMAND_DECLARE

/* The list of commands, as `help` and a bare call show it. */
void help_print_commands(const struct cli *cli, bool on_stderr);

/* The help of one command, on stdout. */
void help_print_command(const struct cli *cli, const struct command *command);

#endif

/*
 * cmd: the command table of syncd.  One row is a command's name, synopsis, line of help, options and function; help, "did
 * you mean" and option parsing are made from it.  A row exists only for what this build can do.
 */
#ifndef SERVER_CMD_H
#define SERVER_CMD_H

#include "common/base.h"

enum { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2 }; /* exit codes (cli.md) */

enum { CMD_OPTIONS_LIMIT = 16, CMD_GIVEN_LIMIT = 64 };

struct cmd_option {
	const char *name;  /* long, without dashes; NULL ends a list */
	const char *value; /* what follows it, for help; NULL: a flag */
	const char *help;
};

/* A command line, parsed.  Everything is borrowed from argv. */
struct cmd_args {
	struct {
		const char *name, *value;
	} given[CMD_GIVEN_LIMIT];
	unsigned given_count;
	char **operands;
	int operand_count;
};

struct command {
	const char *name; /* "serve", "token add" */
	const char *synopsis;
	const char *help;
	const struct cmd_option *options;
	int min_operands, max_operands;
	int (*run)(const struct cmd_args *args);
	void (*more_help)(void); /* NULL: none; prints what the table does not hold */
};

/* The table; its last row has no name. */
extern const struct command commands[];

bool cmd_has(const struct cmd_args *args, const char *option);

/* The last value of an option; NULL: not given. */
const char *cmd_value(const struct cmd_args *args, const char *option);

/* Each value of a repeatable option in turn: `at` begins as 0.  NULL: no more. */
const char *cmd_next(const struct cmd_args *args, const char *option, unsigned *at);

/* The functions of the rows. */
int cmd_serve(const struct cmd_args *args);
void cmd_serve_help(void);
int cmd_invite(const struct cmd_args *args);
int cmd_user_add(const struct cmd_args *args);
int cmd_user_ls(const struct cmd_args *args);
int cmd_user_rights(const struct cmd_args *args);
int cmd_user_passwd(const struct cmd_args *args);
int cmd_user_rm(const struct cmd_args *args);
int cmd_token_add(const struct cmd_args *args);
int cmd_token_ls(const struct cmd_args *args);
int cmd_token_rm(const struct cmd_args *args);
int cmd_quota(const struct cmd_args *args);
int cmd_locks(const struct cmd_args *args);
int cmd_unlock(const struct cmd_args *args);
int cmd_journal(const struct cmd_args *args);
int cmd_fsck(const struct cmd_args *args);
int cmd_backup(const struct cmd_args *args);
int cmd_restore(const struct cmd_args *args);
int cmd_export(const struct cmd_args *args);
int cmd_import(const struct cmd_args *args);
int cmd_gc(const struct cmd_args *args);
int cmd_status(const struct cmd_args *args);
int cmd_reload(const struct cmd_args *args);
int cmd_config_check(const struct cmd_args *args);
int cmd_config_show(const struct cmd_args *args);
int cmd_version(const struct cmd_args *args);
int cmd_help(const struct cmd_args *args);

/* Prints `syncd: WHAT: WHY` on stderr, then what to type; returns CMD_USAGE. */
int cmd_refuse(const char *name, const char *why);

#endif

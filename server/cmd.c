/*
 * cmd: the rows, and the commands that speak of the rows.
 */
#include "server/cmd.h"

#include <stdio.h>
#include <string.h>

#define OPTION_JSON \
	{ \
		"json", NULL, "one JSON object a line on stdout" \
	}
#define OPTION_STORE \
	{ \
		"store", "DIR", "the store's folder; default the one that `syncd serve` uses" \
	}
#define OPTION_END \
	{ \
		NULL, NULL, NULL \
	}

static const struct cmd_option no_options[] = { OPTION_END };

static const struct cmd_option serve_options[] = {
	{ "listen", "ADDR:PORT", "where to listen, repeatable; unix:PATH for a proxy; port 0: a free one" },
	{ "tls-cert", "FILE", "certificate chain (PEM) instead of the store's own" },
	{ "tls-key", "FILE", "its private key" },
	{ "client-ca", "FILE", "authorities: a client with a certificate of theirs is the user it names" },
	{ "client-crl", "FILE", "their lists of what they have revoked" },
	{ "config", "FILE", "settings, one `key = value` a line" },
	{ "no-tls", NULL, "plain HTTP; on loopback or unix sockets only" },
	{ "run", "CMD", "serve while CMD runs (sh -c), exit with its status; a temporary store unless DIR" },
	{ "log-level", "LEVEL", "error, warning, info or debug" },
	OPTION_END,
};

static const struct cmd_option token_add_options[] = {
	{ "label", "LABEL", "what the history shows as client: ann@laptop" },
	{ "scope", "read:/PATH", "all it may do, or write:/PATH; repeatable; default all that USER may" },
	{ "days", "N", "how long it works; default for ever" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option store_options[] = { OPTION_STORE, OPTION_JSON, OPTION_END };

static const struct cmd_option user_rights_options[] = {
	{ "rights", "write:/PATH", "what it may do below PATH, or read:/PATH; repeatable" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option change_rights_options[] = {
	{ "rights", "write:/PATH", "what it may do below PATH, or read:/PATH; repeatable" },
	{ "none", NULL, "nothing at all, from now on" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option passwd_options[] = {
	{ "remove", NULL, "no password any more: tokens alone let NAME in" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option journal_options[] = {
	{ "since", "WHEN", "changes after number N, after \"2026-01-31 12:00\", or of the last 2h" },
	{ "path", "/PATH", "what happened at it or below" },
	{ "user", "NAME", "what NAME did" },
	{ "verify", NULL, "say whether the chain of all changes holds; 1 if not" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option fsck_options[] = {
	{ "repair", NULL, "mend what can be, mark what cannot; nothing that is good is removed" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option backup_options[] = {
	{ "verify", NULL, "prove also what an earlier backup in DIR is known to hold" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option restore_options[] = {
	{ "replace", NULL, "in the place of a store that is there, which is lost" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option export_options[] = {
	{ "path", "/PATH", "only that folder" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option import_options[] = {
	{ "path", "/PATH", "into that folder; made if it is not there" },
	{ "user", "NAME", "who the journal shows; default the one who runs it" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option gc_options[] = {
	{ "dry-run", NULL, "-n: say what would go, and change nothing" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

static const struct cmd_option config_options[] = {
	{ "config", "FILE", "that file and no server; default /etc/syncd/syncd.conf, or the server's" },
	OPTION_STORE,
	OPTION_JSON,
	OPTION_END,
};

const struct command commands[] = {
	{ "serve", "[DIR]", "serve the store in DIR", serve_options, 0, 1, cmd_serve, cmd_serve_help },
	{ "invite", "NAME", "print a link that signs NAME in, once; makes the user if need be", user_rights_options, 1,
	  1, cmd_invite, NULL },
	{ "user add", "NAME", "make a user; the first one may write everything", user_rights_options, 1, 1,
	  cmd_user_add, NULL },
	{ "user ls", "", "list the users", store_options, 0, 0, cmd_user_ls, NULL },
	{ "user rights", "NAME", "set what NAME may do: these --rights, or --none", change_rights_options, 1, 1,
	  cmd_user_rights, NULL },
	{ "user passwd", "NAME", "set a password, from the terminal or one line of stdin", passwd_options, 1, 1,
	  cmd_user_passwd, NULL },
	{ "user rm", "NAME", "remove a user and his tokens; what he wrote stays", store_options, 1, 1, cmd_user_rm,
	  NULL },
	{ "token add", "USER", "make a token: a secret a client signs in with", token_add_options, 1, 1, cmd_token_add,
	  NULL },
	{ "token ls", "", "list the tokens", store_options, 0, 0, cmd_token_ls, NULL },
	{ "token rm", "ID", "revoke the token that `token ls` shows as ID", store_options, 1, 1, cmd_token_rm, NULL },
	{ "quota", "[PATH [SIZE|none]]", "show or set how many bytes may lie below PATH", store_options, 0, 2,
	  cmd_quota, NULL },
	{ "locks", "", "list the locks that clients hold", store_options, 0, 0, cmd_locks, NULL },
	{ "unlock", "TOKEN", "remove the lock that `locks` shows as TOKEN, whoever made it", store_options, 1, 1,
	  cmd_unlock, NULL },
	{ "journal", "", "who changed what, when, on which client, from which content to which", journal_options, 0, 0,
	  cmd_journal, NULL },
	{ "fsck", "", "prove every hash and row of the store; 1 if it found damage", fsck_options, 0, 0, cmd_fsck,
	  NULL },
	{ "backup", "DIR", "copy the store as it is now to DIR, or what is new since the backup there", backup_options,
	  1, 1, cmd_backup, NULL },
	{ "restore", "DIR", "make the backup in DIR the store; its server may not run", restore_options, 1, 1,
	  cmd_restore, NULL },
	{ "export", "DIR", "write the files as they are now to DIR, plainly, with their times", export_options, 1, 1,
	  cmd_export, NULL },
	{ "import", "DIR", "take the files in DIR into the store, with their times", import_options, 1, 1, cmd_import,
	  NULL },
	{ "gc", "", "give back what nobody needs: old history, dead contents, half-empty segments", gc_options, 0, 0,
	  cmd_gc, NULL },
	{ "status", "", "what the server and its store are doing", store_options, 0, 0, cmd_status, NULL },
	{ "reload", "", "have the server read its config and certificate anew", store_options, 0, 0, cmd_reload, NULL },
	{ "config check", "[FILE]", "say whether a config is right, and if not where", config_options, 0, 1,
	  cmd_config_check, NULL },
	{ "config show", "", "print every key with its value and where that comes from", config_options, 0, 0,
	  cmd_config_show, NULL },
	{ "version", "", "print the version", no_options, 0, 0, cmd_version, NULL },
	{ "help", "[COMMAND]", "print help", no_options, 0, 2, cmd_help, NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

bool cmd_has(const struct cmd_args *args, const char *option)
{
	for (unsigned i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].name, option) == 0)
			return true;
	return false;
}

const char *cmd_value(const struct cmd_args *args, const char *option)
{
	const char *value, *last = NULL;

	for (unsigned at = 0; (value = cmd_next(args, option, &at));)
		last = value;
	return last;
}

const char *cmd_next(const struct cmd_args *args, const char *option, unsigned *at)
{
	while (*at < args->given_count) {
		unsigned i = (*at)++;

		if (strcmp(args->given[i].name, option) == 0)
			return args->given[i].value;
	}
	return NULL;
}

int cmd_version(const struct cmd_args *args not_used)
{
	puts("syncd " VERSION);
	return CMD_OK;
}

int cmd_refuse(const char *name, const char *why)
{
	fprintf(stderr, "syncd: %s\n  syncd help%s%s\n", why, name ? " " : "", name ? name : "");
	return CMD_USAGE;
}

static void print_command(const struct command *c)
{
	printf("syncd %s%s%s%s\n  %s\n", c->name, c->options[0].name ? " [OPTION]..." : "", c->synopsis[0] ? " " : "",
	       c->synopsis, c->help);
	for (const struct cmd_option *o = c->options; o->name; o++) {
		char left[40];

		snprintf(left, sizeof left, "--%s %s", o->name, o->value ? o->value : "");
		printf("    %-22s %s\n", left, o->help);
	}
	if (c->more_help)
		c->more_help();
}

/* "token" names all rows that begin with it, "token add" or "add" after it one. */
static bool is_named(const struct command *c, const char *word, const char *second)
{
	size_t len = strlen(word);

	if (strcmp(c->name, word) == 0)
		return !second;
	return strncmp(c->name, word, len) == 0 && c->name[len] == ' ' &&
	       (!second || strcmp(c->name + len + 1, second) == 0);
}

int cmd_help(const struct cmd_args *args)
{
	const char *word = args->operand_count ? args->operands[0] : NULL;
	const char *second = args->operand_count > 1 ? args->operands[1] : NULL;
	unsigned shown = 0;

	if (!word) {
		puts("syncd keeps files and serves them over HTTP; what it acknowledged is on the disk.\n");
		for (const struct command *c = commands; c->name; c++)
			printf("  syncd %-11s %-10s %s\n", c->name, c->synopsis, c->help);
		puts("\nsyncd help COMMAND shows a command's options.");
		return CMD_OK;
	}
	for (const struct command *c = commands; c->name; c++)
		if (is_named(c, word, second)) {
			if (shown++)
				putchar('\n');
			print_command(c);
		}
	return shown ? CMD_OK : cmd_refuse(NULL, "no such command");
}

/*
 * settings: the client's settings: /etc/sync.conf, then the user's $SYNC_CONFIG or $XDG_CONFIG_HOME/sync/config over it.
 * Reading goes through common/ini and one table of keys; changing keeps the user's lines and comments.
 */
#ifndef CLIENT_SETTINGS_H
#define CLIENT_SETTINGS_H

#include "common/err.h"
#include "common/span.h"

enum { SETTINGS_NAME_LIMIT = 40 }; /* of a remote */

struct remote_config {
	char *name, *url, *user, *pin, *token_command, *client_cert, *client_key;
	bool is_basic, allow_plain;
	struct remote_config *next;
};

struct settings {
	char *path;                    /* the user's file, whether it is there or not */
	struct remote_config *remotes; /* in the order of the files */
	char *default_remote;          /* NULL: none is named */
	int64_t limit_rate_bytes;      /* a second; 0: none */
	char *merge;                   /* names of texts that may be merged; NULL: not said */
	char *ignore;                  /* names that `push -R` leaves out, separated by blanks; NULL: none */
};

/* Reads both files.  E_USAGE: one is wrong; `why` says file and line.  settings_clear() frees what it holds. */
enum err settings_load(struct settings *out, struct note *why) must_check;
void settings_clear(struct settings *c);

/* The remote of that name, or NULL. */
const struct remote_config *settings_remote(const struct settings *c, const char *name);

/* The nearest known name to a mistyped one, or NULL. */
const char *settings_nearest_remote(const struct settings *c, const char *name);

/* Letters, digits, ".", "_" and "-", at most SETTINGS_NAME_LIMIT of them. */
bool settings_is_name(const char *name);

/* $XDG_CONFIG_HOME/sync/NAME, beside the config file if SYNC_CONFIG names one; the caller frees it. */
char *settings_file_beside(const struct settings *c, const char *name);

/* $XDG_STATE_HOME/sync/state.db; the caller frees it. */
char *settings_state_path(void);

/*
 * Sets a key of `[remote LABEL]`, or without `label` of `[defaults]`, in the ini file at `path`; NULL as value removes
 * the key.  Lines it does not touch stay as they are.  The file is replaced in one step, mode 0600, its folders made.
 * E_USAGE: a value that the grammar cannot hold; else the error of reading or writing, in `why`.
 */
enum err settings_edit_set(const char *path, const char *label, const char *key, const char *value,
			   struct note *why) must_check;

/* Removes the section `[remote LABEL]`.  E_NOT_FOUND: it is not in this file. */
enum err settings_edit_drop(const char *path, const char *label, struct note *why) must_check;

/* A key of the config; `section` is "remote NAME" or "defaults".  All are constants. */
typedef void settings_key_fn(void *arg, const char *section, const char *key, const char *doc);

/* Calls `fn` for each key there is: the manual is made of it. */
void settings_each_key(settings_key_fn *fn, void *arg);

#endif

/*
 * cmd_admin: what the commands share that work on a store, running or stopped: asking it, and saying what it answered.
 */
#ifndef SERVER_CMD_ADMIN_H
#define SERVER_CMD_ADMIN_H

#include "common/jsonw.h"
#include "server/admin_door.h"
#include "server/cmd.h"

/*
 * Finds the store of --store (or the default one), becomes its owner if the caller is root, and has its server do it, or the
 * store itself when none runs.  The system's own, if it is not there yet, comes with the first start of its service, which this
 * brings about (server/waken.h).  Errors are those of admin_door_call().  Blocks.
 */
enum err cmd_ask(const struct cmd_args *args, const struct admin_call *call, struct buf *out,
		 struct note *why) must_check;

/* Its first half: the folder, which the caller frees; from here on the process is the owner's. */
enum err cmd_find_store(const struct cmd_args *args, char **out_folder, struct note *why) must_check;

/* Says why on stderr and returns the exit code. */
int cmd_fail(enum err e, const struct note *why);

/* Flushes stdout and returns the exit code: a full disk or a closed pipe is no success. */
int cmd_finish(void);

/*
 * A value of the command line as a field of the request: a newline in it must not become a field of its own.  E_USAGE with
 * the reason.
 */
enum err cmd_add_field(struct buf *request, const char *key, const char *value, struct note *why) must_check;

/* A column of a line: padded for people, followed by one tab for programs. */
void cmd_column(struct span text, int width);

/* "2026-01-31", or with the time of day as "2026-01-31T12:00:00Z".  Returns `out`. */
enum { CMD_TIME_SIZE = 32 };
const char *cmd_time(int64_t seconds, bool is_full, char out[CMD_TIME_SIZE]);

/* The full form as the value of `key`; 0 is null. */
void cmd_json_time(struct jsonw *w, const char *key, int64_t seconds);

/* Ends the value and prints it as a line. */
void cmd_json_print(struct jsonw *w);

#endif

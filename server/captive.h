/*
 * captive: `serve --run CMD`: the command gets a server of its own, found through its environment, and its exit status is
 * ours.
 */
#ifndef SERVER_CAPTIVE_H
#define SERVER_CAPTIVE_H

#include "server/store/store_access.h"

#include <signal.h>

struct captive;

/* A new empty folder for a store, below $TMPDIR or /tmp.  The caller frees the name.  E_FORBIDDEN, E_NO_SPACE, E_IO. */
enum err captive_make_folder(char **out, struct note *why) must_check;

/* Removes a folder with all that is in it, following no links. */
void captive_remove_folder(const char *folder);

/*
 * Starts `command` by `sh -c` with SYNC_URL, SYNC_TOKEN (writes "/"), SYNC_PIN (unless NULL) and SYNC_STORE set, with
 * the signal mask `mask`.  The token belongs to the user who runs us and is removed again by captive_free().  Blocks.
 */
struct captive_options {
	const char *command, *url, *pin;
	const sigset_t *mask;
};
enum err captive_start(struct store *s, const struct captive_options *options, struct captive **out,
		       struct note *why) must_check;

/* Has the command ended?  Then `out_exit_code` is its status, or 128 and the signal that ended it.  Does not wait. */
bool captive_has_ended(struct captive *c, int *out_exit_code);

/* Passes a signal on, unless the command has ended. */
void captive_kill(struct captive *c, int signal_number);

/* Revokes the token.  NULL is fine. */
void captive_free(struct captive *c);

#endif

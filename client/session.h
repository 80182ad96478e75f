/*
 * session: what one command works with: the command line, what it prints to, the config, the chosen server, the state.
 */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include <signal.h>

#include "client/choice.h"
#include "client/cli.h"
#include "client/remote/http.h"
#include "client/state.h"
#include "client/ui/output.h"
#include "client/ui/progress.h"

struct session {
	const struct cli *cli;
	struct output *out;
	struct settings config;
	struct choice remote;
	struct state *state; /* NULL: it could not be opened, which was said */
	struct http *http;
	char *features; /* what Sync-Features announced; "" nothing; NULL: not known yet */
	bool is_basic;  /* the server took Basic: remembered at the end */
};

/* Set by SIGINT, SIGTERM and SIGHUP; everything that waits looks at it. */
extern volatile sig_atomic_t session_interrupted;

/* Reads the config.  E_USAGE: it is wrong, which was said. */
enum err session_load_config(struct session *s) must_check;

/*
 * Chooses the server (`name` or NULL), opens the state and makes ready to speak.  Failures are said.  E_USAGE.
 */
enum err session_connect(struct session *s, const char *name) must_check;

/* For servers that are no remote yet (login): the same with `s->remote` already filled. */
enum err session_connect_chosen(struct session *s) must_check;

/* Frees everything but the command line and the output. */
void session_close(struct session *s);

/*
 * Finds out what the server announces, by OPTIONS once, remembered with the remote.  An error is that of the request, in
 * `why`.
 */
enum err session_learn(struct session *s, struct note *why) must_check;

/* Forgets it, in the state too: something the server did is not what it announced. */
void session_forget_features(struct session *s);

/* Does the server announce this?  After session_learn(). */
bool session_has(const struct session *s, const char *feature);

/* Does it announce anything: is it a server of our kind? */
bool session_is_ours(const struct session *s);

/* "a b" percent-encoded, below the root, without a leading slash; a folder's gets a trailing one.  The caller frees it. */
char *session_target(const char *path, bool is_folder);

/*
 * State by path; without a state nothing is known and nothing remembered.  session_seen(): what is known of this very
 * local file (`is_own`), else the newest thing known of the path.
 */
bool session_seen(struct session *s, const char *path, const char *local, struct seen *out, bool *is_own);
void session_remember(struct session *s, const char *path, const char *local, const struct seen *seen);
void session_forget(struct session *s, const char *path); /* with what is below, and the locks there */

/* The whole URL of a path, as Destination and tagged lists of If want it.  The caller frees it. */
char *session_url(const struct session *s, const char *path, bool is_folder);

/*
 * Submits the tokens of the locks that we hold around `path` (and `other`, unless NULL) with a request that changes it: the If
 * header (RFC 4918 §10.4).  An If that the request has already, untagged lists about its target, stays its condition; without one the
 * condition always holds, so that a lock that ran out stops nothing.
 */
void session_submit_locks(struct session *s, struct http_request *req, const char *path, const char *other);

#endif

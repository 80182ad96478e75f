/*
 * app: the server as a whole: builds its parts in order, plugs them together, waits for signals, drains, stops.
 *
 * Who calls whom: http calls handle() here, which calls api and dav; the store's completions run on its committer thread and
 * come back to a loop through req_post().  Nobody else calls upward.
 *
 * Lock order.  A thread holds at most one of these at a time, except where a line says what it may take while holding it;
 * none is held across a system call that can wait:
 *     1. store: the queue of submitted transactions; who watches it
 *     2. api: the streams of events                      may be taken while holding the watch's, and take a loop's inbox
 *     3. net: a worker pool's queue; a loop's inbox
 *     4. auth: throttle's table; proofs; the verifier's queues; the checker's complaints
 *     5. log: the writer's ring                          may be taken while holding any of the above, takes none
 * The cache of identities is per thread and has no lock (server/auth/who.c).
 */
#ifndef SERVER_APP_H
#define SERVER_APP_H

#include "server/config.h"

struct app_options {
	struct config *config; /* borrowed */
	/* Reads the same sources again, for a reload.  E_USAGE with the reason.  On the main thread. */
	enum err (*read_config)(void *arg, struct config *out, struct note *why);
	void *read_config_arg;
	const char *folder;      /* of the store */
	struct checker *checker; /* borrowed; NULL: PAM is not asked */
	bool no_tls;
	const char *run;   /* captive mode: the command; NULL: serve until a signal */
	bool is_temporary; /* captive mode: the store goes when the command has ended */
};

/*
 * Serves until TERM or INT, or in captive mode until the command ends.  Returns the exit code of the process; everything
 * worth saying was said on stderr.  Call once, on the main thread, before any other thread exists.
 */
int app_run(const struct app_options *options);

#endif

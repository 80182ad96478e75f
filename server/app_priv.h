/*
 * app_priv: the inside of the server as a whole, for app.c (its life), app_build.c (putting it together, and where requests go) and
 * app_reload.c.
 */
#ifndef SERVER_APP_PRIV_H
#define SERVER_APP_PRIV_H

#include "server/admin_door.h"
#include "server/api/api.h"
#include "server/app.h"
#include "server/auth/who.h"
#include "server/captive.h"
#include "server/dav/methods.h"
#include "server/http/rate.h"
#include "server/settings.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct app {
	const struct app_options *options;
	struct store *store;
	_Atomic(struct settings *) settings; /* replaced by a reload */
	struct auth *auth;
	struct dav *dav;
	struct api *api;
	struct server *server;
	struct rate *rate; /* of each address */
	struct captive *captive;
	bool has_key_made, has_admin_door, is_started;
	struct buf urls;   /* all addresses, for people */
	char *url;         /* of the first address that has a URL */
	sigset_t old_mask; /* what the captive command gets back */
	int signal_fd, end_fd, wake_fd;
	pthread_mutex_t lock;       /* of: */
	struct api_reload *reloads; /* that the main thread has to do; wake_fd tells */
	pthread_t waiter;
	atomic_bool is_draining;
	int exit_code;
	int64_t started_s;
};

/* On a loop: good for this turn.  On the main thread: until it replaces them itself. */
static inline const struct settings *settings_of(struct app *app)
{
	return atomic_load(&app->settings);
}

/* Blocks the signals that the main thread reads from signal_fd; every thread made later inherits that.  E_IO. */
enum err app_build_signals(struct app *app, struct note *why) must_check;

/* Room for all connections: many systems begin with 1024 descriptors, and let each process have more if it asks. */
void app_raise_descriptor_limit(const struct config *config);

/* Everything, in order, until it answers.  What was built stays, whatever fails: app_clear() takes it down. */
enum err app_build(struct app *app, struct note *why) must_check;

/* What a running server takes from its settings.  After it no loop reads the ones before. */
void app_apply(struct app *app, const struct settings *s);

/* On the main thread, which also stops the server: so that never happens meanwhile.  Connections stay. */
void app_reload_by_signal(struct app *app);
void app_reload_for_those_who_asked(struct app *app);

#endif

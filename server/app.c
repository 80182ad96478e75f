#include "server/app_priv.h"

#include "common/clock.h"
#include "common/db.h"
#include "common/memory.h"
#include "server/confine.h"
#include "server/net/libraries.h"
#include "server/notify.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EXIT_STOPPED = 0, EXIT_FAILED = 1, EXIT_WRONG_USAGE = 2, URLS_LIMIT = 1024, RESERVE_BYTES = 16 << 20 };

/* ---- running ---- */

static void drain(struct app *app)
{
	if (atomic_exchange(&app->is_draining, true))
		return;
	notify_send("STOPPING=1");
	api_stop(app->api);
	server_stop(app->server);
}

/* False: stop at once.  The store is crash-safe; nothing acknowledged is lost. */
static bool on_stop_signal(struct app *app, int signal_number)
{
	log_info("stop signal=%s", signal_number == SIGTERM ? "TERM" : "INT");
	if (app->captive) { /* it decides: when it has ended we do */
		static bool was_asked;

		if (was_asked)
			return false;
		was_asked = true;
		captive_kill(app->captive, signal_number);
		return true;
	}
	if (atomic_load(&app->is_draining))
		return false;
	drain(app);
	return true;
}

/* ---- signals ---- */

static void on_child(struct app *app)
{
	if (app->captive && captive_has_ended(app->captive, &app->exit_code))
		drain(app);
}

/* Takes all signals that wait.  False: stop at once. */
static bool take_signals(struct app *app)
{
	struct signalfd_siginfo info;

	while (read(app->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			on_child(app);
		else if (info.ssi_signo == SIGHUP)
			app_reload_by_signal(app);
		else if (!on_stop_signal(app, (int)info.ssi_signo))
			return false;
	}
	return true;
}

/* Until the loops have ended.  False: a second signal says at once. */
static bool run(struct app *app)
{
	struct pollfd fds[] = { { .fd = app->signal_fd, .events = POLLIN },
				{ .fd = app->end_fd, .events = POLLIN },
				{ .fd = app->wake_fd, .events = POLLIN } };
	int64_t watchdog_ms = notify_watchdog_ms();

	for (;;) {
		int n = poll(fds, ARRAY_LEN(fds), watchdog_ms ? (int)MIN(watchdog_ms, 60000) : -1);

		/* The loops feed it: when one hangs for as long as the supervisor allows, it hears nothing more. */
		if (watchdog_ms && server_lag_ms(app->server) < 2 * watchdog_ms)
			notify_send("WATCHDOG=1");
		if (n > 0 && fds[0].revents && !take_signals(app))
			return false;
		if (n > 0 && fds[2].revents)
			app_reload_for_those_who_asked(app);
		if (n > 0 && fds[1].revents)
			return true;
	}
}

/* ---- ending ---- */

/* Tears down what was built, in any state. */
static void app_clear(struct app *app)
{
	if (app->is_started) {
		drain(app);
		pthread_join(app->waiter, NULL);
	}
	if (app->has_admin_door)
		admin_door_remove(store_folder(app->store));
	captive_free(app->captive);
	server_free(app->server);
	rate_free(app->rate);
	api_free(app->api);
	dav_free(app->dav);
	auth_free(app->auth);
	settings_free(atomic_load(&app->settings));
	store_close(app->store);
	buf_clear(&app->urls);
	free(app->url);
	close(app->signal_fd);
	close(app->end_fd);
	close(app->wake_fd);
	pthread_mutex_destroy(&app->lock);
}

/* A second signal: whoever still runs is cut off, and what would outlive us is removed. */
static void end_at_once(struct app *app)
{
	int status;

	log_warning("stop_at_once reason=\"second signal\"");
	if (app->captive && !captive_has_ended(app->captive, &status))
		captive_kill(app->captive, SIGKILL);
	if (app->has_admin_door)
		admin_door_remove(store_folder(app->store));
	if (app->options->is_temporary)
		captive_remove_folder(app->options->folder);
	log_stop_writer();
	_exit(EXIT_FAILED);
}

static int fail(enum err e, const struct note *why)
{
	fprintf(stderr, "syncd: %s\n", why->text[0] ? why->text : err_words(e));
	return e == E_USAGE ? EXIT_WRONG_USAGE : EXIT_FAILED;
}

/* For what was let in before memory ran out; nothing that a peer may make large comes out of it. */
static void keep_memory(void)
{
	if (!memory_keep_reserve(RESERVE_BYTES))
		log_warning("leave_out memory_reserve=%d", RESERVE_BYTES);
}

int app_run(const struct app_options *options)
{
	struct app app = {
		.options = options, .urls = buf_new(URLS_LIMIT), .signal_fd = -1, .end_fd = -1, .wake_fd = -1
	};
	struct note why = { "" };
	enum err e;

	libraries_share_memory();
	db_share_memory();
	app.exit_code = EXIT_STOPPED;
	app.started_s = clock_now_s();
	pthread_mutex_init(&app.lock, NULL);
	e = app_build_signals(
	    &app, &why); /* before any thread: one that does not block TERM would die of it, and we with it */
	sandbox_hide_memory(options->config->sandbox);
	/* The captive command is not to be in it. */
	if (e == OK && !options->run)
		e = confine(options->config, options->folder, &why);
	keep_memory();
	log_start_writer();
	app_raise_descriptor_limit(options->config);
	if (e == OK)
		e = app_build(&app, &why);
	if (e == OK && !run(&app))
		end_at_once(&app);
	app_clear(&app);
	if (options->is_temporary)
		captive_remove_folder(options->folder);
	if (e == OK)
		log_info("stopped");
	log_stop_writer();
	return e == OK ? app.exit_code : fail(e, &why);
}

#include "server/app.h"

#include "common/clock.h"
#include "common/network.h"
#include "server/admin_door.h"
#include "server/api/accounts.h"
#include "server/api/api.h"
#include "server/auth/who.h"
#include "server/captive.h"
#include "server/confine.h"
#include "server/dav/methods.h"
#include "server/http/mime.h"
#include "server/http/rate.h"
#include "server/listening.h"
#include "server/notify.h"
#include "server/settings.h"
#include "server/welcome.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_STOPPED = 0,
	EXIT_FAILED = 1,
	EXIT_WRONG_USAGE = 2,
	URLS_LIMIT = 1024,
	DESCRIPTORS_BESIDES = 512,
	BUSY_TRIES = 50,
	BUSY_PAUSE_MS = 100
};

struct app {
	const struct app_options *options;
	struct store *store;
	_Atomic(struct settings *) settings; /* replaced by a reload (reload()) */
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
static const struct settings *settings_of(struct app *app)
{
	return atomic_load(&app->settings);
}

/* ---- requests ---- */

/* Within what its address may ask for?  Supervisors' questions cost nothing and are always answered. */
static bool has_turn(struct app *app, const struct req *r)
{
	struct network network;

	if (req_is_admin(r) || api_is_health(r) || !network_of(req_peer(r), &network))
		return true;
	return rate_take(app->rate, network_hash(&network), settings_of(app)->config->limits.requests_per_address,
			 clock_monotonic_ns());
}

static void handle(struct req *r, void *arg)
{
	struct app *app = arg;

	if (!has_turn(app, r)) {
		req_set_header(r, "Retry-After", "1");
		req_reply_error(r, E_TOO_MANY, NULL);
		return;
	}
	if (browser_answer(r, &settings_of(app)->origins))
		return;
	if (!api_handle(app->api, r))
		dav_handle(app->dav, r);
}

static int64_t lag_ms(void *arg)
{
	struct app *app = arg;

	return server_lag_ms(app->server);
}

static bool is_draining(void *arg)
{
	struct app *app = arg;

	return atomic_load(&app->is_draining);
}

static void address(void *arg, struct accounts_address *out)
{
	struct app *app = arg;
	const struct settings *s = settings_of(app);

	out->url = s->config->public_url ? s->config->public_url : app->url;
	out->pin = s->needs_pin ? s->pin : NULL;
}

static enum err show_config(void *arg, struct buf *out)
{
	return config_show(settings_of(arg)->config, out);
}

static void stats(void *arg, struct server_stats *out, int64_t *out_started_s)
{
	struct app *app = arg;

	server_stats(app->server, out);
	*out_started_s = app->started_s;
}

static void ask_to_reload(void *arg, struct api_reload *r)
{
	struct app *app = arg;

	pthread_mutex_lock(&app->lock);
	r->next = app->reloads;
	app->reloads = r;
	pthread_mutex_unlock(&app->lock);
	eventfd_write(app->wake_fd, 1);
}

/* ---- building ---- */

/* Blocks the signals that the main thread reads from signal_fd; every thread made later inherits that. */
static enum err build_signals(struct app *app, struct note *why)
{
	sigset_t wanted;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	sigaddset(&wanted, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &wanted, &app->old_mask);
	app->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	app->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	app->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (app->signal_fd < 0 || app->end_fd < 0 || app->wake_fd < 0)
		return note_set(why, E_IO, "no descriptors for signals: %s", strerror(errno));
	return OK;
}

/* Room for all connections: many systems begin with 1024 descriptors, and let each process have more if it asks. */
static void raise_descriptor_limit(const struct config *config)
{
	rlim_t wanted = (rlim_t)config->limits.max_connections + DESCRIPTORS_BESIDES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= MIN(wanted, limit.rlim_max))
		return;
	limit.rlim_cur = MIN(wanted, limit.rlim_max);
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warning("keep descriptor_limit=%llu error=\"%s\"", (unsigned long long)limit.rlim_cur,
			    strerror(errno));
}

static enum err build_store(struct app *app, struct note *why)
{
	static const struct timespec pause = { .tv_nsec = BUSY_PAUSE_MS * 1000000L };
	struct store_options options = app->options->config->store_options;
	enum err e = E_BUSY;

	options.create = true;
	/* A command that works on the stopped store has it for a moment; another server keeps it. */
	for (int tries = 0; tries < BUSY_TRIES && e == E_BUSY; tries++) {
		if (tries)
			nanosleep(&pause, NULL);
		e = store_open(app->options->folder, &options, &app->store, why);
		if (e == E_BUSY && admin_door_answers(app->options->folder))
			break;
	}
	return e;
}

static enum err build_settings(struct app *app, struct note *why)
{
	struct settings_options options = { .folder = store_folder(app->store),
					    .no_tls = app->options->no_tls,
					    .makes_key = true };
	struct settings *s = NULL;
	enum err e = settings_new(app->options->config, &options, &s, &app->has_key_made, why);

	atomic_store(&app->settings, s);
	return e;
}

static void apply(struct app *app, const struct settings *s)
{
	struct server_change change = { &s->config->limits, &s->proxies, s->tls };

	server_apply(app->server, &change);
}

static enum err build_handlers(struct app *app)
{
	const struct settings *s = settings_of(app);

	app->auth = auth_new(app->store);
	struct api_options api = { .auth = app->auth,
				   .address = address,
				   .reload = ask_to_reload,
				   .show_config = show_config,
				   .stats = stats,
				   .lag_ms = lag_ms,
				   .is_draining = is_draining,
				   .arg = app };

	mime_from_name(span_of("")); /* reads its table now, not on a loop */
	app->rate = rate_new();
	app->dav = dav_new(app->store, app->auth, &s->dav);
	app->api = api_new(app->store, &api);
	app->server = server_new(&s->config->limits, s->tls, handle, app);
	apply(app, s);
	return OK;
}

/* Notes what an address is called, each URL once (both families of one port share theirs). */
static void note_address(struct app *app, const char *bound, bool is_tls)
{
	autofree char *url = listening_url(bound, is_tls);

	if (!memmem(app->urls.data, app->urls.len, url, strlen(url)) &&
	    buf_addf(&app->urls, "%s%s", app->urls.len ? " and " : "", url) != OK)
		log_warning("leave_out address=%s", QUOTED(url)); /* more addresses than a line holds */
	if (!app->url && strncmp(url, "unix:", 5) != 0)
		app->url = TAKE(url);
}

/* The reason with the address it is about, unless it names it. */
static void explain_address(const struct server_listen *where, enum err e, struct note *why)
{
	struct note reason = *why;
	const char *name = where->address ? where->address : "an inherited socket";

	if (!strstr(reason.text, name))
		note_set(why, e, "%.80s: %.110s", name, reason.text[0] ? reason.text : err_words(e));
}

static enum err build_listeners(struct app *app, struct note *why)
{
	struct listening l;
	enum err e = listening_choose(app->options->config, app->options->no_tls, app->options->run != NULL, &l, why);

	for (unsigned i = 0; i < l.count && e == OK; i++) {
		autofree char *bound = NULL;

		e = server_listen(app->server, &l.items[i], &bound, why);
		if (e == OK)
			note_address(app, bound, l.items[i].is_tls);
		else if (l.is_optional[i] && e != E_BUSY) {
			log_info("skip address=%s reason=%s", QUOTED(l.items[i].address), QUOTED(why->text));
			e = OK;
		} else {
			explain_address(&l.items[i], e, why);
		}
	}
	return e == E_BAD_REQUEST ? E_USAGE : e;
}

static enum err build_admin_door(struct app *app, struct note *why)
{
	struct server_listen door = { .fd = -1, .is_admin = true };
	struct stat st;
	enum err e;

	if (stat(store_folder(app->store), &st) != 0)
		return note_set(why, err_from_errno(errno), "%.120s: %s", store_folder(app->store), strerror(errno));
	door.admin_uid = st.st_uid;
	if ((e = admin_door_listen(store_folder(app->store), &door.fd, why)) != OK)
		return e;
	app->has_admin_door = true;
	return server_listen(app->server, &door, NULL, why);
}

static void *wait_for_server(void *arg)
{
	struct app *app = arg;
	bool all_ended = server_wait(app->server);

	if (!all_ended)
		log_warning("abort reason=\"requests that did not end in time\"");
	eventfd_write(app->end_fd, 1);
	return NULL;
}

static enum err start(struct app *app, struct note *why)
{
	enum err e = server_start(app->server);

	if (e != OK)
		return note_set(why, e, "cannot start the loops: %s", err_words(e));
	if (pthread_create(&app->waiter, NULL, wait_for_server, app) != 0)
		return note_set(why, E_BUSY, "no thread to be had");
	app->is_started = true;
	return OK;
}

static enum err greet(struct app *app, struct note *why)
{
	struct accounts_address at;
	struct captive_options captive = { .command = app->options->run, .url = app->url, .mask = &app->old_mask };

	/* Not by way of the log's writer: the login link comes after it. */
	if (log_wants(LOG_INFO))
		fprintf(stderr, "syncd " VERSION ": store %s%s, %slistening on %s\n", store_folder(app->store),
			store_is_new(app->store) ? " (new)" : "", app->has_key_made ? "key made, " : "",
			app->urls.data);
	notify_send("READY=1");
	captive.pin = settings_of(app)->pin;
	if (app->options->run)
		return captive_start(app->store, &captive, &app->captive, why);
	address(app, &at);
	return welcome_first(app->store, at.url, at.pin, why);
}

static enum err build(struct app *app, struct note *why)
{
	enum err e;

	if ((e = build_store(app, why)) != OK || (e = build_settings(app, why)) != OK ||
	    (e = build_handlers(app)) != OK || (e = build_listeners(app, why)) != OK ||
	    (e = build_admin_door(app, why)) != OK || (e = start(app, why)) != OK)
		return e;
	/* The captive command is not to be in it: it is started first. */
	if (!app->options->run && (e = sandbox_enter(app->options->config->sandbox, why)) != OK)
		return e;
	if ((e = greet(app, why)) != OK || !app->options->run)
		return e;
	return sandbox_enter(app->options->config->sandbox, why);
}

/* ---- running ---- */

static void drain(struct app *app)
{
	if (atomic_exchange(&app->is_draining, true))
		return;
	notify_send("STOPPING=1");
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

/* ---- reloading ---- */

/* Whoever wrote a config with a mistake learns it at once, and the server goes on by the old one. */
static enum err read_settings(struct app *app, struct settings **out, struct note *why)
{
	struct settings_options options = { .folder = store_folder(app->store),
					    .no_tls = app->options->no_tls,
					    .owns = true };
	struct config *config = xcalloc(1, sizeof *config);
	bool made_key;
	enum err e;

	config_init(config);
	if ((e = app->options->read_config(app->options->read_config_arg, config, why)) != OK) {
		config_clear(config);
		free(config);
		return e;
	}
	return settings_new(config, &options, out, &made_key, why);
}

/* What the new config says otherwise than the one of the start, and a running server cannot do. */
static void note_fixed(const struct app *app, const struct settings *now, struct note *out)
{
	autobuf struct buf fixed = buf_new(sizeof out->text);

	if (config_list_fixed(now->config, app->options->config, &fixed) == OK)
		note_set(out, OK, "%s", fixed.data);
}

/* On the main thread, which also stops the server: so that never happens meanwhile.  Connections stay. */
static enum err reload(struct app *app, struct note *why, struct note *fixed)
{
	struct settings *before = atomic_load(&app->settings), *now;
	enum err e;

	fixed->text[0] = '\0';
	if (atomic_load(&app->is_draining))
		return note_set(why, E_BUSY, "the server is stopping");
	if ((e = read_settings(app, &now, why)) != OK) {
		log_error("refuse reload=%s", QUOTED(why->text[0] ? why->text : err_words(e)));
		return E_UNPROCESSABLE;
	}
	notify_send("RELOADING=1");
	note_fixed(app, now, fixed);
	if (!app->options->run || now->config->has_log_level)
		log_set_level(now->config->log_level);
	store_set_options(app->store, &now->config->store_options);
	raise_descriptor_limit(now->config);
	atomic_store(&app->settings, now);
	dav_set_options(app->dav, &now->dav);
	apply(app, now); /* after it no loop reads the old ones */
	settings_free(before);
	notify_send("READY=1");
	log_info("reload%s%s", fixed->text[0] ? " needs_restart=" : "", fixed->text[0] ? QUOTED(fixed->text) : "");
	return OK;
}

static void reload_by_signal(struct app *app)
{
	struct note why = { "" }, fixed;

	(void)!reload(app, &why, &fixed);
}

static void reload_for_those_who_asked(struct app *app)
{
	struct api_reload *next;
	eventfd_t count;

	if (eventfd_read(app->wake_fd, &count) < 0)
		return;
	pthread_mutex_lock(&app->lock);
	next = TAKE(app->reloads);
	pthread_mutex_unlock(&app->lock);
	while (next) {
		struct api_reload *r = next;

		next = r->next;
		r->error = reload(app, &r->why, &r->fixed);
		api_reloaded(r);
	}
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
			reload_by_signal(app);
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
			reload_for_those_who_asked(app);
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

int app_run(const struct app_options *options)
{
	struct app app = {
		.options = options, .urls = buf_new(URLS_LIMIT), .signal_fd = -1, .end_fd = -1, .wake_fd = -1
	};
	struct note why = { "" };
	enum err e;

	app.exit_code = EXIT_STOPPED;
	app.started_s = clock_now_s();
	pthread_mutex_init(&app.lock, NULL);
	e = build_signals(&app,
			  &why); /* before any thread: one that does not block TERM would die of it, and we with it */
	sandbox_hide_memory(options->config->sandbox);
	/* The captive command is not to be in it. */
	if (e == OK && !options->run)
		e = confine(options->config, options->folder, &why);
	log_start_writer();
	raise_descriptor_limit(options->config);
	if (e == OK)
		e = build(&app, &why);
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

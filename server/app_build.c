/* Puts the server together: its parts in order, each with what it may call; and says where requests go. */
#include "server/app_priv.h"

#include "common/clock.h"
#include "common/memory.h"
#include "common/network.h"
#include "server/api/accounts.h"
#include "server/http/mime.h"
#include "server/listening.h"
#include "server/notify.h"
#include "server/welcome.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DESCRIPTORS_BESIDES = 512, BUSY_TRIES = 50, BUSY_PAUSE_MS = 100 };

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
		req_reply_error(r, E_TOO_MANY, NULL);
		return;
	}
	if (memory_is_short() && !req_is_admin(r) && !api_is_health(r)) {
		req_reply_error(r, E_BUSY, NULL);
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

enum err app_build_signals(struct app *app, struct note *why)
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

void app_raise_descriptor_limit(const struct config *config)
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

	options.create = options.keeps_house = true;
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

void app_apply(struct app *app, const struct settings *s)
{
	struct server_change change = { &s->config->limits, &s->proxies, s->tls };

	server_apply(app->server, &change);
}

static enum err build_handlers(struct app *app)
{
	const struct settings *s = settings_of(app);

	app->auth = auth_new(app->store, app->options->checker);
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
	app_apply(app, s);
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

enum err app_build(struct app *app, struct note *why)
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

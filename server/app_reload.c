/* SIGHUP and `syncd reload`: the config is read again and takes the place of the one before, as a whole or not at all. */
#include "server/app_priv.h"

#include "server/notify.h"

#include <stdlib.h>
#include <sys/eventfd.h>

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
	app_raise_descriptor_limit(now->config);
	atomic_store(&app->settings, now);
	dav_set_options(app->dav, &now->dav);
	app_apply(app, now); /* after it no loop reads the old ones */
	settings_free(before);
	notify_send("READY=1");
	log_info("reload%s%s", fixed->text[0] ? " needs_restart=" : "", fixed->text[0] ? QUOTED(fixed->text) : "");
	return OK;
}

void app_reload_by_signal(struct app *app)
{
	struct note why = { "" }, fixed;

	(void)!reload(app, &why, &fixed);
}

void app_reload_for_those_who_asked(struct app *app)
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

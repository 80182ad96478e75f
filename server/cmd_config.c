/*
 * cmd_config: `config show` and `config check`.
 *
 * `show` is about the store's running server, with what its flags said; when none runs, about the site's config, if that names
 * this store, else about the defaults.  `check` is about a file: the site's, or with --store the one of that store's server.
 */
#include "server/api/fields.h"
#include "server/cmd_admin.h"
#include "server/listening.h"
#include "server/net/listener.h"
#include "server/net/tls.h"
#include "server/where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_TEXT_LIMIT = 1 << 20 };

static enum err load(const char *file, struct config *config, struct note *why)
{
	enum err e;

	config_init(config);
	e = config_load(config, file, why);
	/* A config that cannot be read is a wrong config, whatever the reason. */
	return e == OK ? OK : E_USAGE;
}

/* ---- show ---- */

static enum err show_direct(struct store *s, struct span body not_used, struct buf *out, struct note *why not_used)
{
	struct config config;
	enum err e;

	where_site_config(store_folder(s), &config);
	e = config_show(&config, out);
	config_clear(&config);
	return e;
}

static enum err show_defaults(struct buf *out)
{
	struct config config;
	enum err e;

	config_init(&config);
	e = config_show(&config, out);
	config_clear(&config);
	return e;
}

static enum err show_file(const char *file, struct buf *out, struct note *why)
{
	struct config config;
	enum err e = load(file, &config, why);

	if (e == OK)
		e = config_show(&config, out);
	config_clear(&config);
	return e;
}

struct shown {
	struct span key, value, from; /* value.ptr NULL: none */
};

static bool next_shown(struct span *rest, struct shown *out)
{
	struct span key, value;

	*out = (struct shown){ { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	while (fields_next(rest, &key, &value)) {
		if (!key.len && out->key.ptr)
			return true;
		if (span_is(key, "key"))
			out->key = value;
		else if (span_is(key, "value"))
			out->value = value;
		else if (span_is(key, "from"))
			out->from = value;
	}
	return false;
}

/* In the form of a config file, so that what is printed can be one. */
static void print_shown(const struct shown *s)
{
	if (s->value.ptr)
		printf("%s%.*s = %.*s  # %.*s\n", span_is(s->from, "default") ? "#" : "", (int)s->key.len, s->key.ptr,
		       (int)s->value.len, s->value.ptr, (int)s->from.len, s->from.ptr);
	else
		printf("#%.*s =  # not set\n", (int)s->key.len, s->key.ptr);
}

static void print_shown_json(const struct shown *s)
{
	autobuf struct buf line = buf_new(64 * 1024);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_span(&w, "key", s->key);
	jsonw_key(&w, "value");
	if (s->value.ptr)
		jsonw_span(&w, s->value);
	else
		jsonw_null(&w);
	jsonw_key_span(&w, "from", s->from);
	cmd_json_print(&w);
}

int cmd_config_show(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new(CONFIG_TEXT_LIMIT);
	struct admin_call call = { .method = "GET", .path = "/.sync/admin/config", .direct = show_direct };
	const char *file = cmd_value(args, "config");
	struct note why = { "" };
	struct span rest;
	struct shown shown;
	enum err e = file ? show_file(file, &answer, &why) : cmd_ask(args, &call, &answer, &why);

	if (e == E_NOT_FOUND && !file && !cmd_value(args, "store")) /* not even a store yet */
		e = show_defaults(&answer);
	if (e != OK)
		return cmd_fail(e, &why);
	for (rest = buf_span(&answer); next_shown(&rest, &shown);) {
		if (cmd_has(args, "json"))
			print_shown_json(&shown);
		else
			print_shown(&shown);
	}
	return cmd_finish();
}

/* ---- check ---- */

static enum err check_listeners(const struct config *config, struct note *why)
{
	struct listener_address address;
	enum err e = OK;

	for (unsigned i = 0; i < config->listen.count && e == OK; i++)
		e = listener_parse(config->listen.items[i], &address, why);
	return e;
}

static enum err check_pair(const struct config *config, struct note *why)
{
	struct tls *tls = NULL;
	enum err e = config->tls_cert ? tls_new(config->tls_cert, config->tls_key, &tls, why) : OK;

	tls_free(tls);
	if (e == OK && config->client_ca)
		e = tls_check_authorities(&(struct tls_authorities){ config->client_ca, config->client_crl }, why);
	return e;
}

/* All that a server would trip over when it starts with this file, but for what only the start itself can tell. */
static enum err check_file(const char *file, struct note *why)
{
	struct config config;
	enum err e = load(file, &config, why);

	if (e == OK && (e = config_check(&config, why)) == OK && (e = check_listeners(&config, why)) == OK)
		e = check_pair(&config, why);
	config_clear(&config);
	return e == OK ? OK : E_USAGE;
}

/* The file that the running server was started with comes first in its answer. */
static enum err file_of_server(const struct cmd_args *args, char **out, struct note *why)
{
	autobuf struct buf answer = buf_new(CONFIG_TEXT_LIMIT);
	struct admin_call call = { .method = "GET", .path = "/.sync/admin/config", .direct = show_direct };
	struct span rest, key, value;
	enum err e = cmd_ask(args, &call, &answer, why);

	if (e != OK)
		return e;
	for (rest = buf_span(&answer); fields_next(&rest, &key, &value);)
		if (span_is(key, "file"))
			*out = span_dup(value);
	return OK;
}

static int print_checked(const struct cmd_args *args, const char *file, enum err e, const struct note *why)
{
	autobuf struct buf line = buf_new(16 * 1024);
	struct jsonw w = jsonw_new(&line);

	if (!cmd_has(args, "json")) {
		if (e != OK)
			return cmd_fail(e, why);
		fprintf(stderr, "%s: fine\n", file ? file : "no config file; the defaults are in force");
		return cmd_finish();
	}
	jsonw_object(&w);
	jsonw_key(&w, "file");
	if (file)
		jsonw_text(&w, file);
	else
		jsonw_null(&w);
	jsonw_key_text(&w, "result", e == OK ? "fine" : "wrong");
	if (e != OK)
		jsonw_key_text(&w, "error", why->text[0] ? why->text : err_words(e));
	cmd_json_print(&w);
	return e == OK ? cmd_finish() : CMD_USAGE;
}

int cmd_config_check(const struct cmd_args *args)
{
	const char *named = args->operand_count ? args->operands[0] : cmd_value(args, "config");
	autofree char *found = NULL;
	struct note why = { "" };
	enum err e = OK;

	if (!named && !cmd_value(args, "store") && access(WHERE_SITE_CONFIG, F_OK) == 0)
		named = WHERE_SITE_CONFIG;
	if (!named && (e = file_of_server(args, &found, &why)) != OK && (e != E_NOT_FOUND || cmd_value(args, "store")))
		return cmd_fail(e, &why);
	e = OK;
	if (!named)
		named = found;
	if (named)
		e = check_file(named, &why);
	return print_checked(args, named, e, &why);
}

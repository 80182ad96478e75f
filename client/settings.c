#include "client/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "client/pin.h"
#include "client/sync/merge.h"
#include "common/ini.h"
#include "common/suggest.h"

#define SITE_FILE "/etc/sync.conf"

enum key_type { KEY_TEXT, KEY_PATH, KEY_YES_NO, KEY_SIZE, KEY_PIN, KEY_AUTH };

struct key {
	const char *key;
	enum key_type type;
	size_t offset;
	const char *doc; /* for the manual */
};

static const struct key remote_keys[] = {
	{ "url", KEY_TEXT, offsetof(struct remote_config, url),
	  "where the server is; its path is the root of what this remote shows" },
	{ "user", KEY_TEXT, offsetof(struct remote_config, user), "who you are there" },
	{ "pin", KEY_PIN, offsetof(struct remote_config, pin),
	  "the server's key, sha256//...=; two are separated by a semicolon" },
	{ "token-command", KEY_TEXT, offsetof(struct remote_config, token_command),
	  "a shell command that prints the token; default: the file credentials beside this one" },
	{ "client-cert", KEY_PATH, offsetof(struct remote_config, client_cert),
	  "your certificate (PEM) for a server that knows you by it; a path that begins with / or ~/" },
	{ "client-key", KEY_PATH, offsetof(struct remote_config, client_key),
	  "its key (PEM), which nobody else may be able to read; default: it is in the file client-cert" },
	{ "auth", KEY_AUTH, offsetof(struct remote_config, is_basic),
	  "basic or bearer: how the token is sent; noted by the client when a server takes only basic" },
	{ "allow-plain-http", KEY_YES_NO, offsetof(struct remote_config, allow_plain),
	  "yes: the token may cross the network in the clear; default no" },
};

static const struct key default_keys[] = {
	{ "remote", KEY_TEXT, offsetof(struct settings, default_remote),
	  "the remote that is meant when none is named" },
	{ "limit-rate", KEY_SIZE, offsetof(struct settings, limit_rate_bytes),
	  "bytes a second for all transfers together, with k, m or g; default no limit" },
	{ "ignore", KEY_TEXT, offsetof(struct settings, ignore),
	  "names that push -R leaves out, separated by blanks: .git *.tmp" },
	{ "merge", KEY_TEXT, offsetof(struct settings, merge),
	  "names of texts that run merges by lines when both sides changed them, separated by blanks, or none; "
	  "default " MERGE_NAMES },
};

bool settings_is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return len > 0 && len <= SETTINGS_NAME_LIMIT;
}

/* "10m" to bytes: k, m, g are powers of 1024. */
static bool read_size(const char *text, int64_t *out)
{
	static const char units[] = "kmg";
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, tolower((unsigned char)text[len - 1])) : NULL;
	int64_t value;

	if (!span_to_int64((struct span){ text, len - (unit != NULL) }, &value) || value > INT64_MAX >> 40)
		return false;
	*out = unit ? value << (10 * (unit - units + 1)) : value;
	return true;
}

static enum err set_text(char **field, const char *value)
{
	free(*field);
	*field = *value ? xstrdup(value) : NULL;
	return OK;
}

/* Wherever the command runs it is the same file. */
static enum err set_path(char **field, const char *value, struct note *why)
{
	const char *home = getenv("HOME");
	bool is_at_home = strncmp(value, "~/", 2) == 0;

	if (*value && *value != '/' && !(is_at_home && home))
		return note_set(why, E_USAGE, "\"%.60s\" is not a path that begins with / or ~/", value);
	free(*field);
	*field = !*value ? NULL : is_at_home ? xasprintf("%s%s", home, value + 1) : xstrdup(value);
	return OK;
}

static enum err set_bool(bool *field, const char *value, const char *yes, const char *no, struct note *why)
{
	*field = strcmp(value, yes) == 0;
	if (!*field && strcmp(value, no) != 0)
		return note_set(why, E_USAGE, "\"%s\" is neither %s nor %s", value, yes, no);
	return OK;
}

static enum err set_key(const struct key *key, void *base, const char *value, struct note *why)
{
	void *field = (char *)base + key->offset;
	char *pin;
	enum err e;

	switch (key->type) {
	case KEY_TEXT:
		return set_text(field, value);
	case KEY_PATH:
		return set_path(field, value, why);
	case KEY_YES_NO:
		return set_bool(field, value, "yes", "no", why);
	case KEY_AUTH:
		return set_bool(field, value, "basic", "bearer", why);
	case KEY_SIZE:
		return read_size(value, field) ? OK : note_set(why, E_USAGE, "\"%s\" is no size (500k, 10m)", value);
	case KEY_PIN:
		if ((e = pin_parse(span_of(value), &pin, why)) != OK)
			return e;
		free(*(char **)field);
		*(char **)field = pin;
		return OK;
	}
	return E_INTERNAL;
}

static struct remote_config *remote_for(struct settings *c, const char *name)
{
	struct remote_config **at = &c->remotes;

	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	*at = xcalloc(1, sizeof **at);
	(*at)->name = xstrdup(name);
	return *at;
}

static enum err unknown_key(const struct key *keys, size_t count, const char *typed, struct note *why)
{
	const char *near = suggest_nearest(typed, &keys[0].key, count, sizeof keys[0]);

	return note_set(why, E_USAGE, "unknown key \"%s\"%s%s%s", typed, near ? " (did you mean " : "",
			near ? near : "", near ? "?)" : "");
}

static enum err take_entry(void *arg, const struct ini_entry *entry, struct note *why)
{
	struct settings *c = arg;
	bool is_remote = strcmp(entry->section, "remote") == 0;
	const struct key *keys = is_remote ? remote_keys : default_keys;
	size_t count = is_remote ? ARRAY_LEN(remote_keys) : ARRAY_LEN(default_keys);

	if (!is_remote && strcmp(entry->section, "defaults") != 0)
		return note_set(why, E_USAGE, "unknown section [%s] (there are [remote NAME] and [defaults])",
				entry->section);
	if (is_remote && !settings_is_name(entry->label))
		return note_set(why, E_USAGE, "a remote's name has letters, digits, \".\", \"_\" and \"-\"");
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i].key, entry->key) == 0)
			return set_key(&keys[i], is_remote ? (void *)remote_for(c, entry->label) : c, entry->value,
				       why);
	return unknown_key(keys, count, entry->key, why);
}

static void each_key(const char *section, const struct key *keys, size_t count, settings_key_fn *fn, void *arg)
{
	for (size_t i = 0; i < count; i++)
		fn(arg, section, keys[i].key, keys[i].doc);
}

void settings_each_key(settings_key_fn *fn, void *arg)
{
	each_key("remote NAME", remote_keys, ARRAY_LEN(remote_keys), fn, arg);
	each_key("defaults", default_keys, ARRAY_LEN(default_keys), fn, arg);
}

/* $`variable`/sync/`name`, else ~/`fallback`/sync/`name`. */
static char *xdg_path(const char *variable, const char *fallback, const char *name)
{
	const char *base = getenv(variable), *home = getenv("HOME");

	if (base && *base == '/') /* the specification: relative ones are ignored */
		return xasprintf("%s/sync/%s", base, name);
	return xasprintf("%s/%s/sync/%s", home ? home : "", fallback, name);
}

char *settings_state_path(void)
{
	return xdg_path("XDG_STATE_HOME", ".local/state", "state.db");
}

char *settings_file_beside(const struct settings *c, const char *name)
{
	const char *slash = strrchr(c->path, '/');

	return slash ? xasprintf("%.*s/%s", (int)(slash - c->path), c->path, name) : xstrdup(name);
}

enum err settings_load(struct settings *out, struct note *why)
{
	const char *path = getenv("SYNC_CONFIG");
	enum err e;

	memset(out, 0, sizeof *out);
	out->path = path && *path ? xstrdup(path) : xdg_path("XDG_CONFIG_HOME", ".config", "config");
	e = ini_read_file(SITE_FILE, take_entry, out, why);
	if (e == OK || e == E_NOT_FOUND)
		e = ini_read_file(out->path, take_entry, out, why);
	if (e == E_NOT_FOUND)
		e = OK;
	else if (e != OK)
		e = E_USAGE; /* a config that cannot be read is a wrong config, whatever the reason */
	for (const struct remote_config *r = out->remotes; r && e == OK; r = r->next)
		if (!r->url)
			e = note_set(why, E_USAGE, "%s: [remote %s] has no url", out->path, r->name);
	if (e != OK)
		settings_clear(out);
	return e;
}

void settings_clear(struct settings *c)
{
	struct remote_config *r;

	while ((r = c->remotes)) {
		c->remotes = r->next;
		free(r->name);
		free(r->url);
		free(r->user);
		free(r->pin);
		free(r->token_command);
		free(r->client_cert);
		free(r->client_key);
		free(r);
	}
	free(c->path);
	free(c->default_remote);
	free(c->ignore);
	free(c->merge);
	memset(c, 0, sizeof *c);
}

const struct remote_config *settings_remote(const struct settings *c, const char *name)
{
	for (const struct remote_config *r = c->remotes; r; r = r->next)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

const char *settings_nearest_remote(const struct settings *c, const char *name)
{
	for (const struct remote_config *r = c->remotes; r; r = r->next)
		if (suggest_nearest(name, (const char *const *)&r->name, 1, sizeof r->name))
			return r->name;
	return NULL;
}

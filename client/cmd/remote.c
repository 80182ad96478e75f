/*
 * remote [add NAME URL | rm NAME | default NAME]: the servers in the user's config.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cred.h"
#include "client/pin.h"
#include "client/ui/human.h"
#include "common/jsonw.h"

enum { COLUMNS = 4 };

static void print_json(struct session *s, const struct remote_config *r, bool is_default)
{
	struct buf line = buf_new(16 << 10);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_text(&w, "remote", r->name);
	jsonw_key_text(&w, "url", r->url);
	if (r->user)
		jsonw_key_text(&w, "user", r->user);
	if (r->pin)
		jsonw_key_text(&w, "pin", r->pin);
	if (r->client_cert)
		jsonw_key_text(&w, "client_cert", r->client_cert);
	jsonw_key_bool(&w, "default", is_default);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(s->out, line.data);
	buf_clear(&line);
}

static bool is_default(const struct session *s, const struct remote_config *r)
{
	if (s->config.default_remote)
		return strcmp(s->config.default_remote, r->name) == 0;
	return s->config.remotes == r && !r->next;
}

static enum err list(struct session *s)
{
	size_t widths[COLUMNS] = { 0 };

	for (const struct remote_config *r = s->config.remotes; r; r = r->next) {
		widths[0] = MAX(widths[0], human_width(r->name));
		widths[1] = MAX(widths[1], human_width(r->url));
		widths[2] = MAX(widths[2], human_width(r->user ? r->user : ""));
	}
	for (const struct remote_config *r = s->config.remotes; r; r = r->next) {
		const char *columns[COLUMNS] = { r->name, r->url, r->user ? r->user : "",
						 is_default(s, r) ? "default" : "" };

		if (output_is_json(s->out))
			print_json(s, r, is_default(s, r));
		else
			output_columns(s->out, columns, COLUMNS, widths);
	}
	return OK;
}

/* A change to the config, unless it is a dry run. */
static enum err set(struct session *s, const char *label, const char *key, const char *value)
{
	struct note why;
	enum err e = s->cli->dry_run ? OK : settings_edit_set(s->config.path, label, key, value, &why);

	return e == OK ? OK : known_error(s, e, NULL, why.text);
}

/* The file's name as it is from any folder; NULL: none was given. */
static enum err file(struct session *s, const char *given, char **out)
{
	if (given && !(*out = realpath(given, NULL)))
		return known_error(s, E_USAGE, given, strerror(errno));
	return OK;
}

static enum err add(struct session *s, const char *name, const char *url)
{
	struct origin origin;
	struct note why;
	autofree char *clean = NULL, *pin = NULL, *cert = NULL, *key = NULL;
	enum err e;

	if (!settings_is_name(name))
		return known_error(s, E_USAGE, name, "a remote's name has letters, digits, \".\", \"_\" and \"-\"");
	if (settings_remote(&s->config, name))
		return known_error(s, E_USAGE, name, "there is a remote of that name");
	if ((e = origin_parse(url, &origin, &why)) != OK)
		return known_error(s, e, NULL, why.text);
	clean = origin_url(&origin);
	origin_clear(&origin);
	if (s->cli->pin && (e = pin_parse(span_of(s->cli->pin), &pin, &why)) != OK)
		return known_error(s, e, NULL, why.text);
	if ((e = file(s, s->cli->client_cert, &cert)) != OK || (e = file(s, s->cli->client_key, &key)) != OK)
		return e;
	if (key && !cert)
		return known_error(s, E_USAGE, NULL, "--client-key without --client-cert");
	if ((e = set(s, name, "url", clean)) != OK || (e = set(s, name, "user", s->cli->user)) != OK ||
	    (e = set(s, name, "pin", pin)) != OK || (e = set(s, name, "client-cert", cert)) != OK ||
	    (e = set(s, name, "client-key", key)) != OK)
		return e;
	return s->config.default_remote || s->config.remotes ? OK : set(s, NULL, "remote", name);
}

static enum err drop(struct session *s, const char *name)
{
	struct note why = { "" };
	enum err e;

	if (!settings_remote(&s->config, name))
		return known_error(s, E_USAGE, name, "no such remote");
	if (s->cli->dry_run)
		return OK;
	e = settings_edit_drop(s->config.path, name, &why);
	if (e == E_NOT_FOUND)
		return known_error(s, E_USAGE, name, "it stands in /etc/sync.conf, not in your config");
	if (e == OK)
		e = cred_set(&s->config, name, NULL, &why);
	if (e == OK && s->config.default_remote && strcmp(s->config.default_remote, name) == 0)
		e = settings_edit_set(s->config.path, NULL, "remote", NULL, &why);
	return e == OK ? OK : known_error(s, e, name, why.text);
}

static enum err make_default(struct session *s, const char *name)
{
	if (!settings_remote(&s->config, name))
		return known_error(s, E_USAGE, name, "no such remote");
	return set(s, NULL, "remote", name);
}

enum err command_remote(struct session *s)
{
	char **words = s->cli->operands;
	size_t count = s->cli->operand_count;
	enum err e;

	if ((e = session_load_config(s)) != OK)
		return e;
	if (count == 0)
		return list(s);
	if (count == 3 && strcmp(words[0], "add") == 0)
		return add(s, words[1], words[2]);
	if (count == 2 && strcmp(words[0], "rm") == 0)
		return drop(s, words[1]);
	if (count == 2 && strcmp(words[0], "default") == 0)
		return make_default(s, words[1]);
	return known_error(s, E_USAGE, words[0], "remote knows add NAME URL, rm NAME and default NAME");
}

#include "client/choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cred.h"
#include "client/pin.h"
#include "common/uri.h"

/* The variable's value; NULL: unset or empty. */
static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void replace(char **field, const char *text)
{
	if (!text)
		return;
	free(*field);
	*field = xstrdup(text);
}

/* What SYNC_* says over what the config says.  E_NOT_FOUND: there is no secret in the environment. */
static enum err take_environment(struct choice *out, struct note *why)
{
	const char *token = env("SYNC_TOKEN"), *file = env("SYNC_TOKEN_FILE"), *user = env("SYNC_USER");
	enum err e = OK;

	replace(&out->user, user);
	if (env("SYNC_CLIENT_CERT")) {
		free(TAKE(out->client_key)); /* of the other certificate */
		replace(&out->client_cert, env("SYNC_CLIENT_CERT"));
	}
	replace(&out->client_key, env("SYNC_CLIENT_KEY"));
	if (env("SYNC_PIN")) {
		free(TAKE(out->pin));
		e = pin_parse(span_of(env("SYNC_PIN")), &out->pin, why);
	}
	if (e != OK)
		return e;
	if (token && !cred_is_secret(token))
		return note_set(why, E_USAGE, "SYNC_TOKEN is no token");
	if (token)
		out->secret = xstrdup(token);
	else if (file)
		return cred_from_file(file, &out->secret, why);
	return token ? OK : E_NOT_FOUND;
}

static enum err take_config(const struct settings *c, const struct remote_config *r, struct choice *out,
			    struct note *why)
{
	/* With SYNC_URL the environment describes another server: its secret must not reach this one. */
	enum err e = E_NOT_FOUND;

	out->user = copy_of(r->user);
	out->pin = copy_of(r->pin);
	out->client_cert = copy_of(r->client_cert);
	out->client_key = copy_of(r->client_key);
	out->is_basic = r->is_basic;
	out->allow_plain = r->allow_plain;
	if (!env("SYNC_URL"))
		e = take_environment(out, why);
	if (e == E_NOT_FOUND && r->token_command)
		return cred_from_command(r->token_command, &out->secret, why);
	if (e == E_NOT_FOUND)
		e = cred_get(c, r->name, &out->secret, why);
	return e == E_NOT_FOUND ? OK : e;
}

static enum err pick_name(const struct settings *c, const char *name, const struct remote_config **out,
			  struct note *why)
{
	const char *near;

	if (!name)
		name = env("SYNC_REMOTE");
	if (!name)
		name = c->default_remote;
	if (!name && c->remotes && !c->remotes->next)
		name = c->remotes->name;
	if (!name)
		return note_set(why, E_USAGE, c->remotes ? "no default remote" : "no remote is known yet");
	if ((*out = settings_remote(c, name)))
		return OK;
	near = settings_nearest_remote(c, name);
	return note_set(why, E_USAGE, "no remote \"%.60s\"%s%s%s", name, near ? "; did you mean " : "",
			near ? near : "", near ? "?" : "");
}

static enum err choose(const struct settings *c, const char *name, struct choice *out, struct note *why)
{
	const struct remote_config *r;
	enum err e;

	if (!name && env("SYNC_URL")) {
		if ((e = origin_parse(env("SYNC_URL"), &out->origin, why)) != OK)
			return e;
		out->is_from_environment = true;
		out->name = xstrdup(out->origin.host);
		e = take_environment(out, why);
		return e == E_NOT_FOUND ? OK : e;
	}
	if ((e = pick_name(c, name, &r, why)) != OK || (e = origin_parse(r->url, &out->origin, why)) != OK)
		return e;
	out->name = xstrdup(r->name);
	return take_config(c, r, out, why);
}

enum err choice_make(const struct settings *c, const char *name, struct choice *out, struct note *why)
{
	enum err e;

	memset(out, 0, sizeof *out);
	if ((e = choose(c, name, out, why)) != OK || (e = choice_check_certificate(out, why)) != OK) {
		choice_clear(out);
		return e;
	}
	out->url = origin_url(&out->origin);
	return OK;
}

enum err choice_check_certificate(const struct choice *choice, struct note *why)
{
	const char *cert = choice->client_cert, *key = choice->client_key ? choice->client_key : cert;
	struct note reason = { "" };
	enum err e;

	if (choice->client_key && !cert)
		return note_set(why, E_USAGE, "client-key without client-cert");
	if (!cert)
		return OK;
	if (choice->origin.is_plain)
		return note_set(why, E_USAGE, "client-cert: only over https is a certificate shown");
	if (access(cert, R_OK) != 0)
		return note_set(why, E_USAGE, "client-cert: %.120s: %s", cert, strerror(errno));
	if ((e = cred_check_key(key, &reason)) != OK)
		return note_set(why, e, "%s%s",
				key == cert ? "the key has to be in client-cert, as no client-key is set: " : "",
				reason.text);
	return OK;
}

/* ---- by a URL ---- */

/* Where its path begins. */
static size_t authority_end(const char *url)
{
	const char *authority = strstr(url, "://");

	return authority ? (size_t)(authority - url) + 3 + strcspn(authority + 3, "/?#") : strlen(url);
}

/* The part of the URL below the root; NULL: it is elsewhere. */
static const char *rest_below(const struct origin *o, const char *url)
{
	const char *path = url + authority_end(url);

	return origin_holds(o, url) && strncmp(path, o->root, strlen(o->root)) == 0 ? path + strlen(o->root) : NULL;
}

/* Is it in the tree that is known by this URL of a root? */
static bool is_in_tree(const char *root_url, const char *url)
{
	struct origin o;
	struct note why;
	bool is = origin_parse(root_url, &o, &why) == OK && rest_below(&o, url);

	origin_clear(&o);
	return is;
}

static enum err pick_by_url(const struct settings *c, const char *url, struct choice *out, struct note *why)
{
	autofree char *root = xasprintf("%.*s/", (int)authority_end(url), url);
	enum err e;

	if (env("SYNC_URL") && is_in_tree(env("SYNC_URL"), url))
		return choice_make(c, NULL, out, why);
	for (const struct remote_config *r = c->remotes; r; r = r->next)
		if (is_in_tree(r->url, url))
			return choice_make(c, r->name, out, why);
	memset(out, 0, sizeof *out);
	if ((e = origin_parse(root, &out->origin, why)) != OK)
		return e;
	out->name = xstrdup(out->origin.host);
	out->url = origin_url(&out->origin);
	out->is_from_environment = true;
	return OK;
}

enum err choice_find(const struct settings *c, const char *url, struct choice *out, char **out_path, struct note *why)
{
	enum err e = pick_by_url(c, url, out, why);
	const char *rest = e == OK ? rest_below(&out->origin, url) : NULL;
	autofree char *path = rest ? xasprintf("/%s", rest) : NULL;
	struct arena *arena = arena_new();
	struct target target;

	if (e == OK && (!path || uri_to_target(span_of(path), arena, &target) != OK || !target.path[1] ||
			path[strlen(path) - 1] == '/'))
		e = note_set(why, E_USAGE, "no URL of a file: %.150s", url);
	if (e == OK)
		*out_path = xstrdup(target.path);
	else
		choice_clear(out);
	arena_free(arena);
	return e;
}

void choice_clear(struct choice *choice)
{
	free(choice->name);
	free(choice->url);
	free(choice->user);
	free(choice->pin);
	free(choice->client_cert);
	free(choice->client_key);
	cred_free(choice->secret);
	origin_clear(&choice->origin);
	memset(choice, 0, sizeof *choice);
}

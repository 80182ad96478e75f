#include "client/choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cred.h"
#include "client/pin.h"

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

/*
 * logout: forgets the token here.
 */
#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cred.h"

enum err command_logout(struct session *s)
{
	const struct remote_config *r;
	struct note why;
	const char *name;
	char *secret = NULL;
	enum err e;

	if ((e = session_load_config(s)) != OK)
		return e;
	name = s->cli->remote ? s->cli->remote : s->config.default_remote;
	if (!name && s->config.remotes && !s->config.remotes->next)
		name = s->config.remotes->name;
	if (!name)
		return known_error(s, E_USAGE, NULL, "which one? -r NAME");
	if (!(r = settings_remote(&s->config, name)))
		return known_error(s, E_USAGE, name, "no such remote");
	e = cred_get(&s->config, r->name, &secret, &why);
	cred_free(secret);
	if (e == E_NOT_FOUND) {
		output_say(s->out, "%s: no token is stored%s", r->name,
			   r->token_command ? " (it comes from token-command)"
			   : r->client_cert ? " (the certificate of client-cert is shown; the config names it)"
					    : "");
		return OK;
	}
	if (e == OK && !s->cli->dry_run)
		e = cred_set(&s->config, r->name, NULL, &why);
	if (e != OK)
		return known_error(s, e, NULL, why.text);
	output_say(s->out, "signed out of %s", r->name);
	if (!s->cli->quiet && !output_is_json(s->out))
		output_note(s->out, r->name, "the token itself stays valid until it is removed on the server");
	return OK;
}

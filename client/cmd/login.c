/*
 * login [LINK | URL]: a one-time code for a token, or a token or a certificate that is there already; checked before it is stored.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cred.h"
#include "client/link.h"
#include "client/pin.h"
#include "common/jsonw.h"

enum { LABEL_LIMIT = 64 };

struct login {
	struct session *s;
	struct link link;
	char label[LABEL_LIMIT + 1];
	bool has_new_key; /* it was known by another pin */
};

/* ---- the name of the remote ---- */

/* "laptop.example.org" to "laptop"; addresses as they are; what a name cannot hold becomes "-". */
static char *name_for(const struct origin *o)
{
	char *name = xstrdup(o->is_loopback ? "localhost" : o->host);
	bool has_letter = false;

	for (char *c = name; *c; c++) {
		has_letter |= isalpha((unsigned char)*c) != 0;
		if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-' && *c != '_')
			*c = '-';
	}
	if (has_letter && !strchr(o->host, ':'))
		name[strcspn(name, ".")] = '\0';
	name[MIN(strlen(name), (size_t)SETTINGS_NAME_LIMIT - 3)] = '\0';
	return name;
}

/* Is it the one at this URL (in our spelling)? */
static bool is_at(const struct remote_config *r, const char *url)
{
	struct origin o;
	autofree char *its = NULL;

	if (origin_parse(r->url, &o, NULL) == OK) {
		its = origin_url(&o);
		origin_clear(&o);
	}
	return its && strcmp(its, url) == 0;
}

/* The remote that has this URL already, else a name that is free. */
static char *pick_name(const struct session *s)
{
	autofree char *base = name_for(&s->remote.origin), *name = NULL;

	if (s->cli->remote)
		return xstrdup(s->cli->remote);
	for (const struct remote_config *r = s->config.remotes; r; r = r->next)
		if (is_at(r, s->remote.url))
			return xstrdup(r->name);
	name = xstrdup(base);
	for (int n = 2; settings_remote(&s->config, name) && n < 100; n++) {
		free(name);
		name = xasprintf("%s-%d", base, n);
	}
	return TAKE(name);
}

/* ---- what is asked ---- */

static enum err read_link(struct login *l)
{
	struct session *s = l->s;
	autofree char *typed = NULL;
	const char *text = s->cli->operand_count ? s->cli->operands[0] : NULL;
	struct note why;
	enum err e = OK;

	if (!text) {
		if ((e = term_ask("login link: ", false, &typed)) != OK)
			return known_error(s, e, NULL, "login LINK, or a terminal to ask for it");
		text = typed;
	}
	if ((e = link_parse(span_of(text), &l->link, &why)) != OK)
		return known_error(s, e, NULL, why.text);
	if (l->link.code && s->cli->token_file)
		return known_error(s, E_USAGE, NULL, "a link has its own code: no --token-file with it");
	return OK;
}

static enum err take_pin(struct login *l)
{
	struct note why;
	enum err e;

	if (!l->s->cli->pin)
		return OK;
	free(TAKE(l->link.pin));
	e = pin_parse(span_of(l->s->cli->pin), &l->link.pin, &why);
	return e == OK ? OK : known_error(l->s, e, NULL, why.text);
}

/* What a config from before says of this remote and the link does not. */
static void take_old_settings(struct login *l, const struct remote_config *old)
{
	struct choice *r = &l->s->remote;

	if (!old)
		return;
	if (old->pin && is_at(old, r->url)) {
		/* A link says all about the key; an address alone does not take back what is known of it. */
		if (!r->pin && !l->link.code)
			r->pin = xstrdup(old->pin);
		l->has_new_key = !r->pin || strcmp(old->pin, r->pin) != 0;
	}
	r->allow_plain = old->allow_plain;
	if (!r->user && old->user)
		r->user = xstrdup(old->user);
	if (old->client_cert && is_at(old, r->url)) {
		r->client_cert = xstrdup(old->client_cert);
		r->client_key = old->client_key ? xstrdup(old->client_key) : NULL;
	}
}

/* Files as they are named from any folder. */
static enum err take_file(struct session *s, const char *option, const char *given, char **field)
{
	char *path;

	if (!given)
		return OK;
	if (!(path = realpath(given, NULL)))
		return known_error(s, E_USAGE, given, option);
	free(*field);
	*field = path;
	return OK;
}

static enum err take_certificate(struct login *l)
{
	struct session *s = l->s;
	struct choice *r = &s->remote;
	struct note why;
	enum err e;

	if (s->cli->client_cert)
		free(TAKE(r->client_key)); /* of the other certificate */
	if ((e = take_file(s, "--client-cert: no such file", s->cli->client_cert, &r->client_cert)) != OK ||
	    (e = take_file(s, "--client-key: no such file", s->cli->client_key, &r->client_key)) != OK)
		return e;
	e = choice_check_certificate(r, &why);
	return e == OK ? OK : known_error(s, e, NULL, why.text);
}

static enum err fill_remote(struct login *l)
{
	struct session *s = l->s;
	struct choice *r = &s->remote;
	struct note why;
	enum err e = origin_parse(l->link.url, &r->origin, &why);

	if (e != OK)
		return known_error(s, e, NULL, why.text);
	r->url = origin_url(&r->origin);
	r->name = pick_name(s);
	if (!settings_is_name(r->name))
		return known_error(s, E_USAGE, r->name, "a remote's name has letters, digits, \".\", \"_\" and \"-\"");
	r->pin = TAKE(l->link.pin);
	r->user = l->link.user ? TAKE(l->link.user) : s->cli->user ? xstrdup(s->cli->user) : NULL;
	take_old_settings(l, settings_remote(&s->config, r->name));
	if (r->origin.is_plain && !r->origin.is_loopback && !r->allow_plain)
		return known_error(s, E_USAGE, r->name, "a secret does not travel over plain http; use https");
	return take_certificate(l);
}

/* ---- the token ---- */

/* "ann@laptop": what the server's journal shows as the client. */
static void make_label(struct login *l)
{
	const char *user = getenv("USER");
	char host[256] = "";
	autofree char *label = NULL;

	gethostname(host, sizeof host - 1);
	host[strcspn(host, ".")] = '\0';
	label = xasprintf("%s@%s", user && *user ? user : l->s->remote.user, host);
	memcpy(l->label, label, MIN(strlen(label), (size_t)LABEL_LIMIT));
	for (char *c = l->label; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '-';
}

/* The body's first line, if it is a token. */
static char *read_token(const struct answer *a)
{
	struct span rest = buf_span(&a->body), line;
	char *token;

	if (a->status != 200 || !span_cut(&rest, '\n', &line))
		return NULL;
	token = span_dup(span_trim(line));
	token[strcspn(token, "\r")] = '\0';
	if (!cred_is_secret(token) || rest.len)
		cred_free(TAKE(token));
	return token;
}

static enum err exchange_code(struct login *l)
{
	struct session *s = l->s;
	autobuf struct buf basic = buf_new_secret(2 * LINK_LIMIT);
	struct http_request req;
	struct note why = { "" };
	enum err e;

	if (buf_add_text(&basic, s->remote.user) != OK || buf_add_text(&basic, ":") != OK ||
	    buf_add_text(&basic, l->link.code) != OK)
		return known_error(s, E_TOO_LARGE, s->remote.url, "the link is too long");
	make_label(l);
	http_request_init(&req, "POST", xstrdup(".sync/login"));
	http_request_set(&req, "Content-Type", "text/plain");
	req.is_at_origin = true;
	req.is_once = true;
	req.basic = basic.data;
	http_request_text(&req, l->label);
	http_do(s->http, &req);
	e = http_status_err(&req.answer, &why);
	if (e == OK && !(s->remote.secret = read_token(&req.answer)))
		e = note_set(&why, E_BAD_REQUEST, "the server sent something else than a token");
	else if (e == E_UNAUTHENTICATED)
		note_set(&why, e, "the code is wrong, was used already or is older than ten minutes (401)");
	if (req.answer.body.len)
		OPENSSL_cleanse(req.answer.body.data, req.answer.body.len);
	http_request_clear(&req);
	return e == OK ? OK : known_error(s, e, s->remote.url, why.text);
}

static enum err read_secret(struct login *l)
{
	struct session *s = l->s;
	const char *in_environment = getenv("SYNC_TOKEN");
	struct note why;
	enum err e;

	if (s->cli->token_file) {
		e = cred_from_file(s->cli->token_file, &s->remote.secret, &why);
	} else if (in_environment && cred_is_secret(in_environment)) {
		s->remote.secret = xstrdup(in_environment);
		e = OK;
	} else if (s->remote.client_cert) {
		return OK; /* that says who we are */
	} else {
		e = term_ask("token: ", true, &s->remote.secret);
		if (e == OK && !cred_is_secret(s->remote.secret))
			e = E_USAGE;
		note_set(&why, e,
			 "a link with a code, --token-file or --client-cert FILE, or a terminal to ask for the token");
	}
	return e == OK ? OK : known_error(s, e, NULL, why.text);
}

/* ---- check and store ---- */

static bool answers(const struct answer *a)
{
	return (a->status >= 200 && a->status < 300) || a->status == 404;
}

/* OPTIONS tells what there is; the root is asked for with the token, by PROPFIND where that exists. */
static enum err check(struct session *s)
{
	struct http_request req;
	struct note why = { "" };
	bool has_propfind;
	enum err e;

	http_request_init(&req, "OPTIONS", xstrdup(""));
	http_do(s->http, &req);
	e = req.answer.err == OK ? OK : http_status_err(&req.answer, &why);
	has_propfind = span_list_has(answer_field(&req.answer, ANSWER_ALLOW), "PROPFIND");
	free(s->features);
	s->features = e == OK ? span_dup(answer_field(&req.answer, ANSWER_SYNC_FEATURES)) : NULL;
	http_request_clear(&req);
	if (e != OK)
		return known_error(s, e, s->remote.url, why.text);
	http_request_init(&req, has_propfind ? "PROPFIND" : "HEAD", xstrdup(""));
	if (has_propfind)
		http_request_set(&req, "Depth", "0");
	http_do(s->http, &req);
	e = http_status_err(&req.answer, &why);
	if (req.answer.err == OK && answers(&req.answer))
		e = OK;
	if (e == E_FORBIDDEN && !session_is_ours(s)) {
		output_note(s->out, s->remote.name, "its root itself may not be read (403)");
		e = OK; /* plain servers refuse to list a folder; what is in it may be open */
	}
	http_request_clear(&req);
	return e == OK ? OK : known_error(s, e, s->remote.url, why.text);
}

static enum err store(struct session *s)
{
	const struct choice *r = &s->remote;
	struct note why;
	const struct {
		const char *key, *value;
	} rows[] = { { "url", r->url },
		     { "user", r->user },
		     { "pin", r->pin },
		     { "client-cert", r->client_cert },
		     { "client-key", r->client_key },
		     { "auth", s->is_basic ? "basic" : NULL } };
	enum err e = cred_set(&s->config, r->name, r->secret, &why);

	for (size_t i = 0; i < ARRAY_LEN(rows) && e == OK; i++)
		e = settings_edit_set(s->config.path, r->name, rows[i].key, rows[i].value, &why);
	if (e == OK && !s->config.default_remote)
		e = settings_edit_set(s->config.path, NULL, "remote", r->name, &why);
	return e == OK ? OK : known_error(s, e, NULL, why.text);
}

static void tell(struct session *s)
{
	const struct choice *r = &s->remote;
	struct buf line = buf_new(ORIGIN_URL_LIMIT + 4 * LINK_USER_LIMIT);
	struct jsonw w = jsonw_new(&line);

	output_say(s->out, "signed in to %s%s%s%s%s", r->name, r->user ? " as " : "", r->user ? r->user : "",
		   r->secret ? "" : " by certificate", r->pin ? " (key pinned)" : "");
	jsonw_object(&w);
	jsonw_key_text(&w, "remote", r->name);
	jsonw_key_text(&w, "url", r->url);
	if (r->user)
		jsonw_key_text(&w, "user", r->user);
	jsonw_key_bool(&w, "pinned", r->pin != NULL);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(s->out, line.data);
	buf_clear(&line);
}

/*
 * Another key at the same address is mostly another store: a push must not find everything "unchanged" that was sent to
 * the old one.  What is forgotten costs a look-up.
 */
static void forget_seen(struct session *s)
{
	if (s->state && state_forget(s->state, s->remote.url, "") == OK)
		output_note(s->out, s->remote.name, "its key is another one: what was last seen there is forgotten");
}

/* A connection of its own for the code: it was made without a token. */
static enum err reconnect(struct session *s)
{
	http_free(TAKE(s->http));
	state_close(TAKE(s->state));
	free(TAKE(s->features));
	return session_connect_chosen(s);
}

static enum err run(struct login *l)
{
	struct session *s = l->s;
	enum err e;

	if ((e = read_link(l)) != OK || (e = take_pin(l)) != OK || (e = fill_remote(l)) != OK)
		return e;
	if (!l->link.code && (e = read_secret(l)) != OK)
		return e;
	if ((e = session_connect_chosen(s)) != OK)
		return e;
	if (s->cli->dry_run) {
		output_say(s->out, "would sign in to %s", s->remote.name);
		return OK;
	}
	if (l->link.code && ((e = exchange_code(l)) != OK || (e = reconnect(s)) != OK))
		return e;
	if ((e = check(s)) != OK || (e = store(s)) != OK)
		return e;
	if (l->has_new_key)
		forget_seen(s);
	tell(s);
	return OK;
}

enum err command_login(struct session *s)
{
	struct login l = { .s = s };
	enum err e = session_load_config(s);

	if (e == OK)
		e = run(&l);
	link_clear(&l.link);
	return e;
}

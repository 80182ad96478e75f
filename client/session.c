#include "client/session.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/uri.h"

volatile sig_atomic_t session_interrupted;

enum err session_load_config(struct session *s)
{
	struct note why;
	enum err e;

	if (s->config.path)
		return OK;
	if ((e = settings_load(&s->config, &why)) != OK)
		output_error(s->out, e, NULL, "%s", why.text);
	return e;
}

static void trace(void *arg, enum http_trace what, const char *line)
{
	static const char *const marks[] = { ">", "<", "*", ">", "<" };
	struct session *s = arg;
	bool is_head = what == HTTP_TRACE_HEAD_OUT || what == HTTP_TRACE_HEAD_IN;

	if (what == HTTP_TRACE_NOTE || is_head == (s->cli->verbose > 1))
		output_trace(s->out, marks[what], line);
}

static void moved(void *arg, size_t bytes)
{
	struct session *s = arg;

	progress_moved(output_progress(s->out), bytes);
}

static void tick(void *arg)
{
	struct session *s = arg;

	progress_tick(output_progress(s->out));
}

/* Remembered where the remote is: in the config, or for SYNC_URL in the state. */
static void basic_used(void *arg)
{
	struct session *s = arg;
	struct note why;

	s->is_basic = true;
	if (s->cli->dry_run || s->remote.is_from_environment || !settings_remote(&s->config, s->remote.name))
		return;
	if (settings_edit_set(s->config.path, s->remote.name, "auth", "basic", &why) != OK)
		output_note(s->out, NULL, "%s", why.text);
}

static void open_state(struct session *s)
{
	autofree char *path = settings_state_path();
	struct note why;

	if (state_open(path, &s->state, &why) != OK)
		output_note(s->out, NULL, "%s: working without what was last seen", why.text);
	else if (state_remote_get(s->state, s->remote.url, &s->features, &s->is_basic) != OK)
		s->features = NULL;
}

enum err session_connect_chosen(struct session *s)
{
	struct http_config config = {
		.origin = &s->remote.origin,
		.user = s->remote.user,
		.secret = s->remote.secret,
		.allow_plain = s->remote.allow_plain,
		.pin = s->remote.pin,
		.client_cert = s->remote.client_cert,
		.client_key = s->remote.client_key,
		.limit_rate_bytes = s->config.limit_rate_bytes,
		.interrupted = &session_interrupted,
		.trace = s->cli->verbose ? trace : NULL,
		.moved = moved,
		.tick = tick,
		.basic_used = basic_used,
		.arg = s,
	};
	struct note why;
	enum err e;

	open_state(s);
	config.is_basic = s->remote.is_basic || s->is_basic;
	if ((e = http_new(&config, &s->http, &why)) != OK)
		output_error(s->out, e, s->remote.name, "%s", why.text);
	return e;
}

enum err session_connect(struct session *s, const char *name)
{
	struct note why;
	enum err e;

	if ((e = session_load_config(s)) != OK)
		return e;
	if ((e = choice_make(&s->config, name ? name : s->cli->remote, &s->remote, &why)) != OK) {
		output_error(s->out, e, NULL, "%s", why.text);
		output_hint(s->out, "sign in with the link of a server:  %s login LINK", s->cli->self);
		return e;
	}
	return session_connect_chosen(s);
}

void session_close(struct session *s)
{
	if (s->state && s->http && !s->cli->dry_run && (s->features || s->is_basic))
		(void)!state_remote_put(s->state, s->remote.url, s->features, s->is_basic);
	http_free(TAKE(s->http));
	state_close(TAKE(s->state));
	choice_clear(&s->remote);
	settings_clear(&s->config);
	free(TAKE(s->features));
}

enum err session_learn(struct session *s, struct note *why)
{
	struct http_request req;
	enum err e;

	if (s->features)
		return OK;
	http_request_init(&req, "OPTIONS", xstrdup(""));
	e = http_do(s->http, &req);
	if (e == OK && req.answer.status == 200)
		s->features = span_dup(answer_field(&req.answer, ANSWER_SYNC_FEATURES));
	else if (e == OK && (req.answer.status == 204 || req.answer.status >= 400) && req.answer.status < 500)
		s->features =
		    span_dup(answer_field(&req.answer, ANSWER_SYNC_FEATURES)); /* 401, 405: nothing announced */
	else
		e = e == OK ? http_status_err(&req.answer, why) : note_set(why, e, "%s", req.answer.why.text);
	if (e == OK && !s->features)
		e = note_set(why, E_BAD_REQUEST, "OPTIONS was answered with %d", req.answer.status);
	http_request_clear(&req);
	return e;
}

void session_forget_features(struct session *s)
{
	free(TAKE(s->features));
	if (s->state && !s->cli->dry_run)
		(void)!state_remote_forget(s->state, s->remote.url);
}

bool session_has(const struct session *s, const char *feature)
{
	return s->features && span_list_has(span_of(s->features), feature);
}

bool session_is_ours(const struct session *s)
{
	return s->features && *s->features;
}

char *session_target(const char *path, bool is_folder)
{
	struct arena *arena = arena_new();
	const char *encoded = uri_encode_path(span_of(path), arena);
	char *target = xasprintf("%s%s", encoded + 1, is_folder && encoded[1] ? "/" : "");

	arena_free(arena);
	return target;
}

bool session_seen(struct session *s, const char *path, const char *local, struct seen *out, bool *is_own)
{
	*is_own = false;
	if (!s->state)
		return false;
	if (*local && state_get(s->state, s->remote.url, path, local, out) == OK) {
		*is_own = true;
		return true;
	}
	return state_get(s->state, s->remote.url, path, "", out) == OK;
}

void session_remember(struct session *s, const char *path, const char *local, const struct seen *seen)
{
	if (s->state && !s->cli->dry_run && state_put(s->state, s->remote.url, path, local, seen) != OK)
		output_note(s->out, path, "what was seen could not be remembered");
}

void session_forget(struct session *s, const char *path)
{
	if (s->state && !s->cli->dry_run &&
	    (state_forget(s->state, s->remote.url, path) != OK ||
	     state_locks_forget_below(s->state, s->remote.url, path) != OK))
		output_note(s->out, path, "what was seen could not be forgotten");
}

char *session_url(const struct session *s, const char *path, bool is_folder)
{
	autofree char *target = session_target(path, is_folder);

	return xasprintf("%s%s%s", http_base(s->http), http_root(s->http), target);
}

enum { IF_LIMIT = 7000 }; /* servers take 8 KiB a field */

struct submit {
	struct session *s;
	struct buf field;
	bool is_conditional;
};

/* The lists of the request's own, which are about what it names. */
static const char *own_condition(const struct http_request *req)
{
	for (size_t i = 0; i < req->field_count; i++)
		if (strcmp(req->fields[i].name, "If") == 0)
			return req->fields[i].value;
	return NULL;
}

static void add_token(void *arg, const char *path, const char *token)
{
	struct submit *u = arg;
	autofree char *url = session_url(u->s, path, false), *list = NULL;

	list =
	    xasprintf(u->is_conditional ? "<%s> (<%s> <DAV:no-lock>)" : "<%s> (<%s>) (Not <DAV:no-lock>)", url, token);
	if (strstr(u->field.data, list))
		return;
	if (u->field.len && buf_add_text(&u->field, " ") != OK)
		return;
	(void)!buf_add_text(&u->field, list); /* what does not fit is answered with 423 */
}

/*
 * §10.4.2: one list that holds is enough, so those that only submit a token must not decide: beside a condition of the request's own
 * they never hold (DAV:no-lock is nobody's token), else they always do.  A token is submitted by standing there (§10.4.1).
 */
void session_submit_locks(struct session *s, struct http_request *req, const char *path, const char *other)
{
	const char *own = own_condition(req);
	struct submit u = { s, buf_new(IF_LIMIT), own != NULL };
	autofree char *base = NULL;
	size_t own_len = 0;
	enum err e = OK;

	if (!s->state)
		return;
	if (own) {
		base = xasprintf("%s%s%s", http_base(s->http), http_root(s->http), req->target);
		if (buf_addf(&u.field, "<%s> %s", base, own) == OK)
			own_len = u.field.len;
	}
	e = state_locks(s->state, s->remote.url, path, add_token, &u);
	if (e == OK && other)
		e = state_locks(s->state, s->remote.url, other, add_token, &u);
	if (e == OK && u.field.len > own_len && (own_len || !own))
		http_request_set(req, "If", "%s", u.field.data);
	buf_clear(&u.field);
}

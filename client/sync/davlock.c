#include "client/sync/davlock.h"

#include <stdlib.h>
#include <string.h>

#include "client/remote/lockask.h"
#include "common/uri.h"

static char *target_of(const struct davlock *l)
{
	struct arena *arena = arena_new();
	const char *encoded = uri_encode_path(span_of(l->path), arena);
	char *target = xasprintf("%s%s", encoded + 1, l->is_folder && encoded[1] ? "/" : "");

	arena_free(arena);
	return target;
}

static void done(struct davlock *l)
{
	if (l->done)
		l->done(l->arg);
}

static void locked(struct http_request *req)
{
	struct davlock *l = req->arg;
	const struct answer *a = &req->answer;

	l->err = http_status_err(a, &l->why);
	if (l->err == OK && (a->status == 200 || a->status == 201) && (l->token = lockask_token(a)))
		l->is_made = a->status == 201;
	else if (l->err == OK && a->status == 207)
		l->err = note_set(&l->why, E_LOCKED, "something in it is locked");
	else if (l->err == OK)
		l->err = note_set(&l->why, E_BAD_REQUEST, "no answer to LOCK (%d)", a->status);
	http_request_clear(req);
	done(l);
}

void davlock_start(struct davlock *l, struct http *http, const char *path, bool is_folder, const char *owner,
		   int64_t timeout_s)
{
	*l = (struct davlock){ .http = http,
			       .path = xstrdup(path),
			       .is_folder = is_folder,
			       .timeout_s = timeout_s,
			       .err = E_INTERRUPTED };
	lockask_init(&l->req, target_of(l), is_folder, owner, timeout_s, &l->body);
	l->req.done = locked;
	l->req.arg = l;
	http_start(http, &l->req);
}

void davlock_then(struct davlock *l, davlock_fn *fn, void *arg)
{
	l->done = fn;
	l->arg = arg;
}

void davlock_clear(struct davlock *l)
{
	free(l->path);
	free(l->body);
	free(l->token);
	*l = (struct davlock){ .err = OK };
}

bool davlock_is_held(const struct davlock *l)
{
	return l->token != NULL;
}

bool davlock_is_borne_out(const struct davlock *l, const struct members *m)
{
	return l->token && (!m->is_locked || (m->lock_token && strcmp(m->lock_token, l->token) == 0));
}

char *davlock_condition(const struct davlock *l, bool is_tagged)
{
	autofree char *target = target_of(l);

	if (!is_tagged)
		return xasprintf("(<%s>)", l->token);
	return xasprintf("<%s%s%s> (<%s>)", http_base(l->http), http_root(l->http), target, l->token);
}

static void unlocked(struct http_request *req)
{
	struct davlock *l = req->arg;

	l->is_lost = req->answer.err == OK && req->answer.status >= 400;
	http_request_clear(req);
	free(TAKE(l->token));
	done(l);
}

void davlock_release(struct davlock *l, davlock_fn *fn, void *arg)
{
	davlock_then(l, fn, arg);
	if (!l->token) {
		done(l);
		return;
	}
	http_request_init(&l->req, "UNLOCK", target_of(l));
	http_request_set(&l->req, "Lock-Token", "<%s>", l->token);
	l->req.done = unlocked;
	l->req.arg = l;
	http_start(l->http, &l->req);
}

void davlock_give_up(struct davlock *l)
{
	if (!l->token)
		return;
	davlock_release(l, NULL, NULL);
	http_run(l->http, NULL, NULL);
}

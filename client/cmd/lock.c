/*
 * lock PATH, unlock PATH: an exclusive lock, for a day or as long as the server grants (RFC 4918 §9.10).  Its token is kept in the
 * state, and goes along with what this client changes there until it is given up; locking again makes it last longer.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/hint.h"
#include "client/remote/lockask.h"
#include "client/remote/members.h"
#include "client/ui/human.h"

enum { LOCK_SECONDS = 24 * 60 * 60 };

static void say(struct session *s, const char *path, enum result_word word)
{
	output_result(s->out,
		      &(struct result){ .name = path[1] ? path + 1 : path, .path = path, .word = word, .bytes = -1 });
}

/* "ann@laptop", in characters that need no escaping. */
static void who(char *out, size_t size)
{
	char host[65] = "";
	const struct passwd *me = getpwuid(getuid());

	gethostname(host, sizeof host - 1);
	snprintf(out, size, "%s@%s", me ? me->pw_name : "somebody", host);
	for (char *c = out; *c; c++)
		if (*c < ' ' || strchr("<>&\"'", *c))
			*c = '-';
}

/* ---- lock ---- */

/* "locked by bea@desk, for 20 min more" */
static void say_holder(struct session *s, const char *path)
{
	struct members m;
	struct note why = { "" };
	char left[HUMAN_SIZE] = "";

	if (members_ask(s->http, path, false, false, &m, &why) == OK && m.is_locked) {
		autofree char *owner = human_quoted(m.lock_owner ? m.lock_owner : "somebody");

		if (m.lock_timeout_s >= 0)
			human_seconds(m.lock_timeout_s, left);
		output_hint(s->out, "locked by %s%s%s%s", owner, *left ? ", for " : "", left, *left ? " more" : "");
	}
	members_clear(&m);
}

struct mine {
	const char *path;
	char *token;
};

static void take_mine(void *arg, const char *path, const char *token)
{
	struct mine *m = arg;

	if (strcmp(path, m->path) == 0)
		m->token = xstrdup(token);
}

/* §9.10.2: by a LOCK without a body.  False: there is nothing to be made longer. */
static bool refresh(struct session *s, const char *path)
{
	struct mine mine = { path, NULL };
	struct http_request req;
	bool done = false;

	if (state_locks(s->state, s->remote.url, path, take_mine, &mine) != OK || !mine.token)
		return false;
	http_request_init(&req, "LOCK", session_target(path, false));
	http_request_set(&req, "If", "(<%s>)", mine.token);
	http_request_set(&req, "Timeout", "Second-%d", LOCK_SECONDS);
	http_do(s->http, &req);
	done = req.answer.err == OK && req.answer.status == 200;
	http_request_clear(&req);
	free(mine.token);
	return done;
}

static enum err lock_it(struct session *s, const char *path)
{
	struct http_request req;
	autofree char *body = NULL;
	char me[200];
	struct note why = { "" };
	autofree char *token = NULL;
	enum err e;

	if (s->cli->dry_run) {
		say(s, path, RESULT_LOCKED);
		return OK;
	}
	if (!s->state)
		return known_error(s, E_IO, path, "without its state this client could not give the lock up again");
	if (refresh(s, path)) {
		say(s, path, RESULT_LOCKED);
		return OK;
	}
	who(me, sizeof me);
	lockask_init(&req, session_target(path, false), true, me, LOCK_SECONDS, &body);
	session_submit_locks(s, &req, path, NULL);
	http_do(s->http, &req);
	e = http_status_err(&req.answer, &why);
	token = lockask_token(&req.answer);
	if (req.answer.err == OK && (req.answer.status == 405 || req.answer.status == 501))
		e = note_set(&why, E_BAD_REQUEST, "this server has no locks");
	else if (req.answer.err == OK && req.answer.status == 207)
		e = note_set(&why, E_LOCKED, "something in it is locked");
	else if (e == OK && !token)
		e = note_set(&why, E_BAD_REQUEST, "the server's answer has no Lock-Token");
	else if (e == OK && (e = state_lock_put(s->state, s->remote.url, path, token)) != OK)
		(void)note_set(&why, e, "the lock's token could not be kept: %s", token);
	http_request_clear(&req);
	if (e == OK) {
		say(s, path, RESULT_LOCKED);
		return OK;
	}
	(void)known_failed(s, path, e, why.text);
	if (e == E_LOCKED)
		say_holder(s, path);
	return e;
}

/* ---- unlock ---- */

/* The token that is remembered, else the one that the server tells of. */
static enum err find_token(struct session *s, const char *path, char **out, struct note *why)
{
	struct mine mine = { path, NULL };
	struct members m;
	enum err e = s->state ? state_locks(s->state, s->remote.url, path, take_mine, &mine) : OK;

	*out = mine.token;
	if (*out || e != OK)
		return e;
	e = members_ask(s->http, path, false, false, &m, why);
	if (e == OK && m.lock_token)
		*out = TAKE(m.lock_token);
	else if (e == OK)
		e = note_set(why, E_NOT_FOUND, "it is not locked");
	members_clear(&m);
	return e;
}

static enum err unlock_it(struct session *s, const char *path)
{
	struct http_request req;
	struct note why = { "" };
	autofree char *token = NULL;
	enum err e = find_token(s, path, &token, &why);

	if (e != OK)
		return known_failed(s, path, e, why.text);
	if (s->cli->dry_run) {
		say(s, path, RESULT_UNLOCKED);
		return OK;
	}
	http_request_init(&req, "UNLOCK", session_target(path, false));
	http_request_set(&req, "Lock-Token", "<%s>", token);
	http_do(s->http, &req);
	e = http_status_err(&req.answer, &why);
	/* §9.11.1: no such lock (any more): it ran out, or the administrator took it. */
	if (req.answer.err == OK && (req.answer.status == 409 || req.answer.status == 412 || req.answer.status == 404))
		e = OK;
	http_request_clear(&req);
	if (e != OK)
		return known_failed(s, path, e, why.text);
	if (s->state && (e = state_lock_forget(s->state, s->remote.url, path)) != OK)
		output_note(s->out, path, "the lock's token could not be forgotten");
	say(s, path, RESULT_UNLOCKED);
	return OK;
}

/* ---- */

static enum err run(struct session *s, enum err (*what)(struct session *s, const char *path))
{
	struct operands operands;
	enum err e = known_operands(s, &operands);

	if (e != OK)
		return e;
	if ((e = session_connect(s, operands.remote_name)) == OK)
		e = what(s, operands.items[0].remote);
	operands_clear(&operands);
	return e;
}

enum err command_lock(struct session *s)
{
	return run(s, lock_it);
}

enum err command_unlock(struct session *s)
{
	return run(s, unlock_it);
}

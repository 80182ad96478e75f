/*
 * undo: takes back what the last command of this user on this machine changed on the server, the last change first: what was saved
 * becomes what it was before, what was made goes, what was removed comes back, what was moved goes home.
 *
 * Each is bound to what the command left there: what somebody changed since stays, and is said.  What was tried is forgotten, so that
 * the next undo goes one command further back; only what could not be asked for (no network) is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/history.h"
#include "client/cmd/known.h"
#include "client/decide.h"
#include "client/remote/versions.h"

struct undo {
	struct session *s;
	struct change c;
	struct note why;
};

static void say(struct undo *u, const char *path, enum result_word word)
{
	output_result(u->s->out,
		      &(struct result){ .name = path[1] ? path + 1 : path, .path = path, .word = word, .bytes = -1 });
}

/* What was new goes, if it is still what was made. */
static enum err remove_made(struct undo *u, const char *path, const char *etag)
{
	struct http_request req;
	enum err e;

	if (!*etag)
		return note_set(&u->why, E_BAD_REQUEST,
				"the server did not say what it made: it is not removed by itself");
	if (u->s->cli->dry_run) {
		say(u, path, RESULT_REMOVED);
		return OK;
	}
	http_request_init(&req, "DELETE", session_target(path, u->c.is_folder));
	http_request_set(&req, "If-Match", "\"%s\"", etag);
	session_submit_locks(u->s, &req, path, NULL);
	http_do(u->s->http, &req);
	e = http_status_err(&req.answer, &u->why);
	if (e == E_PRECONDITION)
		(void)note_set(&u->why, e, "changed since: it is not removed");
	if (e == OK) {
		session_forget(u->s, path);
		say(u, path, RESULT_REMOVED);
	}
	http_request_clear(&req);
	return e;
}

static enum err bring(struct undo *u, const struct history_back *back, enum result_word word)
{
	autofree char *etag = NULL;
	int status;
	enum err e;

	if (u->s->cli->dry_run) {
		say(u, back->path, word);
		return OK;
	}
	e = history_bring(u->s, back, &status, &etag, &u->why);
	if (e == E_PRECONDITION)
		(void)note_set(&u->why, e, "changed since: it stays as it is");
	if (e != OK)
		return e;
	if (!back->is_folder)
		history_remember(u->s, back->path, etag);
	say(u, back->path, word);
	return OK;
}

/* The content before the one that we left there. */
static enum err bring_previous(struct undo *u, const char *path)
{
	struct versions v;
	enum err e = versions_ask(u->s->http, path, &v, &u->why);

	if (e == OK && strcmp(v.list[0].etag, u->c.etag) != 0)
		e = note_set(&u->why, E_PRECONDITION, "changed since: it stays as it is");
	else if (e == OK && v.count < 2)
		e = note_set(&u->why, E_NOT_FOUND, "what it was before is not kept");
	if (e == OK) {
		autofree char *tag = xasprintf("\"%s\"", v.list[0].etag);

		e = bring(
		    u, &(struct history_back){ .method = "COPY", .from = v.list[1].url, .path = path, .if_match = tag },
		    RESULT_RESTORED);
	}
	versions_clear(&v);
	return e;
}

static enum err bring_trashed(struct undo *u, const char *path, const char *etag)
{
	autofree char *url = NULL;
	bool is_folder;
	enum err e = versions_ask_trash(u->s->http, path, etag, &is_folder, &url, &u->why);

	if (e != OK)
		return e;
	return bring(u, &(struct history_back){ .method = "MOVE", .from = url, .path = path, .is_folder = is_folder },
		     RESULT_RESTORED);
}

static enum err move_home(struct undo *u)
{
	const struct change *c = &u->c;
	enum err e =
	    bring(u, &(struct history_back){ .method = "MOVE", .from = c->other, .is_in_tree = true, .path = c->path },
		  RESULT_MOVED);

	if (e != OK)
		return e;
	if (u->s->state && !u->s->cli->dry_run)
		(void)!state_move(u->s->state, u->s->remote.url, c->other, c->path);
	return c->is_replaced ? bring_trashed(u, c->other, NULL) : OK;
}

static enum err bring_folder_state(struct undo *u)
{
	autofree char *tag = xasprintf("\"%s\"", u->c.etag);

	if (!*u->c.other || !*u->c.etag)
		return note_set(&u->why, E_BAD_REQUEST, "what it was before is not known: restore it --at a time");
	return bring(u,
		     &(struct history_back){
			 .method = "COPY", .from = u->c.other, .path = u->c.path, .is_folder = true, .if_match = tag },
		     RESULT_RESTORED);
}

static enum err take_back(struct undo *u)
{
	static const unsigned char nothing[40]; /* store's folder hash: sum and number of members */
	struct digest empty_folder = digest_of(nothing, sizeof nothing);
	const struct change *c = &u->c;
	char hex[DIGEST_HEX_SIZE];

	switch (c->kind) {
	case CHANGE_REMOVE:
		return bring_trashed(u, c->path, *c->etag ? c->etag : NULL);
	case CHANGE_MAKE:
		return remove_made(u, c->path, digest_hex(&empty_folder, hex));
	case CHANGE_MOVE:
		return move_home(u);
	case CHANGE_PUT:
	case CHANGE_COPY:
	case CHANGE_RESTORE:
		break;
	}
	if (!c->is_replaced)
		return remove_made(u, c->path, c->etag);
	return c->is_folder ? bring_folder_state(u) : bring_previous(u, c->path);
}

/* Nobody was asked, or the answer is not known: the same command can be given again. */
static bool is_open(enum err e)
{
	return e == E_NETWORK || e == E_TIMEOUT || e == E_BUSY || e == E_INTERRUPTED || e == E_KEY ||
	       e == E_UNAUTHENTICATED || e == E_UNKNOWN || e == E_TOO_MANY || e == E_BAD_GATEWAY;
}

static enum err run(struct session *s)
{
	struct undo u = { .s = s };
	int64_t id, run, last;
	enum err e = state_change_last(s->state, s->remote.url, INT64_MAX, &id, &last, &u.c);

	if (e == E_NOT_FOUND)
		return known_error(s, E_NOT_FOUND, NULL, "nothing that could be taken back is remembered here");
	for (run = last; e == OK && run == last && !session_interrupted;) {
		u.why.text[0] = '\0';
		if ((e = take_back(&u)) != OK)
			(void)known_failed(s, u.c.path, e, u.why.text);
		if (is_open(e))
			return e;
		e = s->cli->dry_run ? OK : state_change_forget(s->state, id);
		if (e == OK)
			e = state_change_last(s->state, s->remote.url, id, &id, &run, &u.c);
	}
	return e == E_NOT_FOUND ? OK : e;
}

enum err command_undo(struct session *s)
{
	enum err e = session_connect(s, NULL);

	if (e != OK)
		return e;
	if (!s->state)
		return known_error(s, E_IO, NULL, "without its state the client does not know what it changed");
	return run(s);
}

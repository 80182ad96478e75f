/*
 * mv FROM TO, cp FROM TO: by MOVE and COPY, with Overwrite: F unless --force.  TO ending in "/" is the folder to put it in.
 */
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/hint.h"
#include "client/remote/members.h"
#include "client/remote/obstacle.h"
#include "client/ui/human.h"

struct transfer {
	struct session *s;
	bool is_move;
	const char *from;
	char *to;
};

/* `e` of the answer, in words that fit what was asked. */
static enum err judge(const struct transfer *t, const struct answer *a, struct note *why)
{
	enum err e = http_status_err(a, why);

	if (a->err != OK)
		return e;
	if (a->status == 207)
		return obstacle_read(a, why);
	if (e == OK && a->status != 201 && a->status != 204 && a->status != 200)
		return note_set(why, E_BAD_REQUEST, "not a definite answer (%d)", a->status);
	if (a->status == 412)
		return note_set(why, E_PRECONDITION, "something is at %.200s already", t->to);
	if (a->status == 409)
		return note_set(why, E_CONFLICT, "the folder for %.200s is not there", t->to);
	if (a->status == 405 || a->status == 501)
		return note_set(why, E_BAD_REQUEST, "this server has no %s", t->is_move ? "MOVE" : "COPY");
	return e;
}

static void forget_and_remember(struct transfer *t)
{
	struct session *s = t->s;
	enum err e = OK;

	if (!s->state)
		return;
	if (t->is_move)
		e = state_move(s->state, s->remote.url, t->from, t->to);
	else
		e = state_forget(s->state, s->remote.url, t->to);
	if (e != OK)
		output_note(s->out, t->from, "what was seen could not be remembered");
}

/* Is the thing at `path` there, and is it a folder? */
static enum err look(struct session *s, const char *path, bool *out_is_folder, struct note *why)
{
	struct members m;
	enum err e = members_ask(s->http, path, false, false, &m, why);

	*out_is_folder = e == OK && m.is_folder;
	members_clear(&m);
	return e;
}

/* What would be said, as far as looking can tell. */
static enum err rehearse(const struct transfer *t, const struct result *done)
{
	struct session *s = t->s;
	struct note why = { "" };
	bool is_folder;
	enum err e = look(s, t->from, &is_folder, &why);

	if (e != OK)
		return known_failed(s, t->from, e, why.text);
	if (!s->cli->force && look(s, t->to, &is_folder, &why) == OK) {
		(void)note_set(&why, E_PRECONDITION, "something is at %.200s already", t->to);
		return known_failed(s, t->from, E_PRECONDITION, why.text);
	}
	output_result(s->out, done);
	return OK;
}

/* A folder that is in the way was perhaps meant to take it in. */
static void hint_taken(const struct transfer *t)
{
	struct session *s = t->s;
	autofree char *from = human_quoted(t->from), *to = human_quoted(t->to);
	struct note why;
	bool is_folder;

	if (look(s, t->to, &is_folder, &why) == OK && is_folder)
		output_hint(s->out, "nothing was changed; to put it into that folder:  %s %s %s %s/", s->cli->self,
			    s->cli->command->word, from, to);
	else
		output_hint(s->out, "nothing was changed; to replace it:  %s %s --force %s %s", s->cli->self,
			    s->cli->command->word, from, to);
}

static enum err run(struct transfer *t)
{
	struct session *s = t->s;
	autofree char *destination = session_url(s, t->to, false);
	struct result done = {
		.name = t->from + 1, .path = t->to, .word = t->is_move ? RESULT_MOVED : RESULT_COPIED, .bytes = -1
	};
	struct http_request req;
	struct note why = { "" };
	enum err e;

	if (s->cli->dry_run)
		return rehearse(t, &done);
	http_request_init(&req, t->is_move ? "MOVE" : "COPY", session_target(t->from, false));
	http_request_set(&req, "Destination", "%s", destination);
	http_request_set(&req, "Overwrite", s->cli->force ? "T" : "F");
	session_submit_locks(s, &req, t->is_move ? t->from : t->to, t->to);
	req.is_patient = true;
	req.is_once = true; /* the second time it would meet what the first one made */
	http_do(s->http, &req);
	e = judge(t, &req.answer, &why);
	http_request_clear(&req);
	if (e == OK) {
		forget_and_remember(t);
		output_result(s->out, &done);
		return OK;
	}
	e = known_failed(s, t->from, e, why.text);
	if (e == E_PRECONDITION)
		hint_taken(t);
	return e;
}

/* Where it goes: "/b", or for "/b/" that folder and its own last name. */
static char *place(const struct operand *from, const struct operand *to)
{
	const char *name = strrchr(from->remote, '/');

	if (!to->is_folder_named)
		return xstrdup(to->remote);
	return xasprintf("%s%s", to->remote[1] ? to->remote : "", name);
}

static enum err transfer(struct session *s, bool is_move)
{
	struct operands operands;
	struct transfer t = { .s = s, .is_move = is_move };
	enum err e = known_operands(s, &operands);

	if (e != OK)
		return e;
	t.from = operands.items[0].remote;
	t.to = place(&operands.items[0], &operands.items[1]);
	if (!t.from[1])
		e = known_error(s, E_USAGE, "/",
				is_move ? "the root cannot be moved" : "the root cannot be copied into itself");
	else if (path_is_within(span_of(t.to), span_of(t.from)))
		e = known_error(s, E_USAGE, t.to,
				strcmp(t.to, t.from) == 0 ? "that is where it is" : "that is inside of itself");
	else if (path_check(span_of(t.to)) != OK)
		e = known_error(s, E_USAGE, t.to, "a name that no server could hold");
	else if ((e = session_connect(s, operands.remote_name)) == OK)
		e = run(&t);
	free(t.to);
	operands_clear(&operands);
	return e;
}

enum err command_mv(struct session *s)
{
	return transfer(s, true);
}

enum err command_cp(struct session *s)
{
	return transfer(s, false);
}

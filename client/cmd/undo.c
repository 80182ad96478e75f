/*
 * undo: takes back what this user's last command changed on the server, in one step: what was saved becomes what it was before, what
 * was made goes, what was removed comes back, what was moved goes home.  The server knows what belongs to a command
 * (sync-protocol(7), "Undo"); what somebody changed since stays there, and is said.  Given again it goes one command further
 * back; --redo takes back what it did.
 */
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/history.h"
#include "client/cmd/known.h"
#include "client/decide.h"
#include "client/remote/davask.h"
#include "common/path.h"

#define BODY(what, whose, how) \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<undo xmlns=\"urn:x-syncd:\">" what whose how "</undo>\n"
#define BODIES(what) \
	{ \
		{ BODY(what, "", ""), BODY(what, "", "<rehearse/>") }, \
		{ \
			BODY(what, "<any-client/>", ""), BODY(what, "<any-client/>", "<rehearse/>") \
		} \
	}

enum { TAG_ROOM = 300 };

/* By redo, any-client, rehearse. */
static const char *const bodies[2][2][2] = { BODIES(""), BODIES("<redo/>") };

struct undo {
	struct session *s;
	size_t count;
};

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
		{ 403, "you may not change it" },
		{ 404, "what it was is not kept any more" },
		{ 409, "the folder it was in is not there" },
		{ 412, "changed since: it stays as it is" },
		{ 423, "locked" },
		{ 501, "its properties have no history: they stay" },
		{ 503, "not reached: the server stopped before" },
		{ 507, "no room" },
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "it stays as it is";
}

/* What we know of the path is what the server has now. */
static void remember(struct undo *u, enum result_word word, const char *path, const char *from, const char *etag)
{
	struct session *s = u->s;

	if (s->cli->dry_run)
		return;
	if (word == RESULT_REMOVED)
		session_forget(s, path);
	else if (word == RESULT_MOVED && from && s->state)
		(void)!state_move(s->state, s->remote.url, from, path);
	else if (word == RESULT_RESTORED && *etag)
		history_remember(s, path, etag);
}

static enum err take_change(void *arg, const struct davanswer_resource *r)
{
	struct undo *u = arg;
	const char *what = r->texts[DAVANSWER_UNDONE], *path = versions_on_remote(u->s->http, r->path);
	enum result_word word = strcmp(what, "gone") == 0   ? RESULT_REMOVED
				: strcmp(what, "home") == 0 ? RESULT_MOVED
							    : RESULT_RESTORED;
	struct result said = { .path = r->path, .name = r->path[1] ? r->path + 1 : r->path, .bytes = -1 };
	char room[TAG_ROOM];

	u->count++;
	if (path)
		said = (struct result){ .path = path, .name = path[1] ? path + 1 : path, .bytes = -1 };
	said.status = r->status;
	if (r->status != 200) {
		said.err = err_from_status(r->status);
		said.word = said.err == E_PRECONDITION ? RESULT_CONFLICT : RESULT_FAILED;
		said.error = reason(r->status);
		output_result(u->s->out, &said);
		return OK;
	}
	said.word = word;
	said.etag = decide_bare_tag(r->etag, room, sizeof room);
	output_result(u->s->out, &said);
	if (path)
		remember(u, word, path, versions_on_remote(u->s->http, r->texts[DAVANSWER_FROM]),
			 r->has_slash ? "" : r->etag);
	return OK;
}

static void restart(void *arg)
{
	struct undo *u = arg;

	u->count = 0;
}

static enum err run(struct undo *u)
{
	const struct cli *cli = u->s->cli;
	struct note why = { "" };
	struct davask ask = {
		.method = "POST",
		.body = bodies[cli->redo][cli->any_client][cli->dry_run],
		.target = xstrdup(".sync/undo"),
		.is_once = true, /* twice would be one command more */
		.is_at_origin = true,
		.take = take_change,
		.restart = restart,
		.arg = u,
	};
	enum err e = davask(u->s->http, &ask, &why);

	if (e == E_NOT_FOUND)
		(void)note_set(&why, e, "%s",
			       cli->redo ? "nothing was taken back that could be done again"
					 : "nothing that you changed from here could be taken back");
	if (e != OK)
		return known_error(u->s, e, NULL, why.text);
	if (!u->count)
		output_say(u->s->out, "nothing is left of it to take back");
	return OK;
}

enum err command_undo(struct session *s)
{
	struct undo u = { .s = s };
	enum err e = session_connect(s, NULL);

	if (e == OK && (e = known_features(s)) == OK && !session_has(s, "undo"))
		e = known_error(s, E_BAD_REQUEST, s->remote.name, "this server cannot take anything back");
	return e == OK ? run(&u) : e;
}

/*
 * restore PATH [VERSION] [--at TIME]: what was removed comes back; an old version becomes the current one, itself a new version; a
 * folder becomes as it was, in one step.  Bound to what is there at this moment, unless --force.
 */
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/history.h"
#include "client/cmd/known.h"
#include "client/decide.h"
#include "client/ui/human.h"

enum { TAG_ROOM = 300 };

struct restore {
	struct session *s;
	const char *path, *wanted; /* wanted: VERSION; NULL: none */
	char at[HISTORY_AT_SIZE];
	bool is_there, is_folder;
	char *etag; /* of what is there */
	char *url;  /* what is brought back */
	const char *method;
	char *version_etag; /* bare; NULL: not known */
};

static void say(const struct restore *r, enum result_word word, const char *etag)
{
	char room[TAG_ROOM];

	output_result(r->s->out, &(struct result){ .name = r->path[1] ? r->path + 1 : r->path,
						   .path = r->path,
						   .word = word,
						   .etag = decide_bare_tag(etag, room, sizeof room),
						   .bytes = -1 });
}

/* Neither a version nor a time: it must have been removed. */
static enum err find_removed(struct restore *r, struct note *why)
{
	struct versions v = { NULL, 0, 0 };
	enum err e;

	if (r->is_there)
		return note_set(why, E_USAGE, "it is there; which version, or --at what time?");
	e = versions_ask_trash(r->s->http, r->path, NULL, &r->is_folder, &r->url, why);
	if (e == OK)
		r->method = "MOVE";
	if (e != E_NOT_FOUND)
		return e;
	/* Moved away or purged: of a file there may be versions still. */
	e = versions_ask(r->s->http, r->path, &v, why);
	if (e == OK) {
		r->url = xstrdup(v.list[0].url);
		r->version_etag = xstrdup(v.list[0].etag);
	}
	versions_clear(&v);
	return e;
}

static enum err find_version(struct restore *r, struct note *why)
{
	struct versions v;
	const struct version *one;
	enum err e = versions_ask(r->s->http, r->path, &v, why);

	if (e == OK && (e = history_find(&v, r->wanted, &one, why)) == OK) {
		r->url = xstrdup(one->url);
		r->version_etag = xstrdup(one->etag);
	}
	versions_clear(&v);
	return e;
}

static enum err find(struct restore *r, struct note *why)
{
	bool was_folder;
	enum err e = history_look(r->s, r->path, &r->is_folder, &r->etag, why);

	r->is_there = e == OK;
	if (e != OK && e != E_NOT_FOUND)
		return e;
	r->method = "COPY";
	if (r->wanted)
		return find_version(r, why);
	if (!*r->at)
		return find_removed(r, why);
	e = versions_ask_at(r->s->http, r->path, r->at, &was_folder, &r->url, why);
	r->is_folder = was_folder;
	return e;
}

/* With -n a folder's differences are shown one by one, as far as looking can tell. */
static void rehearse_one(void *arg, const char *path, bool is_folder not_used, enum history_change what)
{
	struct restore *r = arg;

	output_result(r->s->out, &(struct result){ .name = path + 1,
						   .path = path,
						   .word = what == HISTORY_ADDED ? RESULT_REMOVED : RESULT_RESTORED,
						   .bytes = -1 });
}

static enum err rehearse(struct restore *r, struct note *why)
{
	if (r->is_folder && *r->at)
		return history_compare(r->s, r->path, r->at, NULL, rehearse_one, r, why);
	say(r, RESULT_RESTORED, NULL);
	return OK;
}

static bool is_current(const struct restore *r)
{
	size_t len = r->version_etag ? strlen(r->version_etag) : 0;

	return len && r->etag && strlen(r->etag) == len + 2 && strncmp(r->etag + 1, r->version_etag, len) == 0;
}

static enum err bring(struct restore *r, struct note *why)
{
	struct history_back back = {
		.method = r->method,
		.from = r->url,
		.path = r->path,
		.is_folder = r->is_folder,
		.if_match = r->is_there ? r->etag : NULL,
		.force = r->s->cli->force || (r->is_there && !r->etag),
	};
	autofree char *etag = NULL;
	int status;
	enum err e;

	if (r->s->cli->dry_run)
		return rehearse(r, why);
	if (is_current(r)) {
		say(r, RESULT_UNCHANGED, r->etag);
		return OK;
	}
	if ((e = history_bring(r->s, &back, &status, &etag, why)) != OK)
		return e;
	if (!r->is_folder)
		history_remember(r->s, r->path, etag);
	say(r, RESULT_RESTORED, etag);
	return OK;
}

static enum err run(struct restore *r)
{
	struct session *s = r->s;
	struct note why = { "" };
	enum err e = find(r, &why);

	if (e == OK)
		e = bring(r, &why);
	if (e == E_USAGE) {
		autofree char *name = human_quoted(r->path);

		output_error(s->out, e, r->path, "%s", why.text);
		output_hint(s->out, "see them:  %s log %s", s->cli->self, name);
	} else if (e != OK) {
		e = known_failed(s, r->path, e, why.text);
		if (e == E_PRECONDITION)
			output_hint(s->out, "nothing was restored; the same command can be given again");
	}
	free(r->etag);
	free(r->url);
	free(r->version_etag);
	return e;
}

enum err command_restore(struct session *s)
{
	struct operands operands;
	struct restore r = { .s = s };
	enum err e = known_paths(s, s->cli->operands, 1, &operands);

	if (e != OK)
		return e;
	r.path = operands.items[0].remote;
	r.wanted = s->cli->operand_count > 1 ? s->cli->operands[1] : NULL;
	if (r.wanted && s->cli->at)
		e = known_error(s, E_USAGE, NULL, "a version or --at, not both");
	else if ((e = history_at(s, r.at)) == OK && (e = session_connect(s, operands.remote_name)) == OK)
		e = run(&r);
	operands_clear(&operands);
	return e;
}

#include "client/hint.h"

#include <string.h>

#include "client/decide.h"
#include "client/ui/human.h"

enum { TAG_SHOWN = 8, TAG_ROOM = 300 };

/* Who has it is what `stat` tells. */
static void hint_locked(struct session *s, const char *path)
{
	autofree char *there = path ? human_quoted(path) : NULL;

	if (path && strcmp(s->cli->command->word, "lock") != 0)
		output_hint(s->out, "who has it:  %s stat %s", s->cli->self, there);
}

void hint_error(struct session *s, enum err e, const char *path)
{
	const char *self = s->cli->self;

	if (s->cli->quiet)
		return;
	if (e == E_UNAUTHENTICATED && s->remote.client_cert && !s->remote.secret)
		output_hint(s->out, "the user whom %s names has to be there, and its authority the server's client-ca",
			    s->remote.client_cert);
	else if (e == E_UNAUTHENTICATED)
		output_hint(s->out, "sign in:  %s login LINK", self);
	else if (e == E_KEY && s->remote.pin)
		output_hint(s->out,
			    "nothing was sent; if the server has a new key, sign in with a new link:  %s login LINK",
			    self);
	else if (e == E_KEY)
		output_hint(s->out,
			    "nothing was sent; a key of the server's own is known by a link (%s login LINK)"
			    " or by the pin that syncd says when it starts (--pin, SYNC_PIN)",
			    self);
	else if (e == E_LOCKED)
		hint_locked(s, path);
	else if (e == E_NETWORK || e == E_TIMEOUT || e == E_BUSY)
		output_hint(s->out, "the same command can be given again");
}

/* "the server has 7c8e376e; nothing was overwritten" */
static void hint_current(struct session *s, const char *etag)
{
	char room[TAG_ROOM];
	struct span tag = decide_bare_tag(etag, room, sizeof room);
	autofree char *shown = xstrndup(tag.ptr, MIN(tag.len, (size_t)TAG_SHOWN));
	autofree char *quoted = human_quoted(shown);

	output_hint(s->out, "%s%s%snothing was overwritten", tag.len ? "the server has " : "", quoted,
		    tag.len ? "; " : "");
}

void hint_push_conflict(struct session *s, const char *local, const char *remote, const char *etag)
{
	autofree char *here = human_quoted(local), *there = human_quoted(remote);

	hint_current(s, etag);
	if (!etag && session_is_ours(s)) /* it is not there any more */
		output_hint(s->out, "have it there again:  %s resolve --mine %s%s%s", s->cli->self, here,
			    strcmp(local, remote + 1) == 0 ? "" : " ", strcmp(local, remote + 1) == 0 ? "" : there);
	else if (strcmp(local, remote + 1) == 0)
		output_hint(s->out, "see both:  %s diff %s    settle it:  %s resolve %s", s->cli->self, here,
			    s->cli->self, here);
	else
		output_hint(s->out, "see the server's:  %s cat %s    settle it:  %s resolve %s %s", s->cli->self, there,
			    s->cli->self, here, there);
}

void hint_pull_conflict(struct session *s, const char *local, const char *remote, const char *etag)
{
	autofree char *here = human_quoted(local), *there = human_quoted(remote);

	hint_current(s, etag);
	output_hint(s->out, "see the server's:  %s cat %s    put it over yours:  %s pull --force %s -o %s",
		    s->cli->self, there, s->cli->self, there, here);
}

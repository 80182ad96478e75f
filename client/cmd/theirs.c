#include "client/cmd/theirs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/history.h"
#include "client/decide.h"
#include "client/remote/ancestor.h"
#include "client/sync/textmerge.h"
#include "common/httpdate.h"

enum { TAG_ROOM = 300, TAG_SHOWN = 8 };

/* Who wrote it, if the server tells. */
static char *find_who(struct session *s, const char *path, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];
	struct versions v;
	struct note why;
	char *who = NULL;

	digest_hex(digest, hex);
	if (versions_ask(s->http, path, &v, &why) == OK)
		for (size_t i = 0; i < v.count && !who; i++)
			if (strcmp(v.list[i].etag, hex) == 0)
				who = history_who(v.list[i].author, v.list[i].client);
	versions_clear(&v);
	return who;
}

enum err theirs_fetch(struct session *s, const char *path, int64_t limit_bytes, struct theirs *out, struct note *why)
{
	enum err e;

	*out = (struct theirs){ .fd = local_temporary() };
	if (out->fd < 0)
		return note_set(why, E_IO, "no temporary file can be made: %s", strerror(errno));
	e = getfile(
	    s->http,
	    &(struct getfile){ .target = session_target(path, false), .limit_bytes = limit_bytes, .fd = out->fd },
	    &out->got, why);
	if (e == OK && lseek(out->fd, 0, SEEK_SET) != 0)
		e = note_set(why, E_IO, "%s", strerror(errno));
	if (e == OK)
		out->who = find_who(s, path, &out->got.digest);
	return e;
}

void theirs_clear(struct theirs *t)
{
	if (t->fd >= 0)
		close(t->fd);
	getfile_end_clear(&t->got);
	free(TAKE(t->who));
	t->fd = -1;
}

void theirs_accept(struct session *s, const char *path, const char *key, const struct theirs *t)
{
	static char none[] = "";
	char modified[HTTPDATE_SIZE] = "";
	struct seen seen = { .etag = t->got.etag ? t->got.etag : none,
			     .modified = t->got.mtime_s ? httpdate_format(t->got.mtime_s, modified) : modified,
			     .has_digest = true,
			     .digest = t->got.digest,
			     .size_bytes = t->got.size_bytes };

	session_remember(s, path, key, &seen);
}

char *theirs_kept(const struct theirs *t)
{
	char room[TAG_ROOM];
	struct span tag = decide_bare_tag(t->got.etag, room, sizeof room);

	if (!t->who || !tag.len)
		return NULL;
	return xasprintf("(theirs stays in the history as %.*s)", (int)MIN(tag.len, (size_t)TAG_SHOWN), tag.ptr);
}

int theirs_ancestor(struct session *s, const char *path, const char *key)
{
	autoclose int fd = local_temporary();
	struct seen seen = { 0 };
	struct note why;
	bool is_own = false, is_had;

	is_had = session_seen(s, path, key, &seen, &is_own) && is_own && seen.has_digest && fd >= 0 &&
		 ancestor_fetch(s->http, path, &seen.digest, TEXTMERGE_LIMIT_BYTES, fd, &why) == OK;
	seen_clear(&seen);
	return is_had ? TAKE_FD(fd) : -1;
}

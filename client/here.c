#include "client/here.h"

#include <string.h>

#include "common/clock.h"

/*
 * How the file stands to what is remembered of it.  What is only known of the path (`is_own` false) says nothing about a
 * file with another content: that one was never seen.
 */
static enum err judge(struct here *h, int fd, bool is_own)
{
	const struct seen *seen = &h->seen;

	if (h->has_seen && seen->has_digest && seen->has_id && local_id_equal(&seen->id, &h->id) &&
	    local_id_is_settled(&seen->id, seen->taken_ns)) {
		h->digest = seen->digest;
		h->state = HERE_SAME;
		return OK;
	}
	if (local_digest(fd, h->id.size_bytes, &h->digest) != OK)
		return E_IO;
	if (h->has_seen && seen->has_digest && digest_equal(&h->digest, &seen->digest))
		h->state = HERE_SAME;
	else
		h->state = is_own && seen->has_digest ? HERE_CHANGED : HERE_UNSEEN;
	return OK;
}

enum err here_look(struct session *s, const char *path, const char *key, int folder, const char *name, struct here *out,
		   struct note *why)
{
	struct note detail = { "" };
	autoclose int fd = -1;
	struct stat st;
	bool is_own;
	enum err e;

	memset(out, 0, sizeof *out);
	out->has_seen = session_seen(s, path, key, &out->seen, &is_own);
	if ((e = local_open(folder, name, false, &fd, &st, &detail)) != OK)
		return e == E_NOT_FOUND ? OK
					: note_set(why, E_IO, "what is here is no file to replace: %s", detail.text);
	out->taken_ns = clock_now_ns();
	out->id = local_id_of(&st);
	out->mode = st.st_mode & 0777;
	return judge(out, fd, is_own) == OK ? OK : note_set(why, E_IO, "it cannot be read");
}

void here_clear(struct here *h)
{
	seen_clear(&h->seen);
}

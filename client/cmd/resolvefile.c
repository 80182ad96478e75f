#include "client/cmd/resolvefile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/known.h"
#include "client/cmd/pushfile.h"
#include "client/cmd/settle.h"
#include "client/cmd/theirs.h"
#include "client/local.h"
#include "client/partial.h"
#include "client/ui/human.h"
#include "common/fsio.h"

struct resolving {
	struct session *s;
	const char *local, *path;
	char *key; /* of the local file in the state */
	int fd;
	struct stat st;
	struct digest digest;
	struct theirs theirs;
};

/* Takes the place of the file here, if that is still the one that was compared. */
static enum err replace_here(const struct resolving *r, int from, int64_t mtime_s)
{
	autofree char *folder_path = xstrdup(r->key);
	char *name = strrchr(folder_path, '/');
	autoclose int folder = -1;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)mtime_s } };
	struct local_id expected = local_id_of(&r->st);
	struct partial part;
	char block[64 << 10];
	ssize_t n;
	enum err e;

	*name++ = '\0';
	folder = open(*folder_path ? folder_path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	partial_init(&part);
	e = folder < 0 ? E_IO : partial_create(&part, folder);
	for (off_t at = 0; e == OK && (n = pread(from, block, sizeof block, at)) != 0; at += n)
		e = n < 0 ? E_IO : partial_write(&part, block, (size_t)n);
	if (e == OK && (fchmod(part.fd, r->st.st_mode & 0777) != 0 || (mtime_s && futimens(part.fd, times) != 0)))
		e = E_IO;
	if (e == OK)
		e = fsio_sync("resolve", part.fd);
	if (e == OK)
		e = local_replace(folder, part.name, name, &expected, false);
	if (e == OK)
		partial_clear(&part);
	else
		partial_remove(&part);
	return e;
}

static enum err say_not_replaced(struct resolving *r, enum err e)
{
	return known_error(r->s, e, r->local,
			   e == E_PRECONDITION ? "it was changed here meanwhile: nothing was done"
					       : "it cannot be replaced here: nothing was done");
}

/* ---- the ways ---- */

/* Sends what is here over the version that was shown, and over no other. */
static enum err send_mine(struct resolving *r)
{
	struct session *s = r->s;
	autofree char *kept = theirs_kept(&r->theirs);
	enum err end = OK;

	if (s->cli->dry_run) {
		output_say(s->out, "%s would be sent over the server's", r->local);
		return OK;
	}
	theirs_accept(s, r->path, r->key, &r->theirs);
	pushfile_start(
	    s, &(struct push_job){ .local = r->local, .path = r->path, .more = kept, .follow = true, .end = &end });
	http_run(s->http, NULL, NULL);
	if (end == E_PRECONDITION)
		output_hint(s->out, "changed on the server once more; settle it again:  %s resolve %s", s->cli->self,
			    r->local);
	return OK; /* said */
}

static enum err take_theirs(struct resolving *r)
{
	struct session *s = r->s;
	char hex[DIGEST_HEX_SIZE];
	enum err e;

	if (!s->cli->dry_run) {
		if ((e = replace_here(r, r->theirs.fd, r->theirs.got.mtime_s)) != OK)
			return say_not_replaced(r, e);
		theirs_accept(s, r->path, r->key, &r->theirs);
	}
	output_result(s->out, &(struct result){ .name = r->local,
						.path = r->path,
						.local = r->local,
						.word = RESULT_FETCHED,
						.etag = span_of(digest_hex(&r->theirs.got.digest, hex)),
						.bytes = r->theirs.got.size_bytes });
	return OK;
}

static enum err put_merged(struct resolving *r, struct span text)
{
	autoclose int fd = local_temporary();
	enum err e;

	if (fd < 0 || fsio_write("resolve", fd, text.ptr, text.len) != OK)
		return known_error(r->s, E_IO, r->local, "no temporary file can be made");
	if ((e = replace_here(r, fd, 0)) != OK)
		return say_not_replaced(r, e);
	return send_mine(r);
}

static enum err merge(struct resolving *r)
{
	struct session *s = r->s;
	autofree char *label = xasprintf("server%s%s", r->theirs.who ? ", " : "", r->theirs.who ? r->theirs.who : "");
	autoclose int base = theirs_ancestor(s, r->path, r->key);
	struct textmerge texts = { r->fd, r->theirs.fd, base, "yours", label };
	struct buf text = textmerge_buf();
	struct note why = { "" };
	char *left = NULL;
	enum err e;

	if (s->cli->dry_run) {
		output_say(s->out, "%s would be merged with the server's", r->local);
		buf_clear(&text);
		return OK;
	}
	e = settle_merge(s, &texts, r->path, &text, &left, &why);
	e = e == OK ? put_merged(r, buf_span(&text)) : known_error(s, e, r->local, why.text);
	if (left)
		output_hint(s->out, "what you wrote so far is in %s", left);
	free(left);
	buf_clear(&text);
	return e;
}

/* ---- what there is ---- */

static enum err open_mine(struct resolving *r, struct note *why)
{
	enum err e = local_open(AT_FDCWD, r->local, true, &r->fd, &r->st, why);

	if (e == E_USAGE)
		e = note_set(why, E_BAD_REQUEST, "a folder: its files are settled one by one");
	if (e == OK && local_digest(r->fd, r->st.st_size, &r->digest) != OK)
		e = note_set(why, E_IO, "it cannot be read");
	if (e == OK && !(r->key = realpath(r->local, NULL)))
		e = note_set(why, E_NOT_FOUND, "no such file here");
	return e;
}

/* It went there: mine can come back; there is nothing else to choose. */
static enum err settle_removed(struct resolving *r)
{
	struct session *s = r->s;
	enum err end = OK;

	if (!s->cli->mine) {
		output_error(s->out, E_PRECONDITION, r->local, "it was removed on the server");
		output_hint(s->out, "have it there again:  %s resolve %s --mine    or remove yours", s->cli->self,
			    r->local);
		return E_PRECONDITION;
	}
	if (s->cli->dry_run) {
		output_say(s->out, "%s would be sent", r->local);
		return OK;
	}
	session_forget(s, r->path);
	pushfile_start(s, &(struct push_job){ .local = r->local, .path = r->path, .follow = true, .end = &end });
	http_run(s->http, NULL, NULL);
	return OK; /* said */
}

/* Equal, or the server still has what mine is based on: nothing to settle. */
static bool is_no_conflict(struct resolving *r)
{
	struct session *s = r->s;
	struct seen seen = { 0 };
	bool is_own = false, is_based;

	if (digest_equal(&r->digest, &r->theirs.got.digest)) {
		theirs_accept(s, r->path, r->key, &r->theirs);
		output_result(
		    s->out,
		    &(struct result){
			.name = r->local, .path = r->path, .local = r->local, .word = RESULT_UNCHANGED, .bytes = -1 });
		return true;
	}
	is_based = session_seen(s, r->path, r->key, &seen, &is_own) && is_own && seen.has_digest &&
		   digest_equal(&seen.digest, &r->theirs.got.digest);
	seen_clear(&seen);
	if (is_based) {
		output_error(s->out, E_NOT_FOUND, r->local, "no conflict: the server has what yours is based on");
		output_hint(s->out, "send it:  %s push %s", s->cli->self, r->local);
	}
	return is_based;
}

static enum err decide(struct resolving *r)
{
	autofree char *shown = human_quoted(r->local), *old = NULL, *new = xasprintf("%s (yours)", shown);
	struct difflines how = { r->theirs.fd, r->fd, NULL, new };
	enum settle_way way = SETTLE_QUIT;
	enum err e;

	old = xasprintf("%s (server%s%s)", shown, r->theirs.who ? ", " : "", r->theirs.who ? r->theirs.who : "");
	how.old_label = old;
	if (is_no_conflict(r))
		return OK; /* said */
	if ((e = settle_ask(r->s, &how, &way)) != OK)
		return e;
	switch (way) {
	case SETTLE_MERGE:
		return merge(r);
	case SETTLE_MINE:
		return send_mine(r);
	case SETTLE_THEIRS:
		return take_theirs(r);
	case SETTLE_QUIT:
		break;
	}
	return OK;
}

static enum err run(struct resolving *r)
{
	struct note why = { "" };
	enum err e = open_mine(r, &why);

	if (e != OK)
		return known_error(r->s, e, r->local, why.text);
	e = theirs_fetch(r->s, r->path, 0, &r->theirs, &why);
	if (e == E_NOT_FOUND)
		e = settle_removed(r);
	else if (e != OK)
		e = known_failed(r->s, r->path, e, why.text);
	else
		e = decide(r);
	theirs_clear(&r->theirs);
	return e;
}

enum err resolvefile(struct session *s)
{
	struct resolving r = { .s = s, .fd = -1, .theirs = { .fd = -1 } };
	struct operands operands = { .count = 0 };
	struct note why;
	enum err e;

	if ((e = session_load_config(s)) != OK)
		return e;
	e = operands_push(s->cli->operands, s->cli->operand_count, known_remote, s, &operands, &why);
	if (e != OK)
		return known_error(s, e, NULL, why.text);
	r.local = operands.items[0].local;
	r.path = operands.items[0].remote;
	if (operands.count != 1 || !r.local || operands.items[0].err != OK)
		e = known_error(s, E_USAGE, s->cli->operands[0], "one file here, and perhaps what it is called there");
	else if ((e = session_connect(s, operands.remote_name)) == OK && (e = known_features(s)) == OK)
		e = run(&r);
	if (r.fd >= 0)
		close(r.fd);
	free(r.key);
	operands_clear(&operands);
	return e;
}

/*
 * diff PATH [VERSION [VERSION]] [--at TIME]: what changed: between the file here and the server's, between an old version and the
 * server's or another one, and in a folder since a time or between two.  Exits 1 when there is a difference.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/difflines.h"
#include "client/cmd/history.h"
#include "client/cmd/known.h"
#include "client/local.h"
#include "client/remote/getfile.h"
#include "common/jsonw.h"

/* One side: an open file, its digest, and what it is called. */
struct side {
	int fd; /* -1: none */
	struct digest digest;
	char *label;
};

struct diff {
	struct session *s;
	const char *path, *local;                         /* there; here */
	const char *wanted, *other;                       /* VERSIONs; NULL: none */
	char at[HISTORY_AT_SIZE], until[HISTORY_AT_SIZE]; /* "": now */
	struct side old, new;
	bool is_different; /* folders: something was printed */
};

/* ---- fetching ---- */

/* `target` is taken: below the remote's root, or the server's. */
static enum err fetch(struct session *s, char *target, bool is_at_origin, struct side *out, struct note *why)
{
	struct getfile ask = { .target = target, .is_at_origin = is_at_origin, .fd = local_temporary() };
	struct getfile_end end = { .etag = NULL };
	enum err e;

	out->fd = ask.fd;
	if (ask.fd < 0) {
		free(target);
		return note_set(why, E_IO, "no temporary file can be made: %s", strerror(errno));
	}
	e = getfile(s->http, &ask, &end, why);
	out->digest = end.digest;
	getfile_end_clear(&end);
	if (end.is_folder)
		return note_set(why, e, "a folder; of one there is a diff --at a time");
	return e;
}

/* ---- the two sides ---- */

static enum err open_local(struct diff *d, struct side *out, struct note *why)
{
	struct stat st;
	enum err e = local_open(AT_FDCWD, d->local, true, &out->fd, &st, why);

	if (e == E_NOT_FOUND)
		return note_set(why, e, "not here; of the server's versions:  diff PATH VERSION");
	if (e == E_USAGE)
		return note_set(why, E_BAD_REQUEST, "a folder; of one there is a diff --at a time");
	if (e != OK)
		return e;
	out->label = xasprintf("%s (here)", d->local);
	e = local_digest(out->fd, st.st_size, &out->digest);
	return e == OK ? OK : note_set(why, e, "it cannot be read");
}

static enum err fetch_version(struct diff *d, const char *wanted, struct side *out, struct note *why)
{
	const struct version *one;
	struct versions v;
	enum err e = versions_ask(d->s->http, d->path, &v, why);

	if (e == OK && (e = history_find(&v, wanted, &one, why)) == OK) {
		out->label = xasprintf("%s %.8s", d->path + 1, one->etag);
		e = fetch(d->s, session_target(one->url, false), true, out, why);
	}
	versions_clear(&v);
	return e;
}

static enum err fetch_then(struct diff *d, struct side *out, struct note *why)
{
	autofree char *target = session_target(d->path, false);
	enum err e = fetch(d->s, xasprintf("%s?at=%s", target, d->at), false, out, why);

	out->label = xasprintf("%s at %s", d->path + 1, d->s->cli->at);
	if (e == E_NOT_FOUND)
		(void)note_set(why, e, "it was not there then, or what it was is not kept");
	return e;
}

static enum err fetch_now(struct diff *d, struct side *out, struct note *why)
{
	out->label = xasprintf("%s (on %s)", d->path + 1, d->s->remote.name);
	return fetch(d->s, session_target(d->path, false), false, out, why);
}

/* ---- showing ---- */

static void print_json(struct diff *d, bool is_different)
{
	struct buf line = buf_new(1 << 20);
	struct jsonw w = jsonw_new(&line);
	char hex[DIGEST_HEX_SIZE];

	jsonw_object(&w);
	jsonw_key_text(&w, "path", d->path);
	jsonw_key_text(&w, "result", is_different ? "different" : "unchanged");
	jsonw_key_text(&w, "old", digest_hex(&d->old.digest, hex));
	jsonw_key_text(&w, "new", digest_hex(&d->new.digest, hex));
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(d->s->out, line.data);
	buf_clear(&line);
}

static enum err show(struct diff *d, struct note *why)
{
	bool is_different = !digest_equal(&d->old.digest, &d->new.digest);

	if (is_different)
		output_count(d->s->out, E_BAD_REQUEST);
	if (output_is_json(d->s->out)) {
		print_json(d, is_different);
		return OK;
	}
	if (!is_different || d->s->cli->quiet)
		return OK;
	return difflines_show(&(struct difflines){ d->old.fd, d->new.fd, d->old.label, d->new.label }, why);
}

static enum err diff_files(struct diff *d, struct note *why)
{
	enum err e;

	if (d->wanted) {
		if ((e = fetch_version(d, d->wanted, &d->old, why)) == OK)
			e = d->other ? fetch_version(d, d->other, &d->new, why) : fetch_now(d, &d->new, why);
	} else if (*d->at) {
		if ((e = fetch_then(d, &d->old, why)) == OK)
			e = fetch_now(d, &d->new, why);
	} else if ((e = open_local(d, &d->new, why)) == OK) {
		e = fetch_now(d, &d->old, why);
	}
	if (e == OK && (lseek(d->old.fd, 0, SEEK_SET) != 0 || lseek(d->new.fd, 0, SEEK_SET) != 0))
		e = note_set(why, E_IO, "it cannot be read");
	return e == OK ? show(d, why) : e;
}

/* ---- folders ---- */

static void print_change(void *arg, const char *path, bool is_folder, enum history_change what)
{
	static const char *const words[] = { "added", "removed", "changed" }, *const marks[] = { "+", "-", "~" };
	struct diff *d = arg;
	autofree char *shown = xasprintf("%s%s", path + 1, is_folder ? "/" : "");
	struct buf line = buf_new(1 << 20);
	struct jsonw w = jsonw_new(&line);

	d->is_different = true;
	jsonw_object(&w);
	jsonw_key_text(&w, "path", path);
	jsonw_key_text(&w, "kind", is_folder ? "folder" : "file");
	jsonw_key_text(&w, "result", words[what]);
	jsonw_end(&w);
	if (output_is_json(d->s->out) && jsonw_error(&w) == OK)
		output_json(d->s->out, line.data);
	else if (!output_is_json(d->s->out) && !d->s->cli->quiet)
		output_columns(d->s->out, (const char *const[]){ marks[what], shown }, 2, NULL);
	buf_clear(&line);
}

static enum err diff_folders(struct diff *d, struct note *why)
{
	enum err e = history_compare(d->s, d->path, d->at, *d->until ? d->until : NULL, print_change, d, why);

	if (e == OK && d->is_different)
		output_count(d->s->out, E_BAD_REQUEST);
	return e;
}

/* A folder has no versions; what stands in their place are moments. */
static enum err diff_moments(struct diff *d)
{
	struct note why = { "" };
	enum err e = history_moment(d->s, d->wanted, d->at);

	if (e == OK && d->other)
		e = history_moment(d->s, d->other, d->until);
	if (e != OK)
		return e;
	e = diff_folders(d, &why);
	return e == OK ? OK : known_failed(d->s, d->path, e, why.text);
}

/* ---- */

static enum err run(struct diff *d)
{
	struct note why = { "" };
	autofree char *url = NULL;
	autofree char *etag = NULL;
	bool is_folder = false;
	enum err e = OK;

	if (*d->at)
		e = versions_ask_at(d->s->http, d->path, d->at, &is_folder, &url, &why);
	if (e == OK)
		e = is_folder ? diff_folders(d, &why) : diff_files(d, &why);
	if (e == E_FORBIDDEN && d->wanted &&
	    history_look(d->s, d->path, &is_folder, &etag, &(struct note){ "" }) == OK && is_folder)
		return diff_moments(d);
	return e == OK ? OK : known_failed(d->s, d->path, e, why.text);
}

enum err command_diff(struct session *s)
{
	struct operands operands;
	struct diff d = { .s = s, .old = { .fd = -1 }, .new = { .fd = -1 } };
	enum err e = known_paths(s, s->cli->operands, 1, &operands);

	if (e != OK)
		return e;
	d.path = operands.items[0].remote;
	d.local = operands.items[0].local ? operands.items[0].local : d.path + 1;
	d.wanted = s->cli->operand_count > 1 ? s->cli->operands[1] : NULL;
	d.other = s->cli->operand_count > 2 ? s->cli->operands[2] : NULL;
	if (d.wanted && s->cli->at)
		e = known_error(s, E_USAGE, NULL, "a version or --at, not both");
	else if ((e = history_at(s, d.at)) == OK && (e = session_connect(s, operands.remote_name)) == OK)
		e = run(&d);
	for (size_t i = 0; i < 2; i++) {
		struct side *side = i ? &d.new : &d.old;

		if (side->fd >= 0)
			close(side->fd);
		free(side->label);
	}
	operands_clear(&operands);
	return e;
}

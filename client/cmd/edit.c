/*
 * edit PATH: fetch -> editor -> save, if nobody changed it meanwhile; else both are merged, or the edit is kept and said where.
 *
 * What is edited lies in a place of its own (editplace.h) until the server has it: nothing that was written is lost, whatever ends this.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/editplace.h"
#include "client/cmd/known.h"
#include "client/cmd/mergeplace.h"
#include "client/cmd/pushfile.h"
#include "client/cmd/settle.h"
#include "client/cmd/theirs.h"
#include "client/editor.h"
#include "client/ui/human.h"

enum { LIMIT_BYTES = 64 << 20 };

struct editing {
	struct session *s;
	const char *path;
	struct editplace place;
};

/* ---- ends ---- */

static void say_kept(struct editing *ed)
{
	autofree char *file = human_quoted(ed->place.file), *path = human_quoted(ed->path);

	output_hint(ed->s->out, "your edit is kept in %s", file);
	output_hint(ed->s->out, "go on with it:  %s edit %s", ed->s->cli->self, path);
}

/* What was written stays, and is said; a place without any goes. */
static enum err give_up(struct editing *ed, enum err e, const char *why)
{
	e = known_failed(ed->s, ed->path, e, why);
	if (editplace_is_changed(&ed->place))
		say_kept(ed);
	else
		editplace_remove(&ed->place);
	return e;
}

static enum err end_unchanged(struct editing *ed)
{
	output_result(ed->s->out, &(struct result){
				      .name = ed->path + 1, .path = ed->path, .word = RESULT_UNCHANGED, .bytes = -1 });
	editplace_remove(&ed->place);
	return OK;
}

/* ---- fetch ---- */

static void hint_too_large(const struct editing *ed)
{
	autofree char *path = human_quoted(ed->path);

	output_hint(ed->s->out, "over %d MiB, more than an editor is for; have it here:  %s pull %s", LIMIT_BYTES >> 20,
		    ed->s->cli->self, path);
}

/* The server's version is what is edited, and what the save is held to. */
static enum err fetch(struct editing *ed)
{
	struct session *s = ed->s;
	struct theirs theirs;
	struct note why = { "" };
	enum err e = theirs_fetch(s, ed->path, LIMIT_BYTES, &theirs, &why);

	if (e == E_NOT_FOUND) { /* a new one */
		session_forget(s, ed->path);
		e = editplace_begin(&ed->place, -1);
	} else if (e == OK) {
		e = editplace_begin(&ed->place, theirs.fd);
		if (e == OK)
			theirs_accept(s, ed->path, ed->place.file, &theirs);
	} else {
		editplace_remove(&ed->place);
		e = known_failed(s, ed->path, e, why.text);
		if (e == E_TOO_LARGE)
			hint_too_large(ed);
		theirs_clear(&theirs);
		return e;
	}
	theirs_clear(&theirs);
	return e == OK ? OK : known_error(s, e, ed->place.file, err_words(e));
}

/*
 * An edit that was not saved is held to what it began with, also when the state was lost since, or when its user has seen a later version
 * elsewhere.
 */
static void go_on(struct editing *ed)
{
	static char none[] = "";
	struct session *s = ed->s;
	struct seen seen = { 0 };
	char hex[DIGEST_HEX_SIZE];
	bool is_own = false;

	(void)!session_seen(s, ed->path, ed->place.file, &seen, &is_own);
	seen_clear(&seen);
	output_note(s->out, ed->path, "going on with an edit that was not saved");
	if (is_own)
		return;
	seen = (struct seen){ .etag = none, .modified = none, .size_bytes = -1 };
	if (!editplace_base_digest(&ed->place, &seen.digest)) {
		session_forget(s, ed->path);
	} else {
		autofree char *tag = xasprintf("\"%s\"", digest_hex(&seen.digest, hex));

		seen.has_digest = true;
		if (session_has(s, "digest-etag"))
			seen.etag = tag;
		session_remember(s, ed->path, ed->place.file, &seen);
	}
}

/* ---- save ---- */

/* Merges with what is there now.  OK: the file holds both, and is based on that.  Failures are said. */
static enum err merge(struct editing *ed)
{
	struct session *s = ed->s;
	struct theirs theirs;
	struct buf text = textmerge_buf();
	struct note why = { "" };
	char *left = NULL;
	enum err e = theirs_fetch(s, ed->path, LIMIT_BYTES, &theirs, &why);
	autofree char *label = xasprintf("server%s%s", theirs.who ? ", " : "", theirs.who ? theirs.who : "");
	autoclose int mine = editplace_mine(&ed->place), base = editplace_base(&ed->place);
	struct textmerge texts = { mine, theirs.fd, base, "yours", label };

	if (e == E_NOT_FOUND) { /* removed there: what is here is a new one then */
		session_forget(s, ed->path);
		e = editplace_set_base(&ed->place, -1);
		theirs_clear(&theirs);
		return e;
	}
	if (e == OK)
		e = settle_merge(s, &texts, ed->path, &text, &left, &why);
	if (e == OK && ((e = editplace_set_mine(&ed->place, buf_span(&text))) != OK ||
			(e = editplace_set_base(&ed->place, theirs.fd)) != OK))
		(void)note_set(&why, e, "the merge cannot be written here: %s", err_words(e));
	if (e == OK) {
		theirs_accept(s, ed->path, ed->place.file, &theirs);
	} else {
		e = known_error(s, e, ed->path, why.text);
		if (left)
			output_hint(s->out, "what you wrote of the merge is in %s", left);
	}
	free(left);
	buf_clear(&text);
	theirs_clear(&theirs);
	return e;
}

static bool wants_merge(const struct session *s)
{
	autofree char *line = NULL;

	return !s->cli->json && term_ask("[m]erge both, or [k]eep your edit here? ", false, &line) == OK &&
	       strcmp(line, "m") == 0;
}

static enum err save(struct editing *ed)
{
	struct session *s = ed->s;

	for (;;) {
		enum err end = OK;

		pushfile_start(s, &(struct push_job){
				      .local = ed->place.file, .path = ed->path, .name = ed->path + 1, .end = &end });
		http_run(s->http, NULL, NULL);
		if (end == OK) {
			editplace_remove(&ed->place);
			return OK;
		}
		if (end != E_PRECONDITION || !wants_merge(s) || merge(ed) != OK) {
			say_kept(ed);
			return end; /* said */
		}
		output_forgive(s->out); /* the conflict that was said is settled */
	}
}

/* Of a merge that was killed: it is gone on with when both are merged once more. */
static void say_left(const struct editing *ed)
{
	autofree char *left = mergeplace_left(ed->s->remote.url, ed->path), *file = left ? human_quoted(left) : NULL;

	if (left)
		output_note(ed->s->out, ed->path, "what was written of a merge that was not ended is in %s", file);
}

static enum err edit(struct editing *ed)
{
	struct note why = { "" };
	enum err e;

	say_left(ed);
	if (editplace_is_changed(&ed->place))
		go_on(ed);
	else if ((e = fetch(ed)) != OK)
		return e;
	if ((e = editor_open(ed->place.file, &why)) != OK)
		return give_up(ed, e, why.text);
	return editplace_is_changed(&ed->place) ? save(ed) : end_unchanged(ed);
}

static enum err run(struct session *s, const char *path)
{
	struct editing ed = { .s = s, .path = path };
	struct note why = { "" };
	enum err e;

	if (!path[1])
		return known_error(s, E_USAGE, path, "a folder");
	if (!editor_is_there())
		return known_error(s, E_USAGE, NULL, "no editor: set VISUAL or EDITOR");
	if (s->cli->dry_run) {
		output_say(s->out, "%s would be opened in the editor", path);
		return OK;
	}
	e = editplace_open(s->remote.url, path, &ed.place, &why);
	e = e == OK ? edit(&ed) : known_failed(s, path, e, why.text);
	editplace_close(&ed.place);
	return e;
}

enum err command_edit(struct session *s)
{
	struct operands operands;
	enum err e = known_operands(s, &operands);

	if (e != OK)
		return e;
	if ((e = session_connect(s, operands.remote_name)) == OK && (e = known_features(s)) == OK)
		e = run(s, operands.items[0].remote);
	operands_clear(&operands);
	return e;
}

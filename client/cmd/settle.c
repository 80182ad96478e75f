#include "client/cmd/settle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd/known.h"
#include "client/cmd/mergeplace.h"
#include "client/editor.h"
#include "client/ui/term.h"
#include "common/fsio.h"

/* ---- asking ---- */

static const struct {
	const char *letter;
	enum settle_way way;
} letters[] = { { "m", SETTLE_MERGE }, { "n", SETTLE_MINE }, { "t", SETTLE_THEIRS }, { "q", SETTLE_QUIT } };

static enum err ask(struct session *s, enum settle_way *out)
{
	for (;;) {
		char *line = NULL;
		enum err e = term_ask("[m]erge in editor, keep mi[n]e, take [t]heirs, [q]uit? ", false, &line);

		if (session_interrupted)
			e = E_INTERRUPTED;
		for (size_t i = 0; i < ARRAY_LEN(letters) && e == OK; i++)
			if (strcmp(line, letters[i].letter) == 0) {
				*out = letters[i].way;
				free(line);
				return OK;
			}
		free(line);
		if (e != OK)
			return e;
		output_hint(s->out, "one letter: m, n, t or q");
	}
}

enum err settle_ask(struct session *s, const struct difflines *how, enum settle_way *out)
{
	const struct cli *cli = s->cli;
	struct note why;
	enum err e;

	if (cli->mine + cli->theirs + cli->merge > 1)
		return known_error(s, E_USAGE, cli->operands[0], "one of --mine, --theirs and --merge, not several");
	*out = cli->mine ? SETTLE_MINE : cli->theirs ? SETTLE_THEIRS : SETTLE_MERGE;
	if (cli->mine || cli->theirs || cli->merge)
		return OK;
	if (!term_can_ask() || cli->json)
		return known_error(s, E_USAGE, cli->operands[0],
				   "say which one is to stay: --mine or --theirs; or both, by --merge");
	if ((e = difflines_show(how, &why)) != OK)
		output_note(s->out, cli->operands[0], "%s", why.text);
	return ask(s, out);
}

/* ---- merging ---- */

static void say_where_from(struct session *s, const struct mergeplace *place)
{
	if (place->is_continued)
		output_note(s->out, place->name, "going on with a merge that was not ended");
	if (place->older)
		output_note(s->out, place->name, "what was written of an earlier merge is in %s", place->older);
}

static enum err by_hand(struct session *s, const struct textmerge *texts, const char *path, struct buf *out,
			char **out_left, struct note *why)
{
	struct mergeplace place;
	enum err e = mergeplace_begin(s->remote.url, path, buf_span(out), &place, why);

	if (e == OK) {
		say_where_from(s, &place);
		if ((e = editor_open(place.file, why)) == OK) {
			buf_reset(out);
			if ((e = fsio_read_file(AT_FDCWD, place.file, out)) != OK)
				e = note_set(why, E_IO, "what you wrote cannot be read: %s", err_words(e));
			else if (textmerge_has_marks(texts, buf_span(out)))
				e = note_set(why, E_PRECONDITION, "marks (<<<<<<< and >>>>>>>) are left in it");
		}
		if (e != OK && mergeplace_is_written(&place))
			*out_left = xstrdup(place.file);
		else
			mergeplace_remove(&place);
	}
	mergeplace_clear(&place);
	return e;
}

enum err settle_merge(struct session *s, const struct textmerge *texts, const char *path, struct buf *out,
		      char **out_left, struct note *why)
{
	enum err e = textmerge_run(texts, out, why);

	*out_left = NULL;

	if (e == E_MEDIA_TYPE || e == E_TOO_LARGE) {
		struct note kind = *why;

		return note_set(why, e, "%s: --mine or --theirs", kind.text);
	}
	if (e != E_PRECONDITION)
		return e;
	if (!editor_is_there())
		return note_set(why, e, "both changed the same lines: an editor is needed, set VISUAL or EDITOR");
	return by_hand(s, texts, path, out, out_left, why);
}

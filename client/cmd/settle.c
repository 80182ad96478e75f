#include "client/cmd/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/known.h"
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

/* A folder for the user alone, with the text in it under its own name: editors go by its ending.  NULL: none can be made. */
static char *private_file(const char *name, struct span text, struct note *why)
{
	const char *temp = getenv("TMPDIR");
	autofree char *folder = xasprintf("%s/sync-XXXXXX", temp && *temp ? temp : "/tmp");
	autoclose int fd = -1;

	if (mkdtemp(folder) && (fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 &&
	    fsio_write_file(fd, name, 0600, text) == OK)
		return xasprintf("%s/%s", folder, name);
	(void)note_set(why, E_IO, "no private file can be made in %.200s: %s", folder, strerror(errno));
	return NULL;
}

static void remove_private(const char *path)
{
	autofree char *folder = xstrdup(path);

	unlink(path);
	*strrchr(folder, '/') = '\0';
	rmdir(folder);
}

static enum err by_hand(const struct textmerge *texts, const char *name, struct buf *out, char **out_left,
			struct note *why)
{
	char *path = private_file(name, buf_span(out), why);
	enum err e;

	if (!path)
		return E_IO;
	if ((e = editor_open(path, why)) == OK) {
		buf_reset(out);
		if ((e = fsio_read_file(AT_FDCWD, path, out)) != OK)
			e = note_set(why, E_IO, "what you wrote cannot be read: %s", err_words(e));
		else if (textmerge_has_marks(texts, buf_span(out)))
			e = note_set(why, E_PRECONDITION, "marks (<<<<<<< and >>>>>>>) are left in it");
	}
	if (e != OK) {
		*out_left = path;
		return e;
	}
	remove_private(path);
	free(path);
	return OK;
}

enum err settle_merge(const struct textmerge *texts, const char *name, struct buf *out, char **out_left,
		      struct note *why)
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
	return by_hand(texts, name, out, out_left, why);
}

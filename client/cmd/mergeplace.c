#include "client/cmd/mergeplace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/editplace.h"
#include "client/sync/textmerge.h"
#include "common/fsio.h"

enum { OLDER_MAX = 1000 };

static const char start_name[] = "start";

static struct mergeplace place_of(const char *remote, const char *path)
{
	struct mergeplace m = { .name = xstrdup(strrchr(path, '/') + 1) };
	autofree char *edits = editplace_path(remote, path), *folder = xasprintf("%s/merge", edits);
	char *real = realpath(folder, NULL);

	m.folder = real ? real : TAKE(folder);
	/* A file of that name would take the place of what it was. */
	m.file = xasprintf("%s/%s%s", m.folder, strcmp(m.name, start_name) == 0 ? "the " : "", m.name);
	return m;
}

void mergeplace_clear(struct mergeplace *m)
{
	free(TAKE(m->folder));
	free(TAKE(m->name));
	free(TAKE(m->file));
	free(TAKE(m->older));
}

static char *start_of(const struct mergeplace *m)
{
	return xasprintf("%s/%s", m->folder, start_name);
}

static bool has_content(const char *file, struct span want)
{
	struct buf text = textmerge_buf();
	bool has = fsio_read_file(AT_FDCWD, file, &text) == OK && span_eq(buf_span(&text), want);

	buf_clear(&text);
	return has;
}

static bool are_equal(const char *a, const char *b)
{
	struct buf text = textmerge_buf();
	bool are = fsio_read_file(AT_FDCWD, a, &text) == OK && has_content(b, buf_span(&text));

	buf_clear(&text);
	return are;
}

bool mergeplace_is_written(const struct mergeplace *m)
{
	autofree char *start = start_of(m);

	return access(m->file, F_OK) == 0 && !are_equal(m->file, start);
}

char *mergeplace_left(const char *remote, const char *path)
{
	struct mergeplace m = place_of(remote, path);
	char *left = mergeplace_is_written(&m) ? xstrdup(m.file) : NULL;

	mergeplace_clear(&m);
	return left;
}

/* What was made of another merge gets out of the way, over nothing. */
static enum err put_aside(struct mergeplace *m)
{
	for (unsigned n = 1; n < OLDER_MAX; n++) {
		autofree char *older = xasprintf("%s.%u", m->file, n);

		if (renameat2(AT_FDCWD, m->file, AT_FDCWD, older, RENAME_NOREPLACE) == 0) {
			m->older = TAKE(older);
			return OK;
		}
	}
	return E_IO;
}

static enum err write_both(const struct mergeplace *m, struct span start)
{
	autoclose int fd = open(m->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *name = strrchr(m->file, '/') + 1;
	enum err e = fd >= 0 ? fsio_write_file(fd, start_name, 0600, start) : E_IO;

	return e == OK ? fsio_write_file(fd, name, 0600, start) : e;
}

enum err mergeplace_begin(const char *remote, const char *path, struct span start, struct mergeplace *out,
			  struct note *why)
{
	autofree char *edits = editplace_path(remote, path), *folder = xasprintf("%s/merge", edits), *started = NULL;
	enum err e = fsio_make_path(folder);

	*out = place_of(remote, path);
	if (e == OK) {
		started = start_of(out);
		out->is_continued = mergeplace_is_written(out) && has_content(started, start);
		if (!out->is_continued && mergeplace_is_written(out))
			e = put_aside(out);
		if (e == OK && !out->is_continued)
			e = write_both(out, start);
	}
	return e == OK ? OK : note_set(why, E_IO, "%.150s: %s", out->folder, err_words(e));
}

void mergeplace_remove(const struct mergeplace *m)
{
	autofree char *start = start_of(m), *above = xstrdup(m->folder);

	unlink(m->file);
	unlink(start);
	rmdir(m->folder); /* not with what is left of others, or an editor's backup */
	*strrchr(above, '/') = '\0';
	rmdir(above);
}

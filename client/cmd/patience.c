#include "client/cmd/patience.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKS_QUIET = 10, FILES_MOST = 1000 };

static struct patience_file *file_of(struct patience *p, const char *path)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->files[i].path, path) == 0)
			return &p->files[i];
	if (p->count == FILES_MOST)
		return NULL;
	p->files = xrealloc(p->files, (p->count + 1) * sizeof *p->files);
	p->files[p->count] = (struct patience_file){ .path = xstrdup(path) };
	return &p->files[p->count++];
}

/* Those that are waited for no more. */
static void drop_others(struct patience *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (p->files[i].is_there)
			p->files[kept++] = p->files[i];
		else
			free(p->files[i].path);
	}
	p->count = kept;
}

void patience_look(struct patience *p, const struct work *work, struct output *out)
{
	for (size_t i = 0; i < p->count; i++)
		p->files[i].is_there = false;
	for (size_t i = 0; i < work->count; i++) {
		struct patience_file *file;

		if (work->items[i].action != PLAN_HOLD || work->details[i].why != scan_being_written ||
		    !(file = file_of(p, work->items[i].path)))
			continue;
		file->is_there = true;
		if (++file->looks == LOOKS_QUIET)
			output_error(out, E_IO, file->path,
				     "held: somebody has it open for writing; it is sent when closed");
	}
	drop_others(p);
}

void patience_clear(struct patience *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->files[i].path);
	free(p->files);
	*p = (struct patience){ NULL, 0 };
}

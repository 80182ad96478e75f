#include "client/sync/dirty.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"

/* More of them are not worth the bookkeeping: reading everything is as fast. */
enum { FOLDERS_MOST = 4096 };

struct folder {
	char *path;
	bool is_deep;
};

struct dirty {
	struct folder *folders; /* in the order of treepath_compare() */
	size_t count, room;
	bool is_all;
};

struct dirty *dirty_new(void)
{
	struct dirty *d = xcalloc(1, sizeof *d);

	d->is_all = true;
	return d;
}

void dirty_clear(struct dirty *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->folders[i].path);
	d->count = 0;
	d->is_all = false;
}

void dirty_free(struct dirty *d)
{
	if (!d)
		return;
	dirty_clear(d);
	free(d->folders);
	free(d);
}

void dirty_add_all(struct dirty *d)
{
	dirty_clear(d);
	d->is_all = true;
}

bool dirty_is_all(const struct dirty *d)
{
	return d->is_all;
}

bool dirty_is_empty(const struct dirty *d)
{
	return !d->is_all && d->count == 0;
}

/* The first that is not before `path`. */
static size_t find(const struct dirty *d, const char *path)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (treepath_compare(d->folders[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void dirty_add(struct dirty *d, const char *folder, bool is_deep)
{
	size_t at = find(d, folder);

	if (d->is_all)
		return;
	if (at < d->count && strcmp(d->folders[at].path, folder) == 0) {
		d->folders[at].is_deep |= is_deep;
		return;
	}
	if (d->count == FOLDERS_MOST) {
		dirty_add_all(d);
		return;
	}
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 16;
		d->folders = xrealloc(d->folders, d->room * sizeof *d->folders);
	}
	memmove(d->folders + at + 1, d->folders + at, (d->count - at) * sizeof *d->folders);
	d->folders[at] = (struct folder){ xstrdup(folder), is_deep };
	d->count++;
}

/* Is `path` one of the set, as a whole? */
static bool is_deep(const struct dirty *d, struct span path)
{
	autofree char *folder = span_dup(path);
	size_t at = find(d, folder);

	return at < d->count && d->folders[at].is_deep && strcmp(d->folders[at].path, folder) == 0;
}

static bool is_in_deep(const struct dirty *d, const char *path)
{
	bool found = is_deep(d, (struct span){ "", 0 });

	for (const char *slash = strchr(path, '/'); slash && !found; slash = strchr(slash + 1, '/'))
		found = is_deep(d, (struct span){ path, (size_t)(slash - path) });
	return found;
}

enum dirty_reach dirty_at(const struct dirty *d, const char *folder)
{
	size_t at = find(d, folder);

	if (d->is_all || is_in_deep(d, folder))
		return DIRTY_WHOLE;
	if (at < d->count && strcmp(d->folders[at].path, folder) == 0)
		return d->folders[at].is_deep ? DIRTY_WHOLE : DIRTY_ITSELF;
	return at < d->count && treepath_is_below(d->folders[at].path, folder) ? DIRTY_BELOW : DIRTY_NOT;
}

enum err dirty_each_in(const struct dirty *d, const char *folder, dirty_fn *fn, void *arg)
{
	size_t start = *folder ? strlen(folder) + 1 : 0;
	autofree char *last = xstrdup("");
	enum err e = OK;

	for (size_t at = find(d, folder); at < d->count && e == OK; at++) {
		const char *path = d->folders[at].path;

		if (strcmp(path, folder) == 0)
			continue;
		if (!treepath_is_below(path, folder))
			break;
		if (*last && (strcmp(path, last) == 0 || treepath_is_below(path, last)))
			continue;
		free(last);
		last = xstrndup(path, start + strcspn(path + start, "/"));
		e = fn(arg, last);
	}
	return e;
}

#include "client/sync/moves.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"

size_t moves_end(const struct work *w, size_t index)
{
	size_t end = index + 1;

	while (end < w->count && treepath_is_below(w->items[end].path, w->items[index].path))
		end++;
	return end;
}

/* One direction: the side that a move takes place on follows what happened on the other. */
struct direction {
	enum plan_action gone, file, folder, result;
	bool is_here; /* the effect */
};

static const struct direction there = { PLAN_DELETE, PLAN_PUT, PLAN_MKCOL, PLAN_MOVE, false };
static const struct direction here = { PLAN_REMOVE, PLAN_GET, PLAN_MKDIR, PLAN_RENAME, true };

/* What has gone from one side, and is to go from the other: there it is as the base has it. */
static bool is_source(const struct plan_item *x, const struct direction *d)
{
	const struct plan_value *gone = d->is_here ? &x->remote : &x->local;

	return x->action == d->gone && gone->kind == PLAN_ABSENT;
}

/* What is new on one side, and has no namesake on the other nor in the base. */
static bool is_target(const struct plan_item *x, const struct direction *d)
{
	const struct plan_value *other = d->is_here ? &x->local : &x->remote;

	return (x->action == d->file || x->action == d->folder) && other->kind == PLAN_ABSENT &&
	       x->base.kind == PLAN_ABSENT;
}

static const struct plan_value *new_value(const struct plan_item *x, const struct direction *d)
{
	return d->is_here ? &x->remote : &x->local;
}

/* The id says that it is that very thing; what comes from here has none. */
static bool has_same_id(const struct work *w, size_t from, size_t to, const struct direction *d)
{
	const char *old = w->details[from].base->remote.id;

	return !d->is_here || (*old && strcmp(old, w->details[to].remote->id) == 0);
}

static bool is_same(const struct work *w, size_t from, size_t to, const struct direction *d)
{
	const struct plan_item *a = &w->items[from], *b = &w->items[to];

	return is_source(a, d) && is_target(b, d) && plan_value_equal(&a->base, new_value(b, d)) &&
	       has_same_id(w, from, to, d);
}

/* A folder with all below it: item by item at the same place below. */
static bool is_same_folder(const struct work *w, size_t from, size_t to, const struct direction *d)
{
	size_t count = moves_end(w, from) - from, old_len = strlen(w->items[from].path),
	       new_len = strlen(w->items[to].path);

	if (moves_end(w, to) - to != count || treepath_is_below(w->items[to].path, w->items[from].path))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_same(w, from + i, to + i, d) ||
		    strcmp(w->items[from + i].path + old_len, w->items[to + i].path + new_len) != 0)
			return false;
	return true;
}

static void pair(struct work *w, size_t from, size_t to, size_t count, const struct direction *d)
{
	for (size_t i = 0; i < count; i++)
		w->items[from + i].action = w->items[to + i].action = PLAN_MOVED;
	w->items[to].action = d->result;
	w->details[to].from = from;
}

static bool is_folder_of(const struct work *w, size_t i, bool is_wanted_source, const struct direction *d)
{
	const struct plan_item *x = &w->items[i];

	if (is_wanted_source)
		return is_source(x, d) && x->base.kind == PLAN_FOLDER;
	return is_target(x, d) && new_value(x, d)->kind == PLAN_FOLDER;
}

/* From the top down; folders without anything in them are all alike and cheap. */
static void pair_folders(struct work *w, const struct direction *d)
{
	for (size_t from = 0; from < w->count; from++) {
		size_t end;

		if (!is_folder_of(w, from, true, d) || (end = moves_end(w, from)) == from + 1)
			continue;
		for (size_t to = 0; to < w->count; to++)
			if (is_folder_of(w, to, false, d) && is_same_folder(w, from, to, d)) {
				pair(w, from, to, end - from, d);
				break;
			}
	}
}

/* ---- files ---- */

struct source {
	struct digest digest;
	size_t index;
};

static int by_digest(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	int order = memcmp(x->digest.bytes, y->digest.bytes, DIGEST_SIZE);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* The first source of that content. */
static size_t first_of(const struct source *sources, size_t count, const struct digest *digest)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(sources[middle].digest.bytes, digest->bytes, DIGEST_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void pair_files(struct work *w, const struct direction *d)
{
	autofree struct source *sources = xcalloc(w->count + 1, sizeof *sources);
	const struct digest empty = digest_of("", 0);
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++)
		if (is_source(&w->items[i], d) && w->items[i].base.kind == PLAN_FILE &&
		    !digest_equal(&w->items[i].base.digest, &empty))
			sources[count++] = (struct source){ w->items[i].base.digest, i };
	if (count)
		qsort(sources, count, sizeof *sources, by_digest);
	for (size_t to = 0; to < w->count && count; to++) {
		const struct plan_value *v = new_value(&w->items[to], d);

		if (!is_target(&w->items[to], d) || v->kind != PLAN_FILE)
			continue;
		for (size_t k = first_of(sources, count, &v->digest);
		     k < count && digest_equal(&sources[k].digest, &v->digest); k++)
			if (is_same(w, sources[k].index, to, d)) {
				pair(w, sources[k].index, to, 1, d);
				break;
			}
	}
}

void moves_pair(struct work *w)
{
	const struct direction *const directions[] = { &there, &here };

	for (size_t i = 0; i < ARRAY_LEN(directions); i++) {
		pair_folders(w, directions[i]);
		pair_files(w, directions[i]);
	}
}

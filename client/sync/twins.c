#include "client/sync/twins.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/names.h"
#include "client/sync/treepath.h"
#include "common/path.h"

static const char taken[] = "this file system takes its name for that of another here: rename one of the two",
		  too_long[] = "its name is too long for this file system: rename it on the server",
		  respelled[] = "the server has this name with its accents written in another way",
		  below_one[] = "the folder that it is in is held";

/* It is to be made here, and nothing was. */
static bool is_new_here(const struct plan_item *x)
{
	return (x->action == PLAN_GET || x->action == PLAN_MKDIR) && x->local.kind == PLAN_ABSENT;
}

/* A folder that failed in this run is none to put anything into, either, if another answers to its name. */
static bool is_looked_at(const struct plan_item *x)
{
	return is_new_here(x) ||
	       (x->action == PLAN_HOLD && x->base.kind == PLAN_ABSENT && x->remote.kind == PLAN_FOLDER);
}

static void hold(struct work *w, size_t i, const char *why)
{
	w->items[i].action = PLAN_HOLD;
	w->details[i].why = why;
}

/* ---- in one plan ---- */

struct key {
	char *text;
	size_t of;
};

static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : (x->of > y->of) - (x->of < y->of);
}

static void hold_all_but_first(struct work *w)
{
	autofree struct key *keys = xcalloc(w->count + 1, sizeof *keys);
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++)
		if (is_new_here(&w->items[i]))
			keys[count++] = (struct key){ names_fold(w->items[i].path), i };
	if (count > 1)
		qsort(keys, count, sizeof *keys, by_key);
	for (size_t i = 1; i < count; i++)
		if (strcmp(keys[i - 1].text, keys[i].text) == 0)
			hold(w, keys[i].of, WORK_LATER);
	for (size_t i = 0; i < count; i++)
		free(keys[i].text);
}

/* ---- against what is there ---- */

static bool is_new_there(const struct plan_item *x)
{
	return (x->action == PLAN_PUT || x->action == PLAN_MKCOL) && x->remote.kind == PLAN_ABSENT;
}

/* What the server has or is to get, beyond ASCII, by the form of its name that the server goes by. */
static size_t gather_spellings(const struct work *w, struct key *out)
{
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++) {
		const char *path = w->items[i].path;
		char *key;

		if (!is_new_there(&w->items[i]) && w->items[i].remote.kind == PLAN_ABSENT)
			continue;
		while ((unsigned char)*path - 1U < 0x7f)
			path++;
		if (!*path)
			continue;
		key = path_key(span_of(w->items[i].path));
		out[count++] = (struct key){ key, i };
	}
	if (count > 1)
		qsort(out, count, sizeof *out, by_key);
	return count;
}

/* The old spelling goes first; the new one, which the server would take for it, then comes in the next round. */
static void hold_respelled(struct work *w)
{
	autofree struct key *keys = xcalloc(w->count + 1, sizeof *keys);
	size_t count = gather_spellings(w, keys);

	for (size_t i = 0, end; i < count; i = end) {
		size_t there = SIZE_MAX;

		for (end = i; end < count && strcmp(keys[end].text, keys[i].text) == 0; end++)
			if (w->items[keys[end].of].remote.kind != PLAN_ABSENT)
				there = keys[end].of;
		for (size_t k = i; k < end && there != SIZE_MAX; k++)
			if (is_new_there(&w->items[keys[k].of]))
				hold(w, keys[k].of, w->items[there].action == PLAN_DELETE ? WORK_LATER : respelled);
	}
	for (size_t i = 0; i < count; i++)
		free(keys[i].text);
}

/* ---- against what is here ---- */

/* Why it cannot be made here; NULL: it can. */
static const char *why_not_here(const struct place *p, struct possible *possible, const struct plan_item *x)
{
	switch (place_find_name(p, x->path)) {
	case E_CONFLICT:
		return taken;
	case E_TOO_LARGE:
		return too_long;
	default:
		return x->local.kind == PLAN_ABSENT ? possible_why_not(possible, treepath_name(x->path)) : NULL;
	}
}

/* Held as a folder that is to be made, here or there, so that nothing can be put into it in this round. */
static bool is_later_folder(const struct work *w, size_t i)
{
	const struct plan_item *x = &w->items[i];
	const char *why = w->details[i].why;

	return x->action == PLAN_HOLD && why && (strcmp(why, WORK_LATER) == 0 || why == respelled) &&
	       (x->remote.kind == PLAN_FOLDER || x->local.kind == PLAN_FOLDER);
}

void twins_hold(const struct place *p, struct possible *possible, struct work *w, bool one_by_one)
{
	const char *held = NULL, *why = NULL;

	if (one_by_one)
		hold_all_but_first(w);
	hold_respelled(w);
	for (size_t i = 0; i < w->count; i++) {
		const struct plan_item *x = &w->items[i];
		const char *why_not;

		if (held && treepath_is_below(x->path, held)) {
			if (is_new_here(x) || is_new_there(x) || x->action == PLAN_RENAME || x->action == PLAN_MOVE)
				hold(w, i, why);
			continue;
		}
		why_not = is_looked_at(x) ? why_not_here(p, possible, x) : NULL;
		if (why_not)
			hold(w, i, why_not);
		else if (!is_later_folder(w, i))
			continue;
		held = x->path;
		why = why_not || w->details[i].why == respelled ? below_one : WORK_LATER;
	}
}

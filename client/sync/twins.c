#include "client/sync/twins.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/names.h"
#include "client/sync/treepath.h"

static const char taken[] = "this file system takes its name for that of another here: rename one of the two",
		  too_long[] = "its name is too long for this file system: rename it on the server",
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

/* ---- against what is here ---- */

void twins_hold(const struct place *p, struct work *w, bool one_by_one)
{
	const char *held = NULL, *why = NULL;

	if (one_by_one)
		hold_all_but_first(w);
	for (size_t i = 0; i < w->count; i++) {
		const struct plan_item *x = &w->items[i];
		bool is_later =
		    x->action == PLAN_HOLD && w->details[i].why && strcmp(w->details[i].why, WORK_LATER) == 0;
		enum err e = is_looked_at(x) ? place_find_name(p, x->path) : OK;

		if (held && treepath_is_below(x->path, held)) {
			if (is_new_here(x) || x->action == PLAN_RENAME)
				hold(w, i, why);
			continue;
		}
		if (e == E_CONFLICT || e == E_TOO_LARGE)
			hold(w, i, e == E_CONFLICT ? taken : too_long);
		else if (!is_later || x->remote.kind != PLAN_FOLDER)
			continue;
		held = x->path;
		why = e == E_CONFLICT || e == E_TOO_LARGE ? below_one : WORK_LATER;
	}
}

#include "client/sync/work.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/dress.h"
#include "client/sync/moves.h"
#include "client/sync/treepath.h"

enum { MASS_DELETE_FEWEST = 25, MASS_DELETE_PART = 4, EMPTIED_FEWEST = 2 };

/* ---- what failed ---- */

void work_failed_add(struct work_failed *f, const char *path)
{
	if (f->count == f->room) {
		f->room = f->room ? 2 * f->room : 16;
		f->paths = xrealloc(f->paths, f->room * sizeof *f->paths);
	}
	f->paths[f->count++] = xstrdup(path);
}

void work_failed_clear(struct work_failed *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->paths[i]);
	free(f->paths);
	memset(f, 0, sizeof *f);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_failed(const struct work_failed *f, const char *path)
{
	return f->count && bsearch(&path, f->paths, f->count, sizeof *f->paths, by_text);
}

/* ---- joining ---- */

struct join {
	const struct work_config *config;
	const struct scan *scan;
	size_t at;   /* of its entries */
	size_t seen; /* differences that the server alone told of */
	struct work *out;
	const char *held; /* everything below it is held */
	const char *why;
};

static const struct base_row no_row;

static struct plan_value value_of(const struct remote_row *r)
{
	return (struct plan_value){ r->kind, r->digest };
}

static void grow(struct work *w)
{
	if (w->count < w->room)
		return;
	w->room = w->room ? 2 * w->room : 64;
	w->items = xrealloc(w->items, w->room * sizeof *w->items);
	w->details = xrealloc(w->details, w->room * sizeof *w->details);
}

/* One path; the value here is the scan's word, else the base's, unless a folder above is held. */
static void add(struct join *j, const char *path, const struct work_detail *d)
{
	struct plan_item *item;
	const struct scan_entry *l = d->local;

	grow(j->out);
	item = &j->out->items[j->out->count];
	j->out->details[j->out->count] = *d;
	*item = (struct plan_item){ .path = l ? l->path : arena_strdup(j->out->arena, path),
				    .base = value_of(&d->base->remote),
				    .local = l ? l->value : value_of(&d->base->remote),
				    .remote = value_of(d->remote) };
	if (l)
		j->out->details[j->out->count].why = l->why;
	if (l ? l->is_ignored : d->base->remote.kind == PLAN_ABSENT)
		item->is_ignored =
		    (l && l->is_ignored) || ignore_covers(j->config->ignore, path, d->remote->kind == PLAN_FOLDER);
	if (!l && j->held && treepath_is_below(path, j->held)) {
		item->local.kind = PLAN_HELD;
		j->out->details[j->out->count].why = j->why;
	}
	if (has_failed(j->config->failed, path)) {
		item->local.kind = PLAN_HELD;
		j->out->details[j->out->count].why = WORK_FAILED_BEFORE;
	}
	j->out->count++;
}

/* The window ends at `end`; what is above that must not go in this round. */
static void add_end(struct join *j, const char *end)
{
	static const struct scan_entry later = { .value = { .kind = PLAN_HELD }, .why = WORK_LATER };
	struct work_detail d = { .base = &no_row, .remote = &no_row.remote };

	add(j, end, &d);
	j->out->end = j->out->items[j->out->count - 1].path;
	j->out->items[j->out->count - 1].local = later.value;
	j->out->details[j->out->count - 1].why = later.why;
}

static const struct remote_row *kept(struct join *j, const struct remote_row *row)
{
	struct remote_row *copy = arena_alloc(j->out->arena, sizeof *copy);

	*copy = *row;
	return copy;
}

static void add_entry(struct join *j, const struct remote_row *seen)
{
	const struct scan_entry *l = &j->scan->entries[j->at++];
	struct work_detail d = { .local = l, .base = l->base ? l->base : &no_row };

	if (j->out->end && l->value.kind != PLAN_HELD)
		return;
	d.remote = seen ? kept(j, seen) : &d.base->remote;
	if (l->covers_below) {
		j->held = l->path;
		j->why = l->why;
	}
	add(j, l->path, &d);
}

/* Where the scan's window or the room for what the server told ends, the plan's does. */
static bool ends_before(struct join *j, const char *path)
{
	size_t room = j->config->room ? j->config->room : SCAN_ROOM;
	const char *end = j->scan->end;

	if (j->out->end)
		return true;
	if (end && (!path || treepath_compare(end, path) <= 0))
		add_end(j, end);
	else if (path && j->seen >= room)
		add_end(j, path);
	return j->out->end;
}

/* The scan's entries before `path`, NULL: all; the end of its window among them. */
static void add_entries(struct join *j, const char *path)
{
	const struct scan *s = j->scan;

	while (j->at < s->entry_count && (!path || treepath_compare(s->entries[j->at].path, path) < 0)) {
		if (s->end && !j->out->end && treepath_compare(s->end, s->entries[j->at].path) <= 0)
			ends_before(j, s->entries[j->at].path);
		add_entry(j, NULL);
	}
}

static enum err add_seen(struct join *j, const char *path, const struct remote_row *row)
{
	struct work_detail d = { .base = &no_row, .remote = kept(j, row) };
	struct base_row row_there, *base;
	enum err e = base_get(j->config->base, path, &row_there);

	if (e == OK) {
		base = arena_alloc(j->out->arena, sizeof *base);
		*base = row_there;
		d.base = base;
	}
	if (e == OK || e == E_NOT_FOUND)
		add(j, path, &d);
	j->seen++;
	return e == E_NOT_FOUND ? OK : e;
}

static enum err take_seen(void *arg, const char *path, const struct remote_row *row)
{
	struct join *j = arg;
	const struct scan *s = j->scan;

	add_entries(j, path);
	if (ends_before(j, path))
		return E_NOT_FOUND;
	j->out->has_seen_top |= !strchr(path, '/') && row->kind != PLAN_ABSENT;
	if (j->at < s->entry_count && strcmp(s->entries[j->at].path, path) == 0) {
		add_entry(j, row);
		return OK;
	}
	return add_seen(j, path, row);
}

static enum err join_all(struct join *j)
{
	const struct work_config *c = j->config;
	enum err e = base_each_seen(c->base, c->from, take_seen, j);

	if (e != OK)
		return e;
	add_entries(j, NULL);
	ends_before(j, NULL);
	if (!c->from && !j->out->end)
		return OK;
	e = base_count_untold(c->base, c->from, j->out->end, &j->out->untold);
	j->out->has_seen_top |= j->out->untold.new_top > 0;
	return e;
}

enum err work_build(const struct work_config *config, const struct scan *scan, struct work *out)
{
	struct join j = { .config = config, .scan = scan, .out = out };
	struct work_failed *failed = config->failed;
	enum err e;

	*out = (struct work){ .arena = arena_new() };
	if (failed->count > 1)
		qsort(failed->paths, failed->count, sizeof *failed->paths, by_text);
	if ((e = join_all(&j)) != OK)
		return e;
	plan_make(out->items, out->count);
	if (config->with_moves)
		moves_pair(out);
	dress_plan(out, config->has_modes);
	return OK;
}

void work_clear(struct work *w)
{
	arena_free(w->arena);
	free(w->items);
	free(w->details);
	memset(w, 0, sizeof *w);
}

size_t work_to_do(const struct work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->items[i].action != PLAN_NOTHING && w->items[i].action != PLAN_HOLD &&
		     w->items[i].action != PLAN_MOVED;
	return n;
}

/* ---- belts ---- */

struct losses {
	int64_t here, there;         /* deletions */
	int64_t top_here, top_there; /* of the base, directly in the root, gone on one side */
};

/* Outside the window everything that is gone counts as a deletion. */
static struct losses count_losses(const struct work *w, const struct scan *scan)
{
	struct losses n = { .here = w->untold.gone,
			    .there = scan->gone_untold,
			    .top_here = scan->gone_untold_top,
			    .top_there = w->untold.gone_top };

	for (size_t i = 0; i < w->count; i++) {
		const struct plan_item *x = &w->items[i];
		bool is_top = !strchr(x->path, '/') && x->base.kind != PLAN_ABSENT;

		n.here += x->action == PLAN_REMOVE;
		n.there += x->action == PLAN_DELETE;
		n.top_here += is_top && x->local.kind == PLAN_ABSENT && !x->is_ignored;
		n.top_there += is_top && x->remote.kind == PLAN_ABSENT;
	}
	return n;
}

static bool is_mass(int64_t deletions, int64_t all)
{
	return deletions >= MASS_DELETE_FEWEST && deletions * MASS_DELETE_PART > all;
}

enum err work_check_belts(const struct work *w, const struct scan *scan, struct base *base, struct note *why)
{
	struct losses n = count_losses(w, scan);
	int64_t all, top;
	enum err e;

	if (!n.here && !n.there)
		return OK;
	if ((e = base_count(base, &all, &top)) != OK)
		return note_set(why, e, "the state of this folder: %s", err_words(e));
	if (top >= EMPTIED_FEWEST && n.top_here == top && !scan->top && n.top_there < top)
		return note_set(why, E_PRECONDITION, "this folder is empty now, and the server's is not");
	if (top >= EMPTIED_FEWEST && n.top_there == top && !w->has_seen_top && n.top_here < top)
		return note_set(why, E_PRECONDITION, "the server's folder is empty now, and this one is not");
	if (is_mass(n.there, all))
		return note_set(why, E_PRECONDITION, "%lld of %lld would be deleted on the server", (long long)n.there,
				(long long)all);
	if (is_mass(n.here, all))
		return note_set(why, E_PRECONDITION, "%lld of %lld would be removed here", (long long)n.here,
				(long long)all);
	return OK;
}

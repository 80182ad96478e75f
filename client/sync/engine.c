#include "client/sync/engine.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/changes.h"
#include "client/sync/doubt.h"
#include "client/sync/merge.h"
#include "client/sync/treepath.h"
#include "client/sync/twins.h"
#include "client/sync/walk.h"

/* Rounds without any effect before what is left is left to the next run; and rounds at all. */
enum { STALLS_MAX = 3, ROUNDS_MAX = 100, DOUBTS_MAX = 3, STALL_MS = 1600 };

typedef enum err step_fn(struct engine *e, enum engine_did *out, struct note *why);

struct engine {
	struct engine_config config;
	step_fn *next;
	struct ignore *ignore;
	struct scan scan;
	struct work work;
	struct work_failed failed;
	struct engine_counts counts;
	unsigned stalls, doubts; /* doubts: plans that were made anew in this window */
	char *from;              /* where the window begins; NULL: at the first path */
	bool is_first;           /* the plan's window */
	bool has_news;           /* of what lies before the window */
	bool was_settled;        /* as the last engine left the view */
	bool has_applied;        /* a plan, since the window was at the first path; so */
	size_t pass_done, pass_skipped;
	bool has_modes; /* the file system keeps the executable bit */
	struct possible possible;
	bool is_normalising; /* what the file system lists is spelled otherwise than what it was given */
	bool with_links;     /* links are synced, and the file system has them */
	bool without_moves;  /* one did not succeed: what it was made of does */
};

static step_fn list, read_and_plan, carry_out, finish;

/* ---- of a foreign server ---- */

static struct doubt doubt_of(const struct engine *e)
{
	return (struct doubt){ e->config.http, e->config.linked->collection, e->config.linked->base,
			       e->config.foreign };
}

static enum err settle_doubts(struct engine *e, struct changes_result *result, struct note *why)
{
	struct doubt doubt = doubt_of(e);

	return doubt_settle(&doubt, &result->is_new, why);
}

/* What has to be read first is read, and the plan made anew with it; what keeps changing meanwhile is left alone. */
static enum err read_doubts(struct engine *e, bool *out_has_learned, struct note *why)
{
	struct doubt doubt = doubt_of(e);

	if (!work_to_do(&e->work))
		return OK;
	if (e->doubts++ == DOUBTS_MAX) {
		doubt_hold(&doubt, &e->work);
		return OK;
	}
	return doubt_read(&doubt, &e->work, &e->failed, e->config.end, e->config.arg, out_has_learned, why);
}

/* ---- where to look ---- */

static bool is_clean(const struct engine *e)
{
	return e->was_settled && dirty_is_empty(e->config.view->dirty);
}

/* What this round does not settle, and what it changes here, is looked at again by the next. */
static void keep_dirty(struct engine *e)
{
	struct dirty *dirty = e->config.view ? e->config.view->dirty : NULL;

	if (!dirty)
		return;
	if (e->work.end)
		dirty_add_all(dirty);
	for (size_t i = 0; i < e->work.count && !dirty_is_all(dirty); i++) {
		const struct plan_item *x = &e->work.items[i];
		autofree char *parent = treepath_parent(x->path);

		if (x->action == PLAN_NOTHING)
			continue;
		dirty_add(dirty, parent, false);
		if (x->action == PLAN_HOLD || x->local.kind == PLAN_FOLDER)
			dirty_add(dirty, x->path, x->action == PLAN_HOLD);
		if (strcmp(treepath_name(x->path), IGNORE_FILE) == 0)
			dirty_add_all(dirty); /* what it hid, or hides from now on, may be anywhere below */
	}
}

/* Afresh when everything is read; else the rules of what is not read are those of before. */
static void renew_ignore(struct engine *e)
{
	struct engine_view *v = e->config.view;

	if (v && v->ignore && !dirty_is_all(v->dirty)) {
		e->ignore = v->ignore;
		return;
	}
	ignore_free(v ? v->ignore : e->ignore);
	e->ignore = ignore_new(e->config.ignore);
	if (v)
		v->ignore = e->ignore;
}

/* ---- the steps ---- */

static enum err list(struct engine *e, enum engine_did *out, struct note *why)
{
	struct linked *l = e->config.linked;
	struct changes_result result = { .is_new = false };
	enum err error =
	    (e->config.foreign ? walk_fetch : changes_fetch)(e->config.http, l->collection, l->base, &result, why);

	if (error == OK && e->config.foreign)
		error = settle_doubts(e, &result, why);
	if (result.is_new && e->config.foreign && e->config.view)
		dirty_add_all(e->config.view->dirty); /* the base may tell of what we sent, not of what is here */
	e->counts.was_merge |= result.is_merge;
	e->has_news |= e->from && result.is_new;
	e->next = is_clean(e) && !result.is_new && !e->counts.rounds && !e->from ? finish : read_and_plan;
	*out = ENGINE_LISTED;
	return error;
}

static struct scan_config scan_config(const struct engine *e)
{
	return (struct scan_config){ .root = e->config.linked->place.root,
				     .base = e->config.linked->base,
				     .ignore = e->ignore,
				     .interrupted = e->config.interrupted,
				     .dirty = e->config.view && !dirty_is_all(e->config.view->dirty)
						  ? e->config.view->dirty
						  : NULL,
				     .holds_open = e->config.holds_open,
				     .from = e->from,
				     .room = e->config.window,
				     .without_times = e->config.foreign != NULL,
				     .has_modes = e->has_modes,
				     .spelling = e->is_normalising ? e->config.linked->base : NULL,
				     .with_links = e->with_links };
}

static enum err keep_refreshes(struct engine *e)
{
	struct base *base = e->config.linked->base;
	enum err error = OK;

	for (size_t i = 0; i < e->scan.refresh_count && error == OK; i++)
		error = base_refresh(base, e->scan.refreshes[i].path, &e->scan.refreshes[i].id,
				     e->scan.refreshes[i].taken_ns);
	for (size_t i = 0; i < e->scan.entry_count && error == OK; i++)
		if (e->scan.entries[i].is_residue_gone)
			error = base_forget(base, e->scan.entries[i].path);
	return error == OK ? base_commit(base) : error;
}

/* Tags grow old, and others let go of their locks. */
static void wait_a_little(const struct engine *e)
{
	bool never = false;

	http_wait(e->config.http, -1, STALL_MS, &never);
}

/* Another pass, if this one tried something: what it did, and what it had to skip, is seen by the next. */
static void end_pass(struct engine *e)
{
	bool may_change = e->has_applied || e->has_news;

	e->counts.rounds++;
	e->counts.unsettled = e->pass_skipped;
	e->stalls = e->pass_done ? 0 : e->stalls + 1;
	e->next = may_change && e->stalls < STALLS_MAX && e->counts.rounds < ROUNDS_MAX ? list : finish;
	if (e->config.foreign && e->stalls && e->next == list)
		wait_a_little(e);
	e->has_applied = e->has_news = false;
	e->pass_done = e->pass_skipped = 0;
}

/* After a window comes the next; after the last, the pass is over. */
static void go_on(struct engine *e)
{
	e->doubts = 0;
	free(e->from);
	e->from = e->work.end ? xstrdup(e->work.end) : NULL;
	if (!e->from)
		end_pass(e);
	else /* a foreign server has only whole listings: one for each pass */
		e->next = e->config.is_dry || e->config.foreign ? read_and_plan : list;
}

static enum err read_and_plan(struct engine *e, enum engine_did *out, struct note *why)
{
	struct base *base = e->config.linked->base;
	struct scan_config config;
	struct work_config work = { .base = base,
				    .failed = &e->failed,
				    .from = e->from,
				    .room = e->config.window,
				    .with_moves = !e->without_moves,
				    .has_modes = e->has_modes };
	bool is_outdated = false;
	enum err error;

	work_clear(&e->work);
	scan_clear(&e->scan);
	renew_ignore(e);
	config = scan_config(e);
	e->is_first = !e->from;
	work.ignore = e->ignore;
	*out = ENGINE_PLANNED;
	if ((error = scan_run(&config, &e->scan, why)) != OK)
		return error;
	if ((error = keep_refreshes(e)) != OK || (error = work_build(&work, &e->scan, &e->work)) != OK)
		return note_set(why, error, "the state of this folder: %s", err_words(error));
	merge_plan(&e->work, e->config.foreign ? "none" : e->config.merge); /* elsewhere there is no history */
	twins_hold(&e->config.linked->place, &e->possible, &e->work, !e->config.is_dry);
	if (e->config.foreign && (error = read_doubts(e, &is_outdated, why)) != OK)
		return error;
	if (is_outdated) {
		*out = ENGINE_LISTED;
		e->next = read_and_plan;
		return OK;
	}
	keep_dirty(e);
	if (e->config.is_dry || !work_to_do(&e->work)) {
		go_on(e);
		return OK;
	}
	e->next = carry_out;
	return e->config.allow_deletes ? OK : work_check_belts(&e->work, &e->scan, base, why);
}

static enum err carry_out(struct engine *e, enum engine_did *out, struct note *why)
{
	struct linked *l = e->config.linked;
	struct apply_config config = { .http = e->config.http,
				       .collection = l->collection,
				       .foreign = e->config.foreign,
				       .base = l->base,
				       .place = l->place,
				       .scan = scan_config(e),
				       .host = e->config.host,
				       .umask = e->config.umask,
				       .end = e->config.end,
				       .submit_locks = e->config.submit_locks,
				       .arg = e->config.arg };
	struct apply_result result = { .fatal = OK };
	enum err error;

	*out = ENGINE_APPLIED;
	if ((error = linked_begin_change(l)) != OK)
		return note_set(why, error, "the marker of this folder: %s", err_words(error));
	apply_run(&config, &e->work, &e->failed, &result);
	e->counts.done += result.done;
	e->counts.failed += result.failed;
	e->has_applied = true;
	e->pass_done += result.done;
	e->pass_skipped += result.skipped;
	e->without_moves |= result.has_failed_moves;
	if (result.fatal != OK)
		return note_set(why, result.fatal, "%s", result.why.text);
	if ((error = linked_end_change(l)) != OK)
		return note_set(why, error, "the state of this folder: %s", err_words(error));
	go_on(e);
	return OK;
}

static enum err finish(struct engine *e, enum engine_did *out, struct note *why not_used)
{
	if (e->config.view) {
		dirty_clear(e->config.view->dirty);
		keep_dirty(e);
		e->config.view->is_settled = true;
		if (e->counts.unsettled || (e->counts.rounds && !e->is_first)) /* held in a window before the last */
			dirty_add_all(e->config.view->dirty);
	}
	e->next = finish;
	*out = ENGINE_DONE;
	return OK;
}

enum err engine_step(struct engine *e, enum engine_did *out, struct note *why)
{
	why->text[0] = '\0';
	return e->next(e, out, why);
}

struct engine *engine_new(const struct engine_config *config)
{
	struct engine *e = xcalloc(1, sizeof *e);

	e->config = *config;
	e->next = list;
	if (config->view) {
		e->was_settled = config->view->is_settled;
		config->view->is_settled = false; /* until it is done */
	}
	e->has_modes = !config->foreign && place_has_modes(&config->linked->place);
	possible_init(&e->possible, &config->linked->place);
	e->is_normalising = possible_is_normalising(&config->linked->place);
	if (e->is_normalising && config->view) /* the kernel tells of names as they were given */
		dirty_add_all(config->view->dirty);
	e->with_links = config->linked->with_links && place_has_links(&config->linked->place);
	if (!config->is_dry)
		place_purge(&config->linked->place);
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	work_clear(&e->work);
	scan_clear(&e->scan);
	work_failed_clear(&e->failed);
	possible_clear(&e->possible);
	if (!e->config.view)
		ignore_free(e->ignore);
	free(e->from);
	free(e);
}

const struct work *engine_work(const struct engine *e)
{
	return &e->work;
}

const struct scan *engine_scan(const struct engine *e)
{
	return &e->scan;
}

bool engine_is_first_window(const struct engine *e)
{
	return e->is_first;
}

struct engine_counts engine_counts(const struct engine *e)
{
	return e->counts;
}

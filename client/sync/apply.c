#include "client/sync/apply_priv.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"
#include "common/clock.h"
#include "common/fsio.h"
#include "common/uri.h"

/* ---- ends ---- */

bool apply_is_fatal(enum err e)
{
	return e == E_UNAUTHENTICATED || e == E_NETWORK || e == E_KEY || e == E_INTERRUPTED || e == E_TIMEOUT ||
	       e == E_BUSY || e == E_TOO_MANY || e == E_BAD_GATEWAY || e == E_UNKNOWN;
}

static void set_fatal(struct apply *a, enum err e, const char *why)
{
	if (a->result->fatal == OK)
		a->result->fatal = note_set(&a->result->why, e, "%s", why);
}

void apply_base_failed(struct apply *a, enum err e)
{
	set_fatal(a, e, "the state of this folder cannot be written");
}

enum err apply_agree(struct apply *a, const char *path, const struct base_row *row)
{
	autofree char *parent = treepath_parent(path);
	struct remote_row folder;
	enum err e = OK;

	if (a->has_strange_folders && *parent)
		e = base_remote(a->config->base, parent, &folder);
	if (e == E_NOT_FOUND)
		return OK;
	return e == OK ? base_agree(a->config->base, path, row) : e;
}

void apply_done(struct apply *a, size_t index, const struct apply_end *end)
{
	const struct plan_item *x = &a->work->items[index];
	struct apply_end told = *end;
	enum err e = base_settle(a->config->base);

	if (e != OK)
		apply_base_failed(a, e);
	a->result->done++;
	told.action = end->action ? end->action : x->action;
	told.path = x->path;
	a->config->end(a->config->arg, &told);
}

void apply_skip(struct apply *a, size_t index not_used)
{
	a->result->skipped++;
}

static bool is_here(enum plan_action action)
{
	return action == PLAN_GET || action == PLAN_MKDIR || action == PLAN_REMOVE || action == PLAN_ASIDE;
}

void apply_fail(struct apply *a, size_t index, enum err e, const char *why)
{
	const struct plan_item *x = &a->work->items[index];

	if (apply_is_fatal(e)) {
		set_fatal(a, e, why);
		return;
	}
	if (e == E_NO_SPACE && is_here(x->action))
		set_fatal(a, e, why); /* without room for one there is none for the others */
	a->result->failed++;
	work_failed_add(a->failed, x->path);
	a->config->end(a->config->arg,
		       &(struct apply_end){ .action = x->action, .path = x->path, .bytes = -1, .err = e, .why = why });
}

/* ---- names ---- */

char *apply_remote_path(const struct apply *a, const char *path)
{
	const char *collection = a->config->collection;

	return xasprintf("%s/%s", collection[1] ? collection : "", path);
}

char *apply_target(const struct apply *a, const char *path, bool is_folder)
{
	autofree char *whole = apply_remote_path(a, path);
	struct arena *arena = arena_new();
	char *target = xasprintf("%s%s", uri_encode_path(span_of(whole), arena) + 1, is_folder ? "/" : "");

	arena_free(arena);
	return target;
}

void apply_submit_locks(const struct apply *a, struct http_request *req, const char *path, const char *other)
{
	autofree char *whole = apply_remote_path(a, path), *second = other ? apply_remote_path(a, other) : NULL;

	if (a->config->submit_locks)
		a->config->submit_locks(a->config->arg, req, whole, second);
}

/* ---- effects here ---- */

/* How an effect here ended. */
static void end_here(struct apply *a, size_t index, enum err e, enum err base_error, const char *copy)
{
	if (e == E_PRECONDITION)
		apply_skip(a, index);
	else if (e != OK)
		apply_fail(a, index, e, err_words(e));
	else if (base_error != OK)
		apply_base_failed(a, base_error);
	else
		apply_done(
		    a, index,
		    &(struct apply_end){ .action = copy ? PLAN_ASIDE : PLAN_NOTHING, .bytes = -1, .copy = copy });
}

/* The base forgets first, and for good: a kill between the two leaves two files, not a deletion. */
void apply_move_aside(struct apply *a, size_t index)
{
	const struct plan_item *x = &a->work->items[index];
	struct base *base = a->config->base;
	autofree char *copy = NULL;
	enum err e = base_forget(base, x->path), base_error = OK;

	if (e == OK)
		e = base_commit(base);
	if (e != OK) {
		apply_base_failed(a, e);
		return;
	}
	e = place_move_aside(&a->config->place, x->path, a->config->host, &copy);
	if (e == OK)
		base_error = base_conflict_put(base, copy, x->path, x->base.kind == PLAN_FILE ? &x->base.digest : NULL);
	end_here(a, index, e, base_error, copy);
}

static enum err adopt(struct apply *a, size_t index)
{
	const struct plan_item *x = &a->work->items[index];
	const struct work_detail *d = &a->work->details[index];
	struct base_row row = { .remote = *d->remote };

	if (x->local.kind == PLAN_ABSENT)
		return base_agree_gone(a->config->base, x->path);
	if (d->local) {
		row.local = d->local->id;
		row.taken_ns = d->local->taken_ns;
	} else { /* as it was in the base */
		row.local = d->base->local;
		row.taken_ns = d->base->taken_ns;
	}
	return base_agree(a->config->base, x->path, &row);
}

static void make_here(struct apply *a, size_t index)
{
	const struct plan_item *x = &a->work->items[index];
	struct base_row row = { .remote = *a->work->details[index].remote };
	enum err e = place_make_folder(&a->config->place, x->path), base_error = OK;

	if (e == OK)
		base_error = base_agree(a->config->base, x->path, &row);
	end_here(a, index, e, base_error, NULL);
}

/* A folder that is not empty: for what is not synced it stays, and is none of ours any more; else somebody wrote into it. */
static void remove_folder(struct apply *a, size_t index)
{
	const struct plan_item *x = &a->work->items[index];
	struct base *base = a->config->base;
	enum err e = place_remove_folder(&a->config->place, x->path), base_error = OK;
	bool is_residue = e == E_CONFLICT && scan_is_residue(&a->config->scan, x->path);

	if (e == E_CONFLICT && is_residue && x->remote.kind != PLAN_ABSENT) {
		apply_fail(a, index, E_IO, "a folder here is in its way, with ignored files in it");
		return;
	}
	if (is_residue)
		base_error = base_agree_residue(base, x->path);
	else if (e == OK)
		base_error =
		    x->remote.kind == PLAN_ABSENT ? base_agree_gone(base, x->path) : base_forget(base, x->path);
	end_here(a, index, is_residue ? OK : e == E_CONFLICT ? E_PRECONDITION : e, base_error, NULL);
}

static void remove_file(struct apply *a, size_t index)
{
	const struct plan_item *x = &a->work->items[index];
	const struct work_detail *d = &a->work->details[index];
	struct base *base = a->config->base;
	/* What is removed is what the base had: as it was seen in this scan, or as the base has it if it did not change. */
	const struct local_id *id = d->local ? &d->local->id : &d->base->local;
	enum err e = place_remove_file(&a->config->place, x->path, id), base_error = OK;

	if (e == OK)
		base_error =
		    x->remote.kind == PLAN_ABSENT ? base_agree_gone(base, x->path) : base_forget(base, x->path);
	end_here(a, index, e, base_error, NULL);
}

static void remove_here(struct apply *a, size_t index)
{
	if (a->work->items[index].local.kind == PLAN_FOLDER)
		remove_folder(a, index);
	else
		remove_file(a, index);
}

/* What only the base learns: nothing to tell of. */
static void learn(struct apply *a, size_t index)
{
	const struct plan_item *x = &a->work->items[index];
	enum err e = x->action == PLAN_ADOPT ? adopt(a, index) : base_forget(a->config->base, x->path);

	if (e == OK)
		e = base_settle(a->config->base);
	if (e != OK)
		apply_base_failed(a, e);
	else
		a->result->done++;
}

/* ---- order ---- */

typedef void apply_fn(struct apply *a, size_t index);

/* All items with that action, in order, one by one. */
static void each_here(struct apply *a, enum plan_action action, apply_fn *fn)
{
	for (size_t i = 0; i < a->order_count && a->result->fatal == OK; i++)
		if (a->work->items[a->order[i]].action == action)
			fn(a, a->order[i]);
}

/* Starts the next of the items that `a->at` has not passed; false: there is none. */
static bool more_folders(void *arg)
{
	struct apply *a = arg;

	while (a->result->fatal == OK && a->at < a->order_count) {
		size_t index = a->order[a->at++];
		const struct plan_item *x = &a->work->items[index];

		if (x->action != PLAN_MKCOL || treepath_depth(x->path) != a->level)
			continue;
		upload_start_folder(a, index);
		return true;
	}
	return false;
}

static bool more_files(void *arg)
{
	struct apply *a = arg;

	while (a->result->fatal == OK && a->at < a->order_count) {
		size_t index = a->order[a->at++];
		enum plan_action action = a->work->items[index].action;

		if (action != PLAN_PUT && action != PLAN_GET)
			continue;
		if (action == PLAN_GET)
			download_start(a, index);
		else
			(a->config->foreign ? foreign_start_file : upload_start_file)(a, index);
		return true;
	}
	return false;
}

static bool more_deletions(void *arg)
{
	struct apply *a = arg;

	while (a->result->fatal == OK && a->at < a->order_count) {
		size_t index = a->order[a->at++];

		if (a->work->items[index].action != PLAN_DELETE || a->is_covered[index])
			continue;
		if (a->config->foreign && a->work->items[index].remote.kind == PLAN_FOLDER)
			continue; /* after what is in it, one by one */
		(a->config->foreign ? foreign_start_delete : upload_start_delete)(a, index);
		return true;
	}
	return false;
}

static bool more_dressings(void *arg)
{
	struct apply *a = arg;

	while (a->result->fatal == OK && a->at < a->order_count) {
		size_t index = a->order[a->at++];
		enum plan_action action = a->work->items[index].action;

		if (action != PLAN_FLAG && action != PLAN_STAMP)
			continue;
		dress_start_there(a, index);
		return true;
	}
	return false;
}

static void run_requests(struct apply *a, http_more_fn *more)
{
	a->at = 0;
	if (a->result->fatal == OK)
		http_run(a->config->http, more, a);
}

/* Parents before what is in them: one level after the other. */
static void make_folders_there(struct apply *a)
{
	size_t deepest = 0;

	for (size_t i = 0; i < a->work->count; i++)
		if (a->work->items[i].action == PLAN_MKCOL)
			deepest = MAX(deepest, treepath_depth(a->work->items[i].path) + 1);
	for (a->level = 0; a->level < deepest; a->level++)
		run_requests(a, more_folders);
}

/* A folder is deleted there by one request, with all that is below: everything there is in the plan, and is to go. */
static void find_covered(struct apply *a)
{
	const char *top = NULL;

	for (size_t i = 0; i < a->work->count; i++) {
		const struct plan_item *x = &a->work->items[i];

		a->is_covered[i] = top && treepath_is_below(x->path, top);
		if (!a->is_covered[i] && x->action == PLAN_DELETE && x->remote.kind == PLAN_FOLDER)
			top = x->path;
	}
}

void apply_run(const struct apply_config *config, const struct work *work, struct work_failed *failed,
	       struct apply_result *out)
{
	struct apply a = { .config = config, .work = work, .failed = failed, .result = out };
	enum err e;

	*out = (struct apply_result){ .fatal = OK };
	a.order = xcalloc(work->count + 1, sizeof *a.order);
	a.is_covered = xcalloc(work->count + 1, sizeof *a.is_covered);
	a.order_count = plan_order(work->items, work->count, a.order);
	if (!config->foreign)
		find_covered(&a);
	else
		foreign_note_sent(&a);
	each_here(&a, PLAN_ASIDE, apply_move_aside);
	each_here(&a, PLAN_MERGE, merge_here);
	each_here(&a, PLAN_ADOPT, learn);
	each_here(&a, PLAN_FORGET, learn);
	each_here(&a, PLAN_MKDIR, make_here);
	make_folders_there(&a);
	each_here(&a, PLAN_MOVE, applymove_there);
	each_here(&a, PLAN_RENAME, applymove_here);
	run_requests(&a, more_files);
	run_requests(&a, more_deletions);
	if (config->foreign)
		each_here(&a, PLAN_DELETE, foreign_delete_folder);
	run_requests(&a, more_dressings);
	each_here(&a, PLAN_CHMOD, dress_here);
	each_here(&a, PLAN_TOUCH, dress_here);
	each_here(&a, PLAN_REMOVE, remove_here);
	if ((e = base_commit(config->base)) != OK)
		apply_base_failed(&a, e);
	free(a.order);
	free(a.is_covered);
}

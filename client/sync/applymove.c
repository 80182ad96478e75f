/*
 * Moves: one MOVE there, or one rename here, and the base then knows everything below at its new place.
 */
#include <stdlib.h>
#include <string.h>

#include "client/sync/apply_priv.h"
#include "client/sync/moves.h"
#include "client/sync/tag.h"
#include "common/clock.h"
#include "common/fsio.h"

/* What did not succeed is left to the next round, which does without moves. */
static void give_up(struct apply *a, size_t index)
{
	a->result->has_failed_moves = true;
	apply_skip(a, index);
}

/* The row of an item at its new place; `here`: what identifies a file that was renamed by itself, or NULL. */
static struct base_row row_of(const struct apply *a, size_t from, size_t to, const struct local_id *here)
{
	const struct work_detail *old = &a->work->details[from], *new = &a->work->details[to];
	struct base_row row = { .remote = old->base->remote };

	if (a->work->items[to].local.kind != PLAN_ABSENT) { /* moved there: it was here before */
		row.remote = *old->remote;
		if (a->work->items[to].local.kind == PLAN_FILE) {
			row.local = new->local->id;
			row.taken_ns = new->local->taken_ns;
		}
		return row;
	}
	row.remote = *new->remote;
	row.local = here ? *here : old->base->local;
	row.taken_ns = here ? clock_now_ns() : old->base->taken_ns;
	return row;
}

static void finish(struct apply *a, size_t index, const struct local_id *here)
{
	const struct work *w = a->work;
	size_t from = w->details[index].from, count = moves_end(w, index) - index;
	enum err e = OK;

	for (size_t i = 0; i < count && e == OK; i++) {
		struct base_row row = row_of(a, from + i, index + i, here);

		if ((e = apply_agree(a, w->items[index + i].path, &row)) == OK)
			e = base_agree_gone(a->config->base, w->items[from + i].path);
	}
	if (e != OK)
		apply_base_failed(a, e);
	else
		apply_done(a, index, &(struct apply_end){ .bytes = -1, .copy = w->items[from].path });
}

/* ---- there ---- */

/* Is everything here where the plan saw it? */
static bool is_as_planned(const struct apply *a, size_t from, size_t to)
{
	const struct plan_item *x = &a->work->items[to];
	struct local_id id;
	mode_t mode;

	if (!place_is_free(&a->config->place, a->work->items[from].path) ||
	    place_look(&a->config->place, x->path, &id, &mode) != OK)
		return false;
	return x->local.kind == PLAN_FOLDER
		   ? S_ISDIR(mode)
		   : place_is_content(mode) && local_id_equal(&id, &a->work->details[to].local->id);
}

void applymove_there(struct apply *a, size_t index)
{
	size_t from = a->work->details[index].from;
	const struct plan_item *old = &a->work->items[from], *new = &a->work->items[index];
	const struct remote_row *r = a->work->details[from].remote;
	bool is_folder = old->base.kind == PLAN_FOLDER;
	autofree char *target = apply_target(a, new->path, is_folder);
	char tag[DIGEST_ETAG_SIZE];
	struct http_request req;
	struct note why = { "" };
	enum err e;

	if (a->config->foreign) {
		if (!is_folder && is_as_planned(a, from, index) && !fsio_fault("sync-effect") &&
		    foreign_move_file(a, from, index) && tag_move(a->config->base, old->path, new->path) == OK &&
		    !fsio_fault("sync-effect-done"))
			finish(a, index, NULL);
		else
			give_up(a, index);
		return;
	}
	/* Without the id it might be another that has the same content: that is not ours to move. */
	if (!*r->id || !is_as_planned(a, from, index) || fsio_fault("sync-effect")) {
		give_up(a, index);
		return;
	}
	http_request_init(&req, "MOVE", apply_target(a, old->path, is_folder));
	http_request_set(&req, "Destination", "%s%s%s", http_base(a->config->http), http_root(a->config->http), target);
	http_request_set(&req, "Overwrite", "F");
	http_request_set(&req, "If-Match", "%s", digest_etag(&r->digest, tag));
	http_request_set(&req, "If", "(<%s> [%s])", r->id, tag);
	apply_submit_locks(a, &req, old->path, new->path);
	http_do(a->config->http, &req);
	e = http_status_err(&req.answer, &why);
	if (e == OK && req.answer.status == 201 && !fsio_fault("sync-effect-done"))
		finish(a, index, NULL);
	else if (apply_is_fatal(e))
		apply_fail(a, index, e, why.text);
	else
		give_up(a, index);
	http_request_clear(&req);
}

/* ---- here ---- */

void applymove_here(struct apply *a, size_t index)
{
	size_t from = a->work->details[index].from;
	const struct plan_item *old = &a->work->items[from], *new = &a->work->items[index];
	const struct work_detail *d = &a->work->details[from];
	bool is_folder = old->base.kind == PLAN_FOLDER;
	struct local_id here;
	enum err e = place_move(&a->config->place, old->path, new->path,
				is_folder  ? NULL
				: d->local ? &d->local->id
					   : &d->base->local,
				&here);

	if (e == OK)
		finish(a, index, is_folder ? NULL : &here);
	else
		give_up(a, index);
}

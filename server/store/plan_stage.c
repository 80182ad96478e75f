/*
 * Restoring (store_history.h): by the differences while they are few; else what is too different is built aside as it was, and the
 * transaction only puts it in its place.
 */
#include <stdlib.h>
#include <string.h>

#include "server/store/plan.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/since.h"
#include "server/store/stage.h"

enum {
	TRIES = 5,
	JOURNAL_SLICE = 10000,
	CATCH_UPS = 8,
	ROWS_EACH = 5000,                    /* looked at in one of them */
	ROWS_FEW = 100,                      /* left to the commit */
	ADDED_MOST = STORE_RESTORE_LIMIT / 2 /* twice as many with every try */
};

struct staged {
	int64_t number; /* of the state; its node is stage.source */
	struct store_stage stage;
};

struct store_staged {
	struct staged *list;
	size_t count, room;
};

/* One try. */
struct making {
	struct store *store;
	const struct store_restore *r;
	const struct store_author *author;
	struct store_staged *staged;
	struct arena *arena;
	struct store_txn *txn;
	struct plan_result plan;
};

struct store_staged *store_staged_new(void)
{
	return xcalloc(1, sizeof(struct store_staged));
}

void store_staged_forget(struct store_staged *st)
{
	st->count = 0;
}

void store_staged_free(struct store *s, struct store_staged *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->count; i++)
		store_unstage(s, &st->list[i].stage);
	free(st->list);
	free(st);
}

bool staged_has(const struct store_staged *st, int64_t node, int64_t number)
{
	for (size_t i = 0; i < st->count; i++)
		if (st->list[i].stage.source == node && st->list[i].number == number && st->list[i].stage.top)
			return true;
	return false;
}

static struct staged *find(struct store_staged *st, int64_t node, int64_t number)
{
	for (size_t i = 0; i < st->count; i++)
		if (st->list[i].stage.source == node && st->list[i].number == number)
			return &st->list[i];
	if (st->count == st->room) {
		st->room = MAX(2 * st->room, (size_t)8);
		st->list = xrealloc(st->list, st->room * sizeof *st->list);
	}
	st->list[st->count] = (struct staged){ number, { 0, node, 0 } };
	return &st->list[st->count++];
}

/*
 * What was built has the properties that were there then.  Have any changed where it will take its place?  Those were acknowledged
 * and would be lost.  E_BUSY: yes.
 */
static enum err look(struct store *s, struct span path, int64_t number, struct store_stage *io_stage)
{
	struct store_node there;
	enum err e = store_lookup(s, path, &there);

	for (bool has_ended = false; e == OK && !has_ended;) {
		autoreader struct reader reader = { NULL, NULL };
		autotx struct tx tx = { NULL };
		int64_t head = store_head(s), to = MIN(head, io_stage->looked + JOURNAL_SLICE);
		bool is_changed = false;

		if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
			return e;
		e = stage_is_changed(reader.db, there.id, io_stage->looked, to - io_stage->looked, number, &is_changed);
		if (is_changed)
			return E_BUSY;
		e = e == E_BUSY ? OK : e; /* there is more: in the next slice */
		io_stage->looked = to;
		has_ended = to == head;
	}
	return e == E_NOT_FOUND || e == E_CONFLICT ? OK : e;
}

/* `out_built`: it was not there yet, or not good any more. */
static enum err make_ready(struct making *m, const struct plan_folder *f, bool *out_built)
{
	struct staged *st = find(m->staged, f->node, m->r->number);
	struct stage_past what = { m->author->user, f->node, m->r->number, 0, f->path.len };
	struct span rest = f->path, name;
	enum err e = st->stage.top ? look(m->store, f->path, m->r->number, &st->stage) : E_BUSY;

	if (e != E_BUSY)
		return e;
	store_unstage(m->store, &st->stage);
	while (path_next(&rest, &name))
		what.depth++;
	*out_built = true;
	st->stage.looked = store_head(m->store);
	e = stage_build_past(m->store, &what, &st->stage.top);
	st->stage.source = f->node;
	return e;
}

static void add_folders(struct making *m)
{
	bool is_all =
	    m->plan.folders && m->plan.folders->path.len == m->r->path.len; /* else other steps hold the conditions */

	for (const struct plan_folder *f = m->plan.folders; f; f = f->next)
		store_txn_add(m->txn, &(struct store_step){ .op = STORE_RESTORE,
							    .path = f->path,
							    .cond = is_all ? m->r->cond : NULL,
							    .ifs = is_all ? m->r->ifs : NULL,
							    .node = f->node,
							    .number = m->r->number,
							    .stage = find(m->staged, f->node, m->r->number)->stage });
}

static enum err plan_once(struct making *m, bool is_whole)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	enum err e;

	store_txn_free(m->txn);
	m->txn = store_txn_new(m->author);
	arena_reset(m->arena);
	m->plan = (struct plan_result){ NULL, 0, 0, 0 };
	if ((e = reader_take(m->store->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	return restore_plan_make(reader.db, m->r, is_whole, m->staged, m->arena, m->txn, &m->plan);
}

/* ---- what others did meanwhile ---- */

static bool is_in_a_folder(const struct making *m, struct span path)
{
	for (const struct plan_folder *f = m->plan.folders; f; f = f->next)
		if (path.len >= f->path.len && memcmp(path.ptr, f->path.ptr, f->path.len) == 0 &&
		    (path.len == f->path.len || path.ptr[f->path.len] == '/'))
			return true;
	return false;
}

/* Looks at some of what changed since the plan, or the last look.  E_BUSY: that makes the plan useless. */
static enum err catch_up_some(struct making *m, unsigned most, int64_t *out_rows)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct since what = { .top = m->plan.top,
			      .node = m->r->node,
			      .number = m->r->number,
			      .from = m->plan.head,
			      .to = store_head(m->store),
			      .path = m->r->path,
			      .limit = ROWS_EACH };
	struct since_place *places;
	unsigned added = 0;
	enum err e;

	if ((e = reader_take(m->store->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = since_list(reader.db, &what, m->arena, &places)) != OK)
		return e;
	for (const struct since_place *p = places; p; p = p->next)
		if (!is_in_a_folder(m, p->path) && added++ <= most)
			store_txn_add(
			    m->txn, &(struct store_step){
					.op = STORE_REVERT, .path = p->path, .node = p->then, .number = m->r->number });
	*out_rows = what.to - what.from;
	m->plan.head = what.to;
	return added > most ? E_BUSY : OK;
}

/* Each look is shorter than the one before; the last one is the commit's own. */
static enum err catch_up(struct making *m, unsigned most)
{
	int64_t rows = INT64_MAX;
	enum err e = OK;

	for (int i = 0; i < CATCH_UPS && rows > ROWS_FEW && m->plan.top && e == OK; i++)
		e = catch_up_some(m, most, &rows);
	return e;
}

static void add_last_step(struct making *m)
{
	store_txn_add(m->txn, &(struct store_step){ .op = STORE_REVERT_SINCE,
						    .path = m->r->path,
						    .node = m->r->node,
						    .number = m->r->number,
						    .stage = { .looked = m->plan.head } });
}

/* ---- the plan ---- */

static bool is_whole_by_one_row(const struct making *m)
{
	return m->plan.folders && m->plan.folders->path.len == m->r->path.len;
}

/* Until everything was ready before the plan was made.  E_TOO_LARGE: it has to be done as a whole. */
static enum err plan_until_ready(struct making *m, bool is_whole)
{
	for (unsigned i = 0; i < TRIES; i++) {
		bool is_built = false;
		enum err e = plan_once(m, is_whole);

		for (const struct plan_folder *f = m->plan.folders; f && e == OK; f = f->next)
			e = make_ready(m, f, &is_built);
		if (e == OK && !is_built && !is_whole_by_one_row(m))
			e = catch_up(m, ADDED_MOST << i);
		if (e == E_BUSY && !atomic_load(&m->store->is_closing))
			continue;
		if (e != OK)
			return e;
		if (is_built)
			continue;
		add_folders(m);
		if (!is_whole_by_one_row(m))
			add_last_step(m);
		return OK;
	}
	return E_BUSY;
}

/* What earlier plans had built and this one does not need. */
static void drop_others(struct making *m)
{
	for (size_t i = 0; i < m->staged->count; i++) {
		struct store_stage *stage = &m->staged->list[i].stage;
		bool is_needed = false;

		for (const struct plan_folder *f = m->plan.folders; f; f = f->next)
			is_needed |= f->node == stage->source;
		if (!is_needed)
			store_unstage(m->store, stage);
	}
}

enum err store_restore_plan(struct store *s, const struct store_restore *r, const struct store_author *author,
			    struct store_staged *staged, struct store_txn **out, unsigned *out_changes)
{
	struct making m = { .store = s, .r = r, .author = author, .staged = staged, .arena = arena_new() };
	enum err e = plan_until_ready(&m, false);

	if (e == E_TOO_LARGE || e == E_BUSY)
		e = plan_until_ready(&m, true);
	if (e == OK)
		drop_others(&m);
	arena_free(m.arena);
	*out_changes = m.plan.changes;
	if (e == OK)
		*out = TAKE(m.txn);
	store_txn_free(m.txn);
	return e;
}

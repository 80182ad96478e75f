/*
 * Restoring (store_history.h): by the differences while they are few; else what is too different is built aside as it was, and the
 * transaction only puts it in its place.
 */
#include <stdlib.h>

#include "server/store/plan.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/stage.h"

enum { TRIES = 5, JOURNAL_SLICE = 10000 };

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
	struct plan_folder *folders;
	unsigned changes;
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
static enum err look(struct store *s, struct span path, struct store_stage *io_stage)
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
		e = stage_is_changed(reader.db, there.id, io_stage->looked, to - io_stage->looked, true, &is_changed);
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
	enum err e = st->stage.top ? look(m->store, f->path, &st->stage) : E_BUSY;

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

static void add_steps(struct making *m)
{
	bool is_all = m->r->path.len > 1; /* else the conditions are held by a step of their own */

	for (const struct plan_folder *f = m->folders; f; f = f->next)
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
	m->changes = 0;
	if ((e = reader_take(m->store->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	return restore_plan_make(reader.db, m->r, is_whole, m->arena, m->txn, &m->folders, &m->changes);
}

/* Until everything was ready before the plan was made. */
static enum err plan_whole(struct making *m)
{
	for (unsigned i = 0; i < TRIES; i++) {
		bool is_built = false;
		enum err e = plan_once(m, true);

		for (const struct plan_folder *f = m->folders; f && e == OK; f = f->next)
			e = make_ready(m, f, &is_built);
		if (e != OK)
			return e;
		if (!is_built) {
			add_steps(m);
			return OK;
		}
	}
	return E_BUSY;
}

enum err store_restore_plan(struct store *s, const struct store_restore *r, const struct store_author *author,
			    struct store_staged *staged, struct store_txn **out, unsigned *out_changes)
{
	struct making m = { .store = s, .r = r, .author = author, .staged = staged, .arena = arena_new() };
	enum err e = plan_once(&m, false);

	if (e == E_TOO_LARGE)
		e = plan_whole(&m);
	arena_free(m.arena);
	*out_changes = m.changes;
	if (e == OK)
		*out = TAKE(m.txn);
	store_txn_free(m.txn);
	return e;
}

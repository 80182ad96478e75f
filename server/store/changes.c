/* A page of a report: its token, its chunks, what it has shown. */
#include "server/store/changes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/state.h"

struct store_sync *store_sync_new(struct store *s, const struct store_sync_query *query)
{
	struct store_sync *y = xcalloc(1, sizeof *y);

	y->store = s;
	y->query = *query;
	y->query.path.ptr = span_dup(query->path);
	y->query.token.ptr = span_dup(query->token);
	if (!y->query.limit || y->query.limit > STORE_SYNC_PAGE_LIMIT)
		y->query.limit = STORE_SYNC_PAGE_LIMIT;
	y->arena = arena_new();
	return y;
}

void store_sync_free(struct store_sync *y)
{
	if (!y)
		return;
	arena_free(y->arena);
	free((char *)(uintptr_t)y->query.path.ptr);
	free((char *)(uintptr_t)y->query.token.ptr);
	free(y->seen);
	free(y);
}

/* ---- results ---- */

bool changes_is_full(const struct store_sync *y)
{
	return y->count == CHUNK_RESULTS || y->given == y->query.limit || y->rows >= CHUNK_ROWS;
}

/* The slot of an id, or the free one where it would be. */
static int64_t *slot(const struct store_sync *y, int64_t id)
{
	size_t i = (uint64_t)id * 0x9e3779b97f4a7c15u >> 32;

	for (i %= SEEN_SLOTS; y->seen[i] && y->seen[i] != id; i = (i + 1) % SEEN_SLOTS)
		;
	return &y->seen[i];
}

bool changes_has_seen(const struct store_sync *y, int64_t id)
{
	return y->seen && *slot(y, id) == id;
}

void changes_note(struct store_sync *y, int64_t id)
{
	if (!y->seen)
		y->seen = xcalloc(SEEN_SLOTS, sizeof *y->seen);
	*slot(y, id) = id;
}

void changes_add(struct store_sync *y, struct span path, const struct tree_row *row, bool is_collection)
{
	struct store_change *c = &y->changes[y->count];

	assert(y->count < CHUNK_RESULTS && y->given < y->query.limit);
	*c = (struct store_change){ .path = path, .is_gone = !row, .is_collection = is_collection };
	if (row)
		c->node = row->node;
	if (row && is_collection)
		changes_note(y, row->node.id);
	y->count++;
	y->given++;
}

/* Adds one of the collections above a change. */
static enum err add_one_above(struct store_sync *y, const struct branch *p)
{
	struct tree_row row;
	enum err e = OK;

	/* A path that no request can name is not shown (walk.h). */
	if (p->path_len <= PATH_LIMIT && (e = tree_node(y->db, p->id, &row)) == OK)
		changes_add(y, branch_path(y->branches, p, span_of(""), y->arena), &row, true);
	y->token.cursor.at = p->depth;
	return e;
}

enum err changes_add_above(struct store_sync *y, const struct branch *p, bool *out_all)
{
	const struct branch *lowest = p;
	enum err e = OK;

	*out_all = true;
	while (!y->query.is_deep && lowest->depth > 1)
		lowest = lowest->up;
	/* What was shown was shown with everything above it; the rest is few. */
	while (e == OK && y->token.cursor.at < lowest->depth && !changes_has_seen(y, lowest->id)) {
		const struct branch *next = lowest;

		if (changes_is_full(y)) {
			*out_all = false;
			return OK;
		}
		while (next->depth > y->token.cursor.at + 1 && !changes_has_seen(y, next->up->id))
			next = next->up;
		e = add_one_above(y, next);
	}
	if (e == OK)
		y->token.cursor.at = MAX(y->token.cursor.at, (int64_t)lowest->depth);
	return e;
}

/* ---- the target ---- */

/*
 * Finds the collection, which must be at its path since `number`: what was there before is another one's history, whose
 * members a client may still hold.  E_NOT_FOUND: none there.  E_PRECONDITION: came later.
 */
static enum err find_target(struct store_sync *y, int64_t number)
{
	struct span rest = y->query.path, name;
	char room[TREE_KEY_SIZE];
	int64_t newest = 0;
	struct tree_row row;
	enum err e = tree_node(y->db, NODE_ROOT, &row);

	while (e == OK && path_next(&rest, &name)) {
		e = tree_child(y->db, row.node.id, tree_key(name, room), &row);
		newest = MAX(newest, row.since);
	}
	if (e != OK)
		return e;
	if (row.node.kind != STORE_COLLECTION)
		return E_NOT_FOUND;
	if (newest > number || (y->is_begun && y->target != row.node.id))
		return E_PRECONDITION;
	y->target = row.node.id;
	return OK;
}

/* ---- pages ---- */

static enum err first_listing(struct store_sync *y, const struct sync_state *state)
{
	enum err e = sync_token_at(y->db, state, state->head, y->query.view, &y->token);

	y->token.cursor = (struct sync_cursor){ .phase = SYNC_LIST };
	return e;
}

/* Checks the token that the page begins with.  A complete report's gets the present head as the new end. */
static enum err begin(struct store_sync *y, const struct sync_state *state)
{
	struct sync_token old;
	enum err e;

	if (!y->query.token.len)
		return first_listing(y, state);
	if (!sync_token_read(y->query.token, &old) || memcmp(old.view, y->query.view, sizeof old.view) != 0)
		return E_PRECONDITION;
	if ((e = sync_token_check(y->db, state, &old)) != OK)
		return e;
	y->token = old;
	if (old.cursor.phase != SYNC_NONE || old.number == state->head)
		return OK;
	if ((e = sync_token_at(y->db, state, state->head, y->query.view, &y->token)) != OK)
		return e;
	y->token.cursor = (struct sync_cursor){ .phase = SYNC_GONE, .from = old.number, .seq = old.number + 1 };
	return OK;
}

static enum err run_phases(struct store_sync *y)
{
	enum err e = OK;

	while (e == OK && y->token.cursor.phase != SYNC_NONE && !changes_is_full(y)) {
		switch (y->token.cursor.phase) {
		case SYNC_GONE:
			e = changes_gone(y);
			break;
		case SYNC_NODES:
			e = changes_nodes(y);
			break;
		default:
			e = changes_walk(y);
		}
	}
	return e;
}

static enum err read_chunk(struct store_sync *y, struct sync_state *state)
{
	const struct sync_cursor *c = &y->token.cursor;
	enum err e;

	if ((e = sync_state_read(y->db, state)) != OK || (!y->is_begun && (e = begin(y, state)) != OK))
		return e;
	/* The journal may have been shortened since the last chunk: its tombstones from there on are not all there. */
	if (y->is_begun && c->phase != SYNC_NONE && c->phase != SYNC_LIST && c->from < state->kept)
		return E_PRECONDITION;
	e = find_target(y, c->phase == SYNC_NONE || c->phase == SYNC_LIST ? y->token.number : c->from);
	if (e != OK)
		return e;
	y->is_begun = true;
	y->branches = branches_new(y->db, y->arena, y->target, y->query.path);
	return run_phases(y);
}

enum err store_sync_next(struct store_sync *y, const struct store_change **out, size_t *out_count,
			 enum store_sync_state *out_state)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct sync_state state;
	enum err e;

	arena_reset(y->arena);
	y->changes = arena_alloc(y->arena, CHUNK_RESULTS * sizeof *y->changes);
	y->count = 0;
	y->rows = 0;
	if ((e = reader_take(y->store->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK)
		return e;
	y->db = reader.db;
	if ((e = read_chunk(y, &state)) == E_PRECONDITION && y->count > 0)
		e = OK; /* first what was found before: the next chunk meets the same again, at its beginning */
	if (e != OK)
		return e;
	*out = y->changes;
	*out_count = y->count;
	/* Something was committed between the first chunk and this: what was shown is of several moments. */
	if (y->token.cursor.phase == SYNC_NONE)
		*out_state = y->token.number == state.head ? STORE_SYNC_DONE : STORE_SYNC_CUT;
	else
		*out_state = y->given == y->query.limit ? STORE_SYNC_CUT : STORE_SYNC_MORE;
	return tx_commit(&tx);
}

const char *store_sync_end(struct store_sync *y)
{
	return sync_token_write(&y->token, y->text);
}

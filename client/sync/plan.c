#include "client/sync/plan.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"

static const char *const words[] = {
#define PLAN_WORD(symbol, word) word,
	PLAN_ACTIONS(PLAN_WORD)
#undef PLAN_WORD
};

const char *plan_word(enum plan_action action)
{
	return words[action];
}

bool plan_value_equal(const struct plan_value *a, const struct plan_value *b)
{
	return a->kind == b->kind && (a->kind != PLAN_FILE || digest_equal(&a->digest, &b->digest));
}

enum plan_action plan_decide(const struct plan_value *base, const struct plan_value *local,
			     const struct plan_value *remote)
{
	if (local->kind == PLAN_HELD || remote->kind == PLAN_HELD)
		return PLAN_HOLD;
	if (plan_value_equal(local, remote))
		return plan_value_equal(base, local) ? PLAN_NOTHING : PLAN_ADOPT;
	if (plan_value_equal(local, base)) { /* only the server changed */
		if (remote->kind == PLAN_ABSENT)
			return PLAN_REMOVE;
		if (local->kind != PLAN_ABSENT && local->kind != remote->kind)
			return PLAN_REMOVE; /* another kind: the old goes now, the next round makes the new */
		return remote->kind == PLAN_FOLDER ? PLAN_MKDIR : PLAN_GET;
	}
	if (plan_value_equal(remote, base)) { /* only we changed */
		if (local->kind == PLAN_ABSENT)
			return PLAN_DELETE;
		if (remote->kind != PLAN_ABSENT && remote->kind != local->kind)
			return PLAN_DELETE;
		return local->kind == PLAN_FOLDER ? PLAN_MKCOL : PLAN_PUT;
	}
	if (local->kind == PLAN_ABSENT) /* deleted on one side, changed on the other: the change wins */
		return remote->kind == PLAN_FOLDER ? PLAN_MKDIR : PLAN_GET;
	if (remote->kind == PLAN_ABSENT)
		return local->kind == PLAN_FOLDER ? PLAN_MKCOL : PLAN_PUT;
	return PLAN_ASIDE;
}

static enum plan_action decide_item(const struct plan_item *x)
{
	if (x->is_ignored)
		return x->base.kind == PLAN_ABSENT ? PLAN_NOTHING : PLAN_FORGET;
	return plan_decide(&x->base, &x->local, &x->remote);
}

/* Will something stay at this path, on the side that its folder is to be deleted on or on both? */
static bool survives(const struct plan_item *x)
{
	/* What is ignored here is not ours to delete there. */
	if (x->is_ignored)
		return x->remote.kind != PLAN_ABSENT;
	switch (x->action) {
	case PLAN_NOTHING:
	case PLAN_ADOPT:
	case PLAN_DELETE:
		return x->local.kind != PLAN_ABSENT;
	case PLAN_REMOVE:
		return x->remote.kind != PLAN_ABSENT;
	default:
		return true;
	}
}

enum { NO_PARENT = -1 };

struct below {
	int64_t parent; /* the nearest item that it is below, or NO_PARENT */
	bool stays, is_held;
};

static void find_parents(const struct plan_item *items, size_t count, struct below *below)
{
	for (size_t i = 0; i < count; i++) {
		int64_t up = (int64_t)i - 1;

		while (up != NO_PARENT && !treepath_is_below(items[i].path, items[up].path))
			up = below[up].parent;
		below[i].parent = up;
	}
}

/* The rule of folders, for one whose members are judged. */
static enum plan_action judge_folder(const struct plan_item *x, const struct below *b)
{
	bool is_removal = x->action == PLAN_REMOVE && x->local.kind == PLAN_FOLDER;
	bool is_deletion = x->action == PLAN_DELETE && x->remote.kind == PLAN_FOLDER;

	if (b->is_held && (x->action == PLAN_REMOVE || x->action == PLAN_DELETE || x->action == PLAN_ASIDE))
		return PLAN_HOLD;
	if (is_removal && b->stays)
		return x->remote.kind == PLAN_ABSENT ? PLAN_MKCOL : PLAN_ASIDE;
	if (is_deletion && b->stays)
		return x->local.kind == PLAN_ABSENT ? PLAN_MKDIR : PLAN_ASIDE;
	return x->action;
}

void plan_make(struct plan_item *items, size_t count)
{
	autofree struct below *below = xcalloc(count + 1, sizeof *below);

	for (size_t i = 0; i < count; i++)
		items[i].action = decide_item(&items[i]);
	find_parents(items, count, below);
	for (size_t i = count; i-- > 0;) {
		struct plan_item *x = &items[i];
		struct below *up = below[i].parent == NO_PARENT ? NULL : &below[below[i].parent];

		x->action = judge_folder(x, &below[i]);
		if (!up)
			continue;
		up->stays |= survives(x) || below[i].is_held;
		up->is_held |= below[i].is_held || x->action == PLAN_HOLD;
	}
}

static bool is_deletion(enum plan_action a)
{
	return a == PLAN_REMOVE || a == PLAN_DELETE;
}

static bool is_making(enum plan_action a)
{
	return a == PLAN_PUT || a == PLAN_MKCOL || a == PLAN_GET || a == PLAN_MKDIR || a == PLAN_MOVE ||
	       a == PLAN_RENAME || a == PLAN_CHMOD || a == PLAN_FLAG || a == PLAN_TOUCH || a == PLAN_STAMP;
}

size_t plan_order(const struct plan_item *items, size_t count, size_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (items[i].action == PLAN_ASIDE || items[i].action == PLAN_MERGE)
			out[n++] = i;
	for (size_t i = 0; i < count; i++)
		if (items[i].action == PLAN_ADOPT || items[i].action == PLAN_FORGET)
			out[n++] = i;
	for (size_t i = 0; i < count; i++)
		if (is_making(items[i].action))
			out[n++] = i;
	for (size_t i = count; i-- > 0;)
		if (is_deletion(items[i].action))
			out[n++] = i;
	return n;
}

/*
 * Random histories of several users over the real planner: trees in memory stand for disks and for the server.  Users write, delete,
 * make folders, rename, copy; rounds work from snapshots that grow stale, are killed before and after every effect, and are mixed
 * with each other.  Afterwards, with no more user's changes: everything is equal everywhere, nothing that a user wrote and nobody
 * overwrote or deleted is lost, every tree is one, and one more round does nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/plan.h"
#include "client/sync/treepath.h"
#include "tests/unit/test.h"

enum { CLIENTS = 3, NODES = 200, PATH_SIZE = 96, CONTENTS = 4000, NEST_MAX = 12, CROWD = 60, ROUNDS_MAX = 200 };

struct node {
	char path[PATH_SIZE];
	enum plan_kind kind;
	unsigned content;
};

struct tree {
	struct node nodes[NODES];
	size_t count;
};

static struct tree server, disks[CLIENTS], bases[CLIENTS];
static bool is_replaced[CONTENTS]; /* by a user who saw it */
static unsigned next_content, next_name, seed;

static struct {
	unsigned long edits, rounds, kills, skips, copies;
} sums;

static unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* ---- trees ---- */

static struct node *find(struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->nodes[i].path, path) == 0)
			return &t->nodes[i];
	return NULL;
}

static void drop(struct tree *t, const char *path)
{
	struct node *n = find(t, path);

	if (n)
		*n = t->nodes[--t->count];
}

static void put(struct tree *t, const char *path, enum plan_kind kind, unsigned content)
{
	struct node *n = find(t, path);

	if (kind == PLAN_ABSENT) {
		drop(t, path);
		return;
	}
	if (!n) {
		assert_true(t->count < NODES && strlen(path) < PATH_SIZE);
		n = &t->nodes[t->count++];
		snprintf(n->path, sizeof n->path, "%s", path);
	}
	n->kind = kind;
	n->content = content;
}

static struct plan_value value_of(struct tree *t, const char *path)
{
	const struct node *n = find(t, path);
	struct plan_value v = { .kind = n ? n->kind : PLAN_ABSENT };

	if (n && n->kind == PLAN_FILE)
		memcpy(v.digest.bytes, &n->content, sizeof n->content);
	return v;
}

static unsigned content_of(const struct plan_value *v)
{
	unsigned content = 0;

	if (v->kind == PLAN_FILE)
		memcpy(&content, v->digest.bytes, sizeof content);
	return content;
}

static bool has_below(const struct tree *t, const char *folder)
{
	for (size_t i = 0; i < t->count; i++)
		if (treepath_is_below(t->nodes[i].path, folder))
			return true;
	return false;
}

static bool has_parent(struct tree *t, const char *path)
{
	char *parent = treepath_parent(path);
	bool has = !*parent || value_of(t, parent).kind == PLAN_FOLDER;

	free(parent);
	return has;
}

static bool is_tree(struct tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (!has_parent(t, t->nodes[i].path))
			return false;
	return true;
}

static bool are_equal(struct tree *a, struct tree *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		struct plan_value x = value_of(a, a->nodes[i].path), y = value_of(b, a->nodes[i].path);

		if (!plan_value_equal(&x, &y))
			return false;
	}
	return true;
}

static void move_all(struct tree *t, const char *from, const char *to)
{
	for (size_t i = 0; i < t->count; i++) {
		char moved[3 * PATH_SIZE];
		struct node *n = &t->nodes[i];

		if (strcmp(n->path, from) != 0 && !treepath_is_below(n->path, from))
			continue;
		snprintf(moved, sizeof moved, "%s%s", to, n->path + strlen(from));
		assert_true(strlen(moved) < PATH_SIZE);
		memcpy(n->path, moved, strlen(moved) + 1);
	}
}

/* ---- users ---- */

static void delete_all(struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->count;) {
		struct node *n = &t->nodes[i];

		if (strcmp(n->path, path) != 0 && !treepath_is_below(n->path, path)) {
			i++;
			continue;
		}
		is_replaced[n->content] |= n->kind == PLAN_FILE;
		*n = t->nodes[--t->count];
	}
}

static void random_path(struct tree *t, char out[PATH_SIZE])
{
	const char *parent = "";

	for (int tries = 0; t->count && below(2) && tries < 6; tries++) {
		const struct node *n = &t->nodes[below((unsigned)t->count)];

		if (n->kind == PLAN_FOLDER && strlen(n->path) < NEST_MAX)
			parent = n->path;
	}
	snprintf(out, PATH_SIZE, "%.20s%s%c", parent, *parent ? "/" : "", 'a' + (int)below(3));
}

static void write_file(struct tree *t, const char *path)
{
	const struct node *n = find(t, path);

	if (n && n->kind == PLAN_FOLDER && below(3))
		return;
	if (n)
		delete_all(t, path);
	assert_true(++next_content < CONTENTS);
	is_replaced[next_content] = false;
	put(t, path, PLAN_FILE, next_content);
}

static void rename_some(struct tree *t, const char *from)
{
	char to[PATH_SIZE];

	random_path(t, to);
	if (find(t, from) && !find(t, to) && strcmp(from, to) != 0 && !treepath_is_below(to, from))
		move_all(t, from, to);
}

static void edit(unsigned client)
{
	struct tree *t = &disks[client];
	char path[PATH_SIZE], other[PATH_SIZE];
	const struct node *n;
	unsigned content;

	if (t->count > CROWD)
		return;
	random_path(t, path);
	n = find(t, path);
	sums.edits++;
	switch (below(8)) {
	case 0:
	case 1:
	case 2:
		write_file(t, path);
		break;
	case 3:
		if (n && n->kind == PLAN_FILE && below(3))
			break;
		if (n && n->kind == PLAN_FILE)
			delete_all(t, path);
		put(t, path, PLAN_FOLDER, 0);
		break;
	case 4:
	case 5:
		delete_all(t, path);
		break;
	case 6:
		rename_some(t, path);
		break;
	default:
		if (!n || n->kind != PLAN_FILE)
			break;
		content = n->content;
		snprintf(other, sizeof other, "n%u", next_name++);
		put(t, other, PLAN_FILE, content);
		is_replaced[content] = false;
	}
}

/* ---- rounds ---- */

static int by_path(const void *a, const void *b)
{
	const struct plan_item *x = a, *y = b;

	return treepath_compare(x->path, y->path);
}

/* Only where something differs, as the engine does. */
static size_t join(unsigned c, struct tree *local, struct tree *remote, struct plan_item *items)
{
	struct tree *trees[] = { &bases[c], local, remote };
	size_t count = 0;

	for (size_t k = 0; k < ARRAY_LEN(trees); k++)
		for (size_t i = 0; i < trees[k]->count; i++) {
			const char *path = trees[k]->nodes[i].path;
			struct plan_item x = { .path = path,
					       .base = value_of(&bases[c], path),
					       .local = value_of(local, path),
					       .remote = value_of(remote, path) };
			bool is_known = plan_value_equal(&x.base, &x.local) && plan_value_equal(&x.base, &x.remote);

			for (size_t j = 0; j < count && !is_known; j++)
				is_known = strcmp(items[j].path, path) == 0;
			if (!is_known) {
				x.path = xstrdup(path);
				items[count++] = x;
			}
		}
	qsort(items, count, sizeof *items, by_path);
	plan_make(items, count);
	return count;
}

static bool is_as(struct tree *t, const char *path, const struct plan_value *v)
{
	struct plan_value now = value_of(t, path);

	return plan_value_equal(&now, v);
}

static void set(struct tree *t, const char *path, const struct plan_value *v)
{
	put(t, path, v->kind, content_of(v));
}

enum effect { DONE, SKIPPED, KILLED };

static enum effect move_aside(unsigned c, const struct plan_item *x, bool kill)
{
	char copy[PATH_SIZE];
	char *parent = treepath_parent(x->path);

	drop(&bases[c], x->path);
	if (!kill) {
		snprintf(copy, sizeof copy, "%.60s%sX%u", parent, *parent ? "/" : "", next_name++);
		move_all(&disks[c], x->path, copy);
		sums.copies++;
	}
	free(parent);
	return kill ? KILLED : DONE;
}

/* One effect, with the precondition that the engine checks; then perhaps the end, before the base learns of it. */
static enum effect take_effect(unsigned c, const struct plan_item *x, bool kill)
{
	struct tree *disk = &disks[c];
	bool here = is_as(disk, x->path, &x->local), there = is_as(&server, x->path, &x->remote), ok = true;
	struct plan_value base = x->local;
	static const struct plan_value none = { .kind = PLAN_ABSENT };

	switch (x->action) {
	case PLAN_ADOPT:
		break;
	case PLAN_PUT:
	case PLAN_MKCOL:
		if ((ok = here && there && has_parent(&server, x->path)))
			set(&server, x->path, &x->local);
		break;
	case PLAN_DELETE:
		if ((ok = here && there && !(x->remote.kind == PLAN_FOLDER && has_below(&server, x->path))))
			drop(&server, x->path);
		base = none;
		break;
	case PLAN_GET:
	case PLAN_MKDIR:
		if ((ok = here && there && has_parent(disk, x->path)))
			set(disk, x->path, &x->remote);
		base = x->remote;
		break;
	case PLAN_REMOVE:
		if ((ok = here && !(x->local.kind == PLAN_FOLDER && has_below(disk, x->path))))
			drop(disk, x->path);
		base = none;
		break;
	case PLAN_ASIDE:
		return here ? move_aside(c, x, kill) : SKIPPED;
	default:
		ok = false;
	}
	if (kill || !ok)
		return kill ? KILLED : SKIPPED;
	set(&bases[c], x->path, &base);
	return DONE;
}

static size_t sync_round(unsigned c, bool is_wild);

static void disturb(unsigned c)
{
	unsigned other = below(CLIENTS);

	if (below(8) == 0)
		edit(c);
	if (below(12) != 0 || other == c)
		return;
	edit(other);
	sync_round(other, false);
}

/* Returns how much there was to do. */
static size_t sync_round(unsigned c, bool is_wild)
{
	struct tree local = disks[c], remote = server;
	struct plan_item items[3 * NODES];
	size_t order[3 * NODES], count = join(c, &local, &remote, items), todo = plan_order(items, count, order);
	bool is_killed = false;

	sums.rounds++;
	for (unsigned n = is_wild && below(3) == 0 ? below(3) : 0; n > 0; n--)
		edit(c);
	for (size_t i = 0; i < todo && !is_killed; i++) {
		enum effect effect;

		if (is_wild)
			disturb(c);
		effect = take_effect(c, &items[order[i]], is_wild && below(25) == 0);
		is_killed = effect == KILLED;
		sums.kills += effect == KILLED;
		sums.skips += effect == SKIPPED;
		assert_true(is_tree(&server) && is_tree(&disks[c]));
	}
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)items[i].path);
	return todo;
}

/* ---- histories ---- */

static void settle(unsigned history)
{
	unsigned rounds = 0, idle = 0;

	while (idle < CLIENTS) {
		idle = 0;
		for (unsigned c = 0; c < CLIENTS; c++)
			idle += sync_round(c, false) == 0;
		if (++rounds > ROUNDS_MAX)
			fail_msg("history %u does not come to rest", history);
	}
}

static void check_history(unsigned history)
{
	static bool is_there[CONTENTS];

	memset(is_there, 0, sizeof is_there);
	for (unsigned c = 0; c < CLIENTS; c++)
		if (!are_equal(&disks[c], &server) || !are_equal(&bases[c], &server))
			fail_msg("history %u: client %u is not like the server", history, c);
	for (size_t i = 0; i < server.count; i++)
		if (server.nodes[i].kind == PLAN_FILE)
			is_there[server.nodes[i].content] = true;
	for (unsigned i = 1; i <= next_content; i++)
		if (!is_there[i] && !is_replaced[i])
			fail_msg("history %u: content %u is lost", history, i);
}

static void run_history(unsigned history)
{
	server.count = next_content = next_name = 0;
	seed = history;
	for (unsigned c = 0; c < CLIENTS; c++)
		disks[c].count = bases[c].count = 0;
	for (unsigned n = 25 + below(30); n > 0; n--) {
		unsigned c = below(CLIENTS);

		if (below(3))
			edit(c);
		else
			sync_round(c, true);
	}
	settle(history);
	check_history(history);
}

/* SYNC_HISTORIES=N: more than the ones that are always run; they are the same every time. */
TEST(plan_loses_nothing_in_random_histories)
{
	const char *more = getenv("SYNC_HISTORIES");
	unsigned histories = more ? (unsigned)strtoul(more, NULL, 10) : 3000;

	for (unsigned h = 1; h <= histories; h++)
		run_history(h);
	print_message("%u histories: %lu edits, %lu rounds, %lu kills, %lu skipped, %lu conflict copies\n", histories,
		      sums.edits, sums.rounds, sums.kills, sums.skips, sums.copies);
}

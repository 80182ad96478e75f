#include "tests/model/tree.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"

enum { HISTORY = 20000, BEGIN_S = 1000000000 };

static struct tree now;
static unsigned next_id, next_version;
static long clock_s = BEGIN_S;
static bool history[HISTORY]; /* by the number in the text */

const struct tree *tree_now(void)
{
	return &now;
}

long tree_clock_s(void)
{
	return clock_s;
}

void tree_wait(long seconds)
{
	clock_s += seconds;
}

unsigned tree_number(const char *text)
{
	unsigned n = 0;

	if (*text && sscanf(text, "content %u", &n) != 1)
		abort();
	assert(n < HISTORY);
	return n;
}

bool tree_had(const char *text)
{
	return history[tree_number(text)];
}

void tree_reset(void)
{
	now.count = 0;
	next_id = next_version = 0;
	memset(history, 0, sizeof history);
}

const struct tree_node *tree_find_in(const struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->nodes[i].path, path) == 0)
			return &t->nodes[i];
	return NULL;
}

struct tree_node *tree_find(const char *path)
{
	const struct tree_node *n = tree_find_in(&now, path);

	return n ? &now.nodes[n - now.nodes] : NULL;
}

bool tree_has_parent(const char *path)
{
	autofree char *parent = treepath_parent(path);
	const struct tree_node *n = *parent ? tree_find(parent) : NULL;

	return !*parent || (n && n->kind == PLAN_FOLDER);
}

struct tree_node *tree_add(const char *path, enum plan_kind kind)
{
	size_t at = 0;

	assert(now.count < TREE_NODES && strlen(path) < TREE_PATH && tree_has_parent(path));
	while (at < now.count && treepath_compare(now.nodes[at].path, path) < 0)
		at++;
	memmove(&now.nodes[at + 1], &now.nodes[at], (now.count - at) * sizeof now.nodes[0]);
	now.count++;
	now.nodes[at] = (struct tree_node){ .kind = kind, .id = ++next_id, .mtime_s = clock_s };
	snprintf(now.nodes[at].path, TREE_PATH, "%s", path);
	if (kind == PLAN_FILE)
		tree_write(&now.nodes[at], "");
	return &now.nodes[at];
}

void tree_write(struct tree_node *n, const char *text)
{
	snprintf(n->text, sizeof n->text, "%s", text);
	n->digest = digest_of(text, strlen(text));
	n->mtime_s = clock_s;
	n->version = ++next_version;
	history[tree_number(text)] = true;
}

void tree_drop(const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < now.count; i++)
		if (strcmp(now.nodes[i].path, path) != 0 && !treepath_is_below(now.nodes[i].path, path))
			now.nodes[kept++] = now.nodes[i];
	now.count = kept;
}

void tree_move(const char *from, const char *to)
{
	struct tree moved = { .count = 0 };

	for (size_t i = 0; i < now.count; i++)
		if (strcmp(now.nodes[i].path, from) == 0 || treepath_is_below(now.nodes[i].path, from))
			moved.nodes[moved.count++] = now.nodes[i];
	tree_drop(from);
	for (size_t i = 0; i < moved.count; i++) {
		autofree char *place = xasprintf("%s%s", to, moved.nodes[i].path + strlen(from));
		struct tree_node *there = tree_add(place, moved.nodes[i].kind), old = *there;

		*there = moved.nodes[i];
		there->mtime_s = clock_s;
		memcpy(there->path, old.path, sizeof there->path);
	}
}

/* A folder's hash is one over all below it. */
static struct digest hash_below(const char *folder)
{
	struct hasher *h = hasher_new();
	struct digest digest;

	for (size_t i = 0; i < now.count; i++) {
		const struct tree_node *n = &now.nodes[i];

		if (!treepath_is_below(n->path, folder))
			continue;
		hasher_add(h, n->path + strlen(folder), strlen(n->path + strlen(folder)));
		if (n->kind == PLAN_FILE)
			hasher_add(h, n->digest.bytes, DIGEST_SIZE);
		hasher_add(h, "", 1);
	}
	digest = hasher_finish(h);
	hasher_free(h);
	return digest;
}

void tree_hash(void)
{
	for (size_t i = 0; i < now.count; i++)
		if (now.nodes[i].kind == PLAN_FOLDER)
			now.nodes[i].digest = hash_below(now.nodes[i].path);
}

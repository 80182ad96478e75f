/* Random operations against a model in memory: after each the store answers as the model does; at the end all fits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/store.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

enum { PATHS = 3 + 9 + 27, OPERATIONS = 2500 };

/* All paths of depth 1 to 3 over three names. */
static struct model {
	char path[16];
	int parent; /* -1: the root */
	enum { NOTHING, FILE_NODE, COLLECTION } kind;
	struct digest digest;
	unsigned content;
} model[PATHS];

static void join(char *out, const char *above, char name)
{
	size_t len = strlen(above);

	memmove(out, above, len);
	out[len] = '/';
	out[len + 1] = name;
	out[len + 2] = '\0';
}

static void model_init(void)
{
	int count = 0, level_first = 0, level_end = 0;

	memset(model, 0, sizeof model);
	for (int i = 0; i < 3; i++) {
		model[count].parent = -1;
		snprintf(model[count++].path, sizeof model[0].path, "/%c", "abc"[i]);
	}
	for (int depth = 0; depth < 2; depth++) {
		level_first = level_end;
		level_end = count;
		for (int p = level_first; p < level_end; p++)
			for (int i = 0; i < 3; i++) {
				model[count].parent = p;
				join(model[count].path, model[p].path, "abc"[i]);
				count++;
			}
	}
	assert_int_equal(count, PATHS);
}

static bool parent_is_there(int i)
{
	return model[i].parent < 0 || model[model[i].parent].kind == COLLECTION;
}

static enum err expect_put(int i)
{
	if (!parent_is_there(i))
		return E_CONFLICT;
	return model[i].kind == COLLECTION ? E_METHOD : OK;
}

static enum err expect_mkcol(int i)
{
	if (!parent_is_there(i))
		return E_CONFLICT;
	return model[i].kind != NOTHING ? E_METHOD : OK;
}

static void model_remove(int i)
{
	model[i].kind = NOTHING;
	for (int k = 0; k < PATHS; k++)
		if (model[k].parent == i)
			model_remove(k);
}

/* The path of `k` when `from` is at `to`; -1: the model does not reach that deep. */
static int mapped(int k, int from, int to)
{
	char path[2 * sizeof model[0].path];

	snprintf(path, sizeof path, "%s%s", model[to].path, model[k].path + strlen(model[from].path));
	for (int i = 0; i < PATHS; i++)
		if (strcmp(model[i].path, path) == 0)
			return i;
	return -1;
}

static bool is_within(int k, int top)
{
	for (; k >= 0; k = model[k].parent)
		if (k == top)
			return true;
	return false;
}

/* Would all that is at `from` have a place in the model at `to`? */
static bool fits(int from, int to)
{
	for (int k = 0; k < PATHS; k++)
		if (is_within(k, from) && model[k].kind != NOTHING && mapped(k, from, to) < 0)
			return false;
	return true;
}

/* RFC 4918 §9.8, §9.9, in the order in which the store judges. */
static enum err expect_transfer(int from, int to, bool overwrite)
{
	if (model[from].kind == NOTHING)
		return E_NOT_FOUND;
	if (!parent_is_there(to))
		return E_CONFLICT;
	if ((from != to && is_within(to, from)) || (from != to && is_within(from, to) && model[to].kind == COLLECTION))
		return E_FORBIDDEN;
	if (from == to)
		return E_FORBIDDEN;
	return model[to].kind != NOTHING && !overwrite ? E_PRECONDITION : OK;
}

static void model_transfer(int from, int to, bool is_move)
{
	model_remove(to);
	for (int k = 0; k < PATHS; k++)
		if (is_within(k, from) && model[k].kind != NOTHING) {
			int at = mapped(k, from, to);

			model[at].kind = model[k].kind;
			model[at].digest = model[k].digest;
		}
	if (is_move)
		model_remove(from);
}

static enum err expect_lookup(int i)
{
	if (model[i].kind != NOTHING)
		return OK;
	return parent_is_there(i) ? E_NOT_FOUND : E_CONFLICT;
}

static void compare(struct store *s)
{
	for (int i = 0; i < PATHS; i++) {
		struct store_node node;

		assert_int_equal(store_lookup(s, span_of(model[i].path), &node), expect_lookup(i));
		if (model[i].kind == FILE_NODE)
			assert_true(digest_equal(&node.digest, &model[i].digest));
	}
}

static void step(struct store *s, unsigned random)
{
	int i = (int)(random / 8 % PATHS);
	char content[32];
	int len = snprintf(content, sizeof content, "content %u", random / 512 % 20);

	if (random / 512 % 3 == 0) {
		int to = (int)(random / 2048 % PATHS);
		bool is_move = random % 2, overwrite = random % 4 > 1;
		enum err expected = expect_transfer(i, to, overwrite);
		struct store_step transfer = { .op = is_move ? STORE_MOVE : STORE_COPY,
					       .path = span_of(model[i].path),
					       .destination = span_of(model[to].path),
					       .mtime_ns = STORE_MTIME_NOW,
					       .overwrite = overwrite };

		if (!fits(i, to))
			return;
		assert_int_equal(help_run(s, &transfer).error, expected);
		if (expected == OK)
			model_transfer(i, to, is_move);
	} else if (random % 8 < 4) {
		assert_int_equal(help_put(s, model[i].path, content, (size_t)len, NULL).error, expect_put(i));
		if (expect_put(i) == OK) {
			model[i].kind = FILE_NODE;
			model[i].digest = digest_of(content, (size_t)len);
		}
	} else if (random % 8 < 6) {
		assert_int_equal(help_mkcol(s, model[i].path).error, expect_mkcol(i));
		if (expect_mkcol(i) == OK)
			model[i].kind = COLLECTION;
	} else {
		assert_int_equal(help_delete(s, model[i].path, NULL).error,
				 model[i].kind == NOTHING ? E_NOT_FOUND : OK);
		model_remove(i);
	}
}

TEST(tree_answers_as_a_model_does_after_random_operations)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));
	unsigned seed = 20251122;

	model_init();
	for (int i = 0; i < OPERATIONS; i++) {
		step(s, (unsigned)rand_r(&seed));
		if (i % 100 == 0)
			compare(s);
		if (i % 500 == 499) {
			store_close(s);
			assert_true(check_store(folder));
			s = help_store_reopen(folder);
		}
	}
	compare(s);
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

/* The same in groups: nothing is waited for, so that many share a commit and folders are folded late. */
TEST(tree_fits_after_random_operations_that_share_commits)
{
	enum { BATCH = 64 };
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));
	struct help_waiter *waiters[BATCH];
	unsigned seed = 7;

	model_init();
	for (int round = 0; round < 20; round++) {
		for (int k = 0; k < BATCH; k++) {
			unsigned random = (unsigned)rand_r(&seed);
			struct store_txn *t = store_txn_new(NULL);
			struct store_step step = { .op = (enum store_op)(random % 8 / 3),
						   .path = span_of(model[random / 8 % PATHS].path),
						   .mtime_ns = STORE_MTIME_NOW };

			if (step.op == STORE_PUT)
				step.upload = help_upload(s, &random, sizeof random);
			store_txn_add(t, &step);
			waiters[k] = help_waiter_new();
			store_submit(s, t, help_done, waiters[k]);
		}
		for (int k = 0; k < BATCH; k++)
			help_wait(waiters[k]);
	}
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

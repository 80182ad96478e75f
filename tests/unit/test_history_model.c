/*
 * History against a simple list: after every change the whole tree is written down; then the store has to tell the same of every
 * number, to show every content that a path was ever seen with, and to bring any collection back as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/store_history.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

enum { PATHS = 3 + 9 + 27, OPERATIONS = 500 };

static char paths[PATHS][8];

/* The tree after one change. */
struct moment {
	int64_t number;
	struct digest root;
	struct {
		enum { NOTHING, FILE_NODE, COLLECTION } kind;
		struct digest digest;
	} at[PATHS];
};

static struct moment moments[OPERATIONS + 1];
static size_t moment_count;

static void make_paths(void)
{
	size_t count = 0;

	for (size_t i = 0; i < 3; i++)
		snprintf(paths[count++], sizeof paths[0], "/%c", "abc"[i]);
	for (size_t i = 0; count < PATHS; i++)
		for (size_t k = 0; k < 3; k++) {
			memcpy(paths[count], paths[i], sizeof paths[0]);
			memcpy(paths[count] + strlen(paths[i]), (char[]){ '/', "abc"[k], '\0' }, 3);
			count++;
		}
	moment_count = 0;
}

static void write_down(struct store *s)
{
	struct moment *m = &moments[moment_count];
	struct store_node node;

	memset(m, 0, sizeof *m);
	m->number = store_head(s);
	if (moment_count && moments[moment_count - 1].number == m->number)
		return;
	moment_count++;
	assert_ok(store_lookup(s, span_of("/"), &node));
	m->root = node.digest;
	for (size_t i = 0; i < PATHS; i++) {
		if (store_lookup(s, span_of(paths[i]), &node) != OK)
			continue;
		m->at[i].kind = node.kind == STORE_FILE ? FILE_NODE : COLLECTION;
		m->at[i].digest = node.digest;
	}
}

/* ---- changes ---- */

/* `limit` 1: what has more changes than that is built aside. */
static struct store_result restore(struct store *s, size_t path, const struct moment *m, unsigned limit)
{
	struct store_restore r = { .number = m->number,
				   .path = span_of(path == PATHS ? "/" : paths[path]),
				   .limit = limit };
	struct help_waiter *w = help_waiter_new();
	struct store_staged *staged = store_staged_new();
	struct store_result result;
	struct store_node node;
	struct store_txn *t;
	unsigned changes;

	assert_ok(store_lookup_at(s, r.path, r.number, &node));
	r.node = node.id;
	assert_ok(store_restore_plan(s, &r, &(struct store_author){ "ann", "ann@laptop" }, staged, &t, &changes));
	store_submit(s, t, help_done, w);
	result = help_wait(w);
	if (result.error == OK)
		store_staged_forget(staged);
	store_staged_free(s, staged);
	return result;
}

/* Something that was there once, where it can be put. */
static void restore_some(struct store *s, unsigned random)
{
	const struct moment *m = &moments[random / 64 % moment_count];
	size_t path = random % (PATHS + 1);
	bool is_root = path == PATHS;
	struct store_node node;

	if (!is_root && m->at[path].kind == NOTHING)
		return;
	if (!is_root && strlen(paths[path]) > 2) {
		char above[8];

		snprintf(above, sizeof above, "%.*s", (int)strlen(paths[path]) - 2, paths[path]);
		if (store_lookup(s, span_of(above), &node) != OK || node.kind != STORE_COLLECTION)
			return;
	}
	assert_ok(restore(s, path, m, random / 4096 % 2).error);
	assert_ok(store_lookup(s, is_root ? span_of("/") : span_of(paths[path]), &node));
	assert_true(digest_equal(&node.digest, is_root ? &m->root : &m->at[path].digest));
}

static void change(struct store *s, unsigned random)
{
	const char *path = paths[random / 16 % PATHS], *to = paths[random / 1024 % PATHS];
	struct store_step step = { .path = span_of(path), .destination = span_of(to), .mtime_ns = STORE_MTIME_NOW };
	char content[32];

	step.overwrite = random / 65536 % 2;
	snprintf(content, sizeof content, "content %u", random / 512 % 40);
	switch (random % 16) {
	case 0:
	case 1:
	case 2:
		help_mkcol(s, path);
		break;
	case 3:
		help_delete(s, path, NULL);
		break;
	case 4:
	case 5:
		step.op = STORE_MOVE;
		help_run(s, &step);
		break;
	case 6:
		step.op = STORE_COPY;
		help_run(s, &step);
		break;
	case 7:
		restore_some(s, random / 16);
		break;
	default:
		help_put_text(s, path, content);
	}
}

/* ---- questions ---- */

static bool same_member(void *arg, const struct store_node *member)
{
	const struct moment *m = &moments[*(size_t *)arg];
	char path[8] = { '/', member->name[0], '\0' };

	for (size_t i = 0; i < 3; i++)
		if (strcmp(paths[i], path) == 0) {
			assert_int_equal(m->at[i].kind == FILE_NODE, member->kind == STORE_FILE);
			if (m->at[i].kind == FILE_NODE)
				assert_true(digest_equal(&m->at[i].digest, &member->digest));
		}
	return true;
}

static void compare_moment(struct store *s, size_t which)
{
	const struct moment *m = &moments[which];
	struct store_node node;

	assert_ok(store_list_at(s, 1, m->number, "", 10, same_member, &which));
	for (size_t i = 0; i < PATHS; i++) {
		enum err e = store_lookup_at(s, span_of(paths[i]), m->number, &node);

		assert_int_equal(e, m->at[i].kind == NOTHING ? E_NOT_FOUND : OK);
		if (m->at[i].kind == FILE_NODE)
			assert_true(digest_equal(&node.digest, &m->at[i].digest));
	}
}

struct seen {
	struct digest list[4 * OPERATIONS];
	size_t count;
};

static bool note_version(void *arg, const struct store_version *v)
{
	struct seen *seen = arg;
	bool was_there = false;

	assert_true(seen->count < ARRAY_LEN(seen->list));
	seen->list[seen->count++] = v->content.digest;
	/* Where it says it was, it was seen; but what came and went within one change of the test nobody saw. */
	for (size_t k = 0; k < moment_count && !was_there; k++)
		for (size_t i = 0; i < PATHS && !was_there; i++)
			was_there = moments[k].at[i].kind == FILE_NODE && span_is(v->then, paths[i]) &&
				    digest_equal(&moments[k].at[i].digest, &v->content.digest);
	if (!was_there)
		print_error("version %lld of %lld: not seen at %.*s\n", (long long)v->number, (long long)v->node,
			    (int)v->then.len, v->then.ptr);
	assert_true(was_there || v->until - v->number == 1);
	return true;
}

static bool has(const struct seen *seen, const struct digest *d)
{
	for (size_t i = 0; i < seen->count; i++)
		if (digest_equal(&seen->list[i], d))
			return true;
	return false;
}

static void compare_history(struct store *s, size_t path)
{
	struct seen seen = { .count = 0 };
	bool is_cut, was_ever = false;
	enum err e = store_history(s, span_of(paths[path]), note_version, &seen, &is_cut);

	for (size_t k = 0; k < moment_count; k++) {
		if (moments[k].at[path].kind != FILE_NODE)
			continue;
		was_ever = true;
		if (!has(&seen, &moments[k].at[path].digest))
			print_error("%s: what it had at %lld is not in its history\n", paths[path],
				    (long long)moments[k].number);
		assert_true(has(&seen, &moments[k].at[path].digest));
	}
	if (was_ever)
		assert_ok(e);
}

static void run(unsigned seed)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));

	make_paths();
	write_down(s);
	for (int i = 0; i < OPERATIONS; i++) {
		change(s, (unsigned)rand_r(&seed));
		if (moment_count < ARRAY_LEN(moments))
			write_down(s);
	}
	for (size_t k = 0; k < moment_count; k += 7)
		compare_moment(s, k);
	for (size_t i = 0; i < PATHS; i++)
		compare_history(s, i);
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

TEST(history_model_agrees_after_random_changes)
{
	run(20261128);
}

TEST(history_model_agrees_after_other_random_changes)
{
	run(5);
}

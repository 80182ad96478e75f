#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/uuid.h"
#include "server/store/store_lock.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

/* ---- what the tests are written with ---- */

static struct store *s;

static struct store_result run_as(const char *user, const struct store_step *step)
{
	struct store_txn *t = store_txn_new(&(struct store_author){ user, "client" });
	struct help_waiter *w = help_waiter_new();

	store_txn_add(t, step);
	store_submit(s, t, help_done, w);
	return help_wait(w);
}

enum { EXCLUSIVE = 0, SHARED = 1, DEEP = 2 };

static enum err lock_for(const char *user, const char *path, unsigned how, int64_t seconds,
			 unsigned char token[STORE_LOCK_TOKEN_SIZE])
{
	struct store_lock lock = { .is_shared = how & SHARED,
				   .is_infinite = (how & DEEP) != 0,
				   .expires_s = clock_now_s() + seconds,
				   .owner = span_of("<x/>") };
	struct store_step step = {
		.op = STORE_LOCK, .path = span_of(path), .lock = &lock, .mtime_ns = STORE_MTIME_NOW
	};
	struct store_node node;
	struct store_result result;

	if (store_lookup(s, span_of(path), &node) != OK)
		step.upload = help_upload(s, "", 0);
	result = run_as(user, &step);
	if (result.error == OK)
		memcpy(token, result.lock.token, STORE_LOCK_TOKEN_SIZE);
	return result.error;
}

static void lock_it(const char *path, unsigned how, unsigned char token[STORE_LOCK_TOKEN_SIZE])
{
	assert_ok(lock_for("ann", path, how, 100, token));
}

/* What a step may be tried with: the tokens of one If header, each about a path of its own. */
struct attempt {
	const char *user;
	const unsigned char *token; /* NULL: none is submitted */
	const char *about;          /* the path that the token is said of; NULL: the step's own */
};

static enum err try_step(const struct attempt *a, const struct store_step *step)
{
	char uri[UUID_URI_SIZE];
	struct store_if_term term = { .kind = STORE_IF_TOKEN };
	struct store_if_list list = { .path = a->about ? span_of(a->about) : step->path,
				      .terms = &term,
				      .term_count = 1 };
	struct store_if ifs = { &list, 1 };
	struct store_step now = *step;

	now.mtime_ns = STORE_MTIME_NOW;
	if (a->token) {
		term.text = span_of(uuid_write(a->token, uri));
		now.ifs = &ifs;
	}
	if (now.op == STORE_PUT)
		now.upload = help_upload(s, "new", 3);
	return run_as(a->user, &now).error;
}

static enum err put_as(const char *user, const unsigned char *token, const char *path)
{
	return try_step(&(struct attempt){ user, token, NULL },
			&(struct store_step){ .op = STORE_PUT, .path = span_of(path) });
}

static void make_tree(void)
{
	s = help_store_open();
	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_mkcol(s, "/d/sub").error);
	assert_ok(help_put_text(s, "/d/f", "1").error);
	assert_ok(help_put_text(s, "/d/sub/g", "1").error);
	assert_ok(help_put_text(s, "/o", "1").error);
}

static void close_and_check(void)
{
	char *folder = strdup(store_folder(s));

	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

/* ---- RFC 4918 §6, §7 ---- */

TEST(locks_token_and_user_together_open_the_lock)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE], other[STORE_LOCK_TOKEN_SIZE];

	make_tree();
	lock_it("/d/f", EXCLUSIVE, token);
	lock_it("/o", EXCLUSIVE, other);
	assert_int_equal(put_as("bea", NULL, "/d/f"), E_LOCKED);
	assert_int_equal(put_as("ann", NULL, "/d/f"), E_LOCKED);
	assert_int_equal(put_as("bea", token, "/d/f"), E_LOCKED); /* §6.4: knowing the token is no right */
	assert_int_equal(put_as("ann", other, "/d/f"), E_PRECONDITION);
	assert_ok(put_as("ann", token, "/d/f"));
	close_and_check();
}

/* What a lock of each kind guards, for somebody else. */
TEST(locks_guard_their_scope_and_no_more)
{
	static const struct {
		const char *locked;
		unsigned how;
		enum store_op op;
		const char *path, *destination;
		enum err expected;
	} cases[] = {
		{ "/d/f", EXCLUSIVE, STORE_PUT, "/d/f", NULL, E_LOCKED },
		{ "/d/f", SHARED, STORE_PUT, "/d/f", NULL, E_LOCKED },
		{ "/d/f", EXCLUSIVE, STORE_DELETE, "/d/f", NULL, E_LOCKED },
		{ "/d/f", EXCLUSIVE, STORE_DELETE, "/d", NULL, E_LOCKED },
		{ "/d/f", EXCLUSIVE, STORE_MOVE, "/d/f", "/m", E_LOCKED },
		{ "/d/f", EXCLUSIVE, STORE_MOVE, "/d", "/m", E_LOCKED },
		{ "/d/f", EXCLUSIVE, STORE_COPY, "/d/f", "/m", OK }, /* reading is free */
		{ "/d/f", EXCLUSIVE, STORE_COPY, "/o", "/d/f", E_LOCKED },
		{ "/d/f", EXCLUSIVE, STORE_MOVE, "/o", "/d/f", E_LOCKED },
		{ "/d/f", EXCLUSIVE, STORE_COPY, "/o", "/d", E_LOCKED }, /* something below goes */
		{ "/d/f", EXCLUSIVE, STORE_PUT, "/d/sub/g", NULL, OK },
		{ "/d/f", EXCLUSIVE, STORE_PUT, "/d/new", NULL, OK },
		/* Depth 0 on a collection: its properties, and which members it has (§7.4). */
		{ "/d", EXCLUSIVE, STORE_PROPPATCH, "/d", NULL, E_LOCKED },
		{ "/d", EXCLUSIVE, STORE_PUT, "/d/new", NULL, E_LOCKED },
		{ "/d", EXCLUSIVE, STORE_MKCOL, "/d/new", NULL, E_LOCKED },
		{ "/d", EXCLUSIVE, STORE_DELETE, "/d/f", NULL, E_LOCKED },
		{ "/d", EXCLUSIVE, STORE_MOVE, "/d/f", "/m", E_LOCKED },
		{ "/d", EXCLUSIVE, STORE_MOVE, "/o", "/d/new", E_LOCKED },
		{ "/d", EXCLUSIVE, STORE_COPY, "/o", "/d/new", E_LOCKED },
		{ "/d", EXCLUSIVE, STORE_COPY, "/o", "/d/f", E_LOCKED }, /* what is there is deleted first (§9.8.4) */
		{ "/d", EXCLUSIVE, STORE_PUT, "/d/f", NULL, OK },
		{ "/d", EXCLUSIVE, STORE_PROPPATCH, "/d/f", NULL, OK },
		{ "/d", EXCLUSIVE, STORE_PUT, "/d/sub/new", NULL, OK },
		{ "/d", EXCLUSIVE, STORE_DELETE, "/d", NULL, E_LOCKED },
		/* Infinity: all of it. */
		{ "/d", DEEP, STORE_PUT, "/d/f", NULL, E_LOCKED },
		{ "/d", DEEP, STORE_PUT, "/d/sub/g", NULL, E_LOCKED },
		{ "/d", DEEP, STORE_PUT, "/d/sub/new", NULL, E_LOCKED },
		{ "/d", DEEP, STORE_PROPPATCH, "/d/sub/g", NULL, E_LOCKED },
		{ "/d", DEEP, STORE_MOVE, "/o", "/d/sub/new", E_LOCKED },
		{ "/d", DEEP | SHARED, STORE_PUT, "/d/sub/g", NULL, E_LOCKED },
		{ "/d", DEEP, STORE_PUT, "/o", NULL, OK },
		{ "/d", DEEP, STORE_COPY, "/d", "/m", OK },
	};
	static const struct store_prop_change prop = { .prop = { { "x:", 2 }, { "p", 1 }, { "", 0 }, { "1", 1 } } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char token[STORE_LOCK_TOKEN_SIZE];
		struct store_step step = { .op = cases[i].op, .path = span_of(cases[i].path), .overwrite = true };
		enum err e;

		make_tree();
		lock_it(cases[i].locked, cases[i].how, token);
		if (cases[i].destination)
			step.destination = span_of(cases[i].destination);
		if (step.op == STORE_PROPPATCH) {
			step.props = &prop;
			step.prop_count = 1;
		}
		e = try_step(&(struct attempt){ "bea", NULL, NULL }, &step);
		if (e != cases[i].expected)
			fail_msg("case %zu: %s", i, err_words(e));
		/* The owner, with the token about what he locked, may do it all. */
		if (e == E_LOCKED)
			assert_ok(try_step(&(struct attempt){ "ann", token, cases[i].locked }, &step));
		close_and_check();
	}
}

TEST(locks_clash_by_scope_and_depth)
{
	static const struct {
		const char *first;
		unsigned how;
		const char *second;
		unsigned how_second;
		enum err expected;
	} cases[] = {
		{ "/o", EXCLUSIVE, "/o", EXCLUSIVE, E_LOCKED },     { "/o", EXCLUSIVE, "/o", SHARED, E_LOCKED },
		{ "/o", SHARED, "/o", EXCLUSIVE, E_LOCKED },        { "/o", SHARED, "/o", SHARED, OK },
		{ "/d", EXCLUSIVE, "/d/f", EXCLUSIVE, OK },         { "/d", DEEP, "/d/f", EXCLUSIVE, E_LOCKED },
		{ "/d", DEEP | SHARED, "/d/f", SHARED, OK },        { "/d", DEEP | SHARED, "/d/sub", DEEP, E_LOCKED },
		{ "/d/sub/g", EXCLUSIVE, "/d", DEEP, E_LOCKED },    { "/d/sub/g", EXCLUSIVE, "/d", EXCLUSIVE, OK },
		{ "/d/sub/g", SHARED, "/d", DEEP | SHARED, OK },    { "/d", DEEP, "/d/new", EXCLUSIVE, E_LOCKED },
		{ "/d", EXCLUSIVE, "/d/new", EXCLUSIVE, E_LOCKED }, /* a new member */
		{ "/d", EXCLUSIVE, "/o", EXCLUSIVE, OK },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char token[STORE_LOCK_TOKEN_SIZE];
		enum err e;

		make_tree();
		lock_it(cases[i].first, cases[i].how, token);
		e = lock_for("bea", cases[i].second, cases[i].how_second, 100, token);
		if (e != cases[i].expected)
			fail_msg("case %zu: %s", i, err_words(e));
		close_and_check();
	}
}

TEST(locks_on_nothing_make_an_empty_file_that_stays)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];

	make_tree();
	assert_int_equal(lock_for("ann", "/none/new", EXCLUSIVE, 100, token), E_CONFLICT);
	lock_it("/new", EXCLUSIVE, token);
	assert_true(help_has(s, "/new", "", 0));
	assert_int_equal(put_as("bea", NULL, "/new"), E_LOCKED);
	assert_ok(put_as("ann", token, "/new"));
	assert_true(help_has(s, "/new", "new", 3));
	assert_ok(
	    run_as("ann", &(struct store_step){ .op = STORE_UNLOCK, .path = span_of("/new"), .token = token }).error);
	assert_ok(put_as("bea", NULL, "/new"));
	close_and_check();
}

static enum err unlock_as(const char *user, const char *path, const unsigned char *token)
{
	return run_as(user, &(struct store_step){ .op = STORE_UNLOCK, .path = span_of(path), .token = token }).error;
}

TEST(locks_are_removed_by_their_owner_anywhere_in_their_scope)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE], none[STORE_LOCK_TOKEN_SIZE] = { 0 };

	make_tree();
	lock_it("/d", DEEP, token);
	assert_int_equal(unlock_as("bea", "/d", token), E_FORBIDDEN);
	assert_int_equal(unlock_as("ann", "/d", none), E_PRECONDITION);
	assert_int_equal(unlock_as("ann", "/o", token), E_PRECONDITION);
	assert_true(store_has_locks(s));
	assert_ok(unlock_as("ann", "/d/sub/g", token));
	assert_false(store_has_locks(s));
	assert_int_equal(unlock_as("ann", "/d", token), E_PRECONDITION);
	assert_ok(put_as("bea", NULL, "/d/f"));
	close_and_check();
}

TEST(locks_run_out_unless_refreshed)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	struct store_lock longer = { .expires_s = clock_now_s() + 1000 };
	struct store_step refresh = { .op = STORE_REFRESH, .path = span_of("/o"), .lock = &longer, .token = token };
	struct store_result result;

	make_tree();
	assert_ok(lock_for("ann", "/o", EXCLUSIVE, 100, token));
	clock_set_fixed((clock_now_s() + 100) * NS_PER_S);
	assert_ok(put_as("bea", NULL, "/o"));
	assert_int_equal(run_as("ann", &refresh).error, E_PRECONDITION); /* what ran out is gone */
	assert_ok(lock_for("ann", "/o", EXCLUSIVE, 100, token));
	assert_int_equal(run_as("bea", &refresh).error, E_FORBIDDEN);
	result = run_as("ann", &refresh);
	assert_ok(result.error);
	assert_int_equal(result.lock.expires_s, longer.expires_s);
	assert_int_equal(put_as("bea", NULL, "/o"), E_LOCKED);
	clock_set_fixed(0);
	close_and_check();
}

/* The clock went on between asking and the change: it was made, and is over. */
TEST(locks_that_run_out_at_once_were_made)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];

	make_tree();
	assert_ok(lock_for("ann", "/o", EXCLUSIVE, 0, token));
	assert_ok(put_as("bea", NULL, "/o"));
	close_and_check();
}

TEST(locks_survive_a_restart)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	char *folder;

	make_tree();
	lock_it("/d", DEEP, token);
	folder = strdup(store_folder(s));
	store_close(s);
	s = help_store_reopen(folder);
	free(folder);
	assert_true(store_has_locks(s));
	assert_int_equal(put_as("bea", NULL, "/d/f"), E_LOCKED);
	assert_ok(try_step(&(struct attempt){ "ann", token, "/d" },
			   &(struct store_step){ .op = STORE_PUT, .path = span_of("/d/f") }));
	close_and_check();
}

/* §7.5, §9.8.4, §9.9.4: a lock belongs to the URL: what leaves it loses it, what comes there has it. */
TEST(locks_stay_with_the_place)
{
	static const struct {
		const char *locked;
		enum store_op op;
		const char *path, *destination;
		const char *free_now, *locked_now; /* NULL: nothing is */
	} cases[] = {
		{ "/o", STORE_MOVE, "/o", "/m", "/m", NULL },
		{ "/d", STORE_MOVE, "/d", "/m", "/m/new", NULL },
		{ "/d/f", STORE_MOVE, "/d", "/m", "/m/f", NULL },
		{ "/d/f", STORE_COPY, "/d/f", "/m", "/m", "/d/f" },
		{ "/d/f", STORE_MOVE, "/o", "/d/f", NULL, "/d/f" },
		{ "/d/f", STORE_COPY, "/o", "/d/f", NULL, "/d/f" },
		{ "/o", STORE_COPY, "/d", "/o", NULL, "/o" }, /* a collection where a file was */
		{ "/o", STORE_MOVE, "/d", "/o", NULL, "/o" },
		{ "/d", STORE_COPY, "/o", "/d", NULL, "/d" }, /* and the other way */
		{ "/d/f", STORE_DELETE, "/d/f", NULL, "/d/f", NULL },
		{ "/d/sub/g", STORE_DELETE, "/d", NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char token[STORE_LOCK_TOKEN_SIZE];
		struct store_step step = { .op = cases[i].op, .path = span_of(cases[i].path), .overwrite = true };
		struct store_node node;

		make_tree();
		lock_it(cases[i].locked, EXCLUSIVE, token);
		if (cases[i].destination)
			step.destination = span_of(cases[i].destination);
		assert_ok(try_step(&(struct attempt){ "ann", token, cases[i].locked }, &step));
		if (cases[i].free_now)
			assert_ok(put_as("bea", NULL, cases[i].free_now));
		if (cases[i].locked_now) {
			assert_ok(store_lookup(s, span_of(cases[i].locked_now), &node));
			assert_int_equal(
			    try_step(&(struct attempt){ "bea", NULL, NULL },
				     &(struct store_step){ .op = STORE_DELETE, .path = span_of(cases[i].locked_now) }),
			    E_LOCKED);
			assert_ok(unlock_as("ann", cases[i].locked_now, token));
		}
		assert_false(store_has_locks(s));
		close_and_check();
	}
}

TEST(locks_name_what_is_in_the_way)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	struct arena *arena = arena_new();
	struct span culprit;

	make_tree();
	lock_it("/d/sub/g", EXCLUSIVE, token);
	assert_int_equal(
	    store_lock_check(s, span_of("/d"), STORE_LOCK_SELF | STORE_LOCK_BELOW, "bea", NULL, arena, &culprit),
	    E_LOCKED);
	assert_true(span_is(culprit, "/d/sub/g"));
	assert_ok(store_lock_check(s, span_of("/d"), STORE_LOCK_SELF, "bea", NULL, arena, &culprit));
	arena_free(arena);
	close_and_check();
}

TEST(locks_of_one_resource_are_bounded)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];

	make_tree();
	for (int i = 0; i < STORE_LOCKS_OF_RESOURCE; i++)
		assert_ok(lock_for("ann", "/o", SHARED, 100, token));
	assert_int_equal(lock_for("ann", "/o", SHARED, 100, token), E_TOO_LARGE);
	assert_ok(lock_for("ann", "/d", SHARED, 100, token));
	close_and_check();
}

static bool count_lock(void *arg, const struct store_lock *lock)
{
	++*(unsigned *)arg;
	assert_string_equal(lock->principal, "ann");
	assert_true(span_is(lock->owner, "<x/>"));
	return true;
}

TEST(locks_are_told_and_removed_by_the_administrator)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	unsigned at_f = 0, at_o = 0, all = 0;

	make_tree();
	lock_it("/o", EXCLUSIVE, token);
	lock_it("/d", DEEP, token);
	assert_ok(store_locks_at(s, span_of("/d/f"), count_lock, &at_f));
	assert_ok(store_locks_at(s, span_of("/d/none"), count_lock, &at_o));
	assert_int_equal(at_f, 1);
	assert_int_equal(at_o, 1);
	assert_ok(store_locks_list(s, count_lock, &all));
	assert_int_equal(all, 2);
	assert_ok(store_lock_remove(s, token));
	assert_int_equal(store_lock_remove(s, token), E_NOT_FOUND);
	assert_ok(put_as("bea", NULL, "/d/f"));
	close_and_check();
}

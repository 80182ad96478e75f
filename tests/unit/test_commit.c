#include "server/store/commit.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/fsio.h"
#include "server/store/store_access.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static struct help_waiter *submit_put(struct store *s, const char *path, const char *text, const struct cond *cond)
{
	struct store_txn *t = store_txn_new(NULL);
	struct help_waiter *w = help_waiter_new();

	store_txn_add(t, &(struct store_step){ .op = STORE_PUT,
					       .path = span_of(path),
					       .cond = cond,
					       .upload = help_upload(s, text, strlen(text)),
					       .mtime_ns = STORE_MTIME_NOW });
	store_submit(s, t, help_done, w);
	return w;
}

static void close_and_check(struct store *s)
{
	char *folder = strdup(store_folder(s));

	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

/* ---- races ---- */

enum { WRITERS = 32, ROUNDS = 20 };

static struct cond condition(const char *match, const char *none_match)
{
	struct cond c = COND_NONE;

	c.if_match = match;
	c.if_none_match = none_match;
	return c;
}

static void race(struct store *s, const struct cond *cond, bool held_back)
{
	struct help_waiter *waiters[WRITERS];
	char text[32];
	int won = 0;

	/* Held back, they are surely one group. */
	fsio_fault_set(held_back ? "segment-append:1:sleep20" : NULL);
	if (held_back)
		waiters[0] = submit_put(s, "/other", "x", NULL);
	usleep(held_back ? 5000 : 0);
	for (int i = held_back; i < WRITERS; i++) {
		snprintf(text, sizeof text, "writer %d", i);
		waiters[i] = submit_put(s, "/f", text, cond);
	}
	for (int i = 0; i < WRITERS; i++) {
		struct store_result r = help_wait(waiters[i]);

		assert_true(r.error == OK || r.error == E_PRECONDITION);
		won += r.error == OK && !(held_back && i == 0);
	}
	fsio_fault_set(NULL);
	assert_int_equal(won, 1);
}

TEST(commit_lets_exactly_one_of_many_writers_with_one_etag_win)
{
	struct store *s = help_store_open();
	struct store_node node;
	char etag[DIGEST_ETAG_SIZE];

	assert_ok(help_put_text(s, "/f", "first").error);
	for (int round = 0; round < ROUNDS; round++) {
		struct cond cond;

		assert_ok(store_lookup(s, span_of("/f"), &node));
		cond = condition(digest_etag(&node.digest, etag), NULL);
		race(s, &cond, round % 2);
	}
	close_and_check(s);
}

TEST(commit_lets_exactly_one_of_many_creators_win)
{
	struct store *s = help_store_open();
	struct cond cond = condition(NULL, "*");

	for (int round = 0; round < ROUNDS; round++) {
		race(s, &cond, round % 2);
		assert_ok(help_delete(s, "/f", NULL).error);
	}
	close_and_check(s);
}

struct thread {
	struct store *store;
	int number, won;
};

static void *write_often(void *arg)
{
	struct thread *t = arg;
	char path[32], text[32];

	for (int i = 0; i < 100; i++) {
		struct cond cond = condition(NULL, "*");

		snprintf(path, sizeof path, "/shared-%d", i);
		snprintf(text, sizeof text, "%d of %d", i, t->number);
		t->won += help_put(t->store, path, text, strlen(text), &cond).error == OK;
		snprintf(path, sizeof path, "/own-%d-%d", t->number, i % 7);
		if (help_put_text(t->store, path, text).error != OK || !help_has(t->store, path, text, strlen(text)))
			t->won = -1000;
	}
	return NULL;
}

TEST(commit_from_many_threads_loses_and_doubles_nothing)
{
	enum { THREADS = 8 };
	struct store *s = help_store_open();
	struct thread threads[THREADS];
	pthread_t ids[THREADS];
	int won = 0;

	for (int i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){ s, i, 0 };
		assert_int_equal(pthread_create(&ids[i], NULL, write_often, &threads[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(ids[i], NULL);
		won += threads[i].won;
	}
	assert_int_equal(won, 100);
	close_and_check(s);
}

/* ---- several steps ---- */

TEST(commit_of_several_steps_is_all_or_nothing)
{
	struct store *s = help_store_open();
	struct store_txn *t = store_txn_new(NULL);
	struct help_waiter *w = help_waiter_new();
	struct store_node node;
	struct store_result r;
	int64_t head;

	assert_ok(help_put_text(s, "/old", "x").error);
	head = store_head(s);
	store_txn_add(t, &(struct store_step){ .op = STORE_MKCOL, .path = span_of("/d") });
	store_txn_add(t, &(struct store_step){ .op = STORE_PUT,
					       .path = span_of("/d/f"),
					       .upload = help_upload(s, "y", 1),
					       .mtime_ns = STORE_MTIME_NOW });
	store_txn_add(t, &(struct store_step){ .op = STORE_DELETE, .path = span_of("/old") });
	store_txn_add(t, &(struct store_step){ .op = STORE_DELETE, .path = span_of("/missing") });
	store_submit(s, t, help_done, w);
	r = help_wait(w);
	assert_int_equal(r.error, E_NOT_FOUND);
	assert_int_equal(r.step, 3);
	assert_int_equal(store_head(s), head);
	assert_int_equal(store_lookup(s, span_of("/d"), &node), E_NOT_FOUND);
	assert_true(help_has(s, "/old", "x", 1));
	t = store_txn_new(NULL);
	w = help_waiter_new();
	store_txn_add(t, &(struct store_step){ .op = STORE_MKCOL, .path = span_of("/d") });
	store_txn_add(t, &(struct store_step){ .op = STORE_DELETE, .path = span_of("/old") });
	store_submit(s, t, help_done, w);
	assert_ok(help_wait(w).error);
	assert_int_equal(store_head(s), head + 2);
	close_and_check(s);
}

/* ---- faults ---- */

TEST(commit_on_a_full_disk_refuses_the_writers_and_recovers)
{
	static const char *const specs[] = { "segment-append:1+:ENOSPC", "segment-append:1+:short",
					     "commit-begin:1+:ENOSPC", "commit-apply:1+:ENOSPC" };
	struct store *s = help_store_open();

	assert_ok(help_put_text(s, "/f", "first").error);
	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		int64_t head = store_head(s);

		fsio_fault_set(specs[i]);
		assert_int_equal(help_put_text(s, "/f", "second").error, E_NO_SPACE);
		assert_true(help_has(s, "/f", "first", 5));
		fsio_fault_set(NULL);
		assert_false(store_is_read_only(s));
		assert_int_equal(store_head(s), head);
		assert_ok(help_put_text(s, "/g", specs[i]).error);
	}
	close_and_check(s);
}

TEST(commit_that_fails_as_a_group_is_tried_one_by_one)
{
	/* The group fails; of its members, tried alone, only the second. */
	static const char *const specs[] = { "segment-append:1:sleep1000,commit-begin:2:EIO,commit-begin:4:EIO",
					     "segment-append:1:sleep1000,commit-apply:2:ENOSPC,commit-apply:4:EIO" };

	for (size_t k = 0; k < ARRAY_LEN(specs); k++) {
		struct store *s = help_store_open();
		struct help_waiter *first, *waiters[8];
		int failed = 0;
		char path[32];

		fsio_fault_set(specs[k]);
		first = submit_put(s, "/first", "x", NULL);
		usleep(150000); /* it is at the disk now, and the others wait for it together */
		for (int i = 0; i < 8; i++) {
			snprintf(path, sizeof path, "/f%d", i);
			waiters[i] = submit_put(s, path, path, NULL);
		}
		assert_ok(help_wait(first).error);
		for (int i = 0; i < 8; i++) {
			struct store_result r = help_wait(waiters[i]);

			assert_true(r.error == OK || r.error == E_IO);
			snprintf(path, sizeof path, "/f%d", i);
			assert_true(help_has(s, path, path, strlen(path)) == (r.error == OK));
			failed += r.error != OK;
		}
		fsio_fault_set(NULL);
		assert_int_equal(failed, 1);
		assert_false(store_is_read_only(s));
		close_and_check(s);
	}
}

TEST(commit_after_a_failed_sync_stops_and_acknowledges_nothing_more)
{
	static const char *const specs[] = { "segment-sync:1:EIO", "commit-sync:1:EIO" };

	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		struct store *s = help_store_open();
		struct cond cond = condition(NULL, "*");

		assert_ok(help_put_text(s, "/f", "kept").error);
		fsio_fault_set(specs[i]);
		assert_int_equal(help_put_text(s, "/g", "lost").error, E_UNKNOWN);
		fsio_fault_set(NULL);
		assert_true(store_is_read_only(s));
		assert_int_equal(help_put_text(s, "/h", "late").error, E_IO);
		assert_int_equal(help_delete(s, "/f", &cond).error, E_IO);
		assert_int_equal(store_user_add(s, "ann", NULL, 0), E_IO);
		assert_true(help_has(s, "/f", "kept", 4));
		close_and_check(s);
	}
}

TEST(commit_with_too_many_waiting_is_refused_undone)
{
	struct store_options options = STORE_DEFAULTS;
	struct store *s = NULL;
	struct help_waiter *waiters[64];
	int refused = 0;
	struct note why;

	options.create = true;
	options.reserve_bytes = 0;
	options.max_queued = 4;
	assert_ok(store_open(test_folder(), &options, &s, &why));
	fsio_fault_set("commit-begin:1:sleep400,commit-begin:2:sleep400");
	for (int i = 0; i < 64; i++)
		waiters[i] = submit_put(s, "/f", "x", NULL);
	for (int i = 0; i < 64; i++) {
		struct store_result r = help_wait(waiters[i]);

		assert_true(r.error == OK || r.error == E_BUSY);
		refused += r.error == E_BUSY;
	}
	fsio_fault_set(NULL);
	assert_true(refused > 0 && refused < 64);
	close_and_check(s);
}

TEST(commit_of_refused_conditions_alone_writes_nothing)
{
	struct store *s = help_store_open();
	struct cond cond = condition("\"no\"", NULL);
	int64_t head;

	assert_ok(help_put_text(s, "/f", "x").error);
	head = store_head(s);
	fsio_fault_set("commit-apply:1:EIO");
	assert_int_equal(help_delete(s, "/f", &cond).error, E_PRECONDITION);
	fsio_fault_set(NULL);
	assert_int_equal(store_head(s), head);
	close_and_check(s);
}

/* Enough that the WAL is checkpointed and begun anew while commits go on. */
TEST(commit_goes_on_while_the_log_is_begun_anew)
{
	struct store *s = help_store_open();
	struct help_waiter *waiters[128];
	char path[32];

	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 128; i++) {
			snprintf(path, sizeof path, "/%d-%d", (round * 7919 + i * 104729) % 5003, i);
			waiters[i] = submit_put(s, path, path, NULL);
		}
		for (int i = 0; i < 128; i++)
			assert_ok(help_wait(waiters[i]).error);
	}
	close_and_check(s);
}

/* ---- no memory ---- */

static atomic_uint refused_maps;
static atomic_bool refuses_maps;

static void *map_or_not(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	if (!atomic_load(&refuses_maps))
		return mmap(at, len, protection, flags, fd, offset);
	atomic_fetch_add(&refused_maps, 1);
	errno = ENOMEM;
	return MAP_FAILED;
}

/* So many pages, all in one record at the commit, that the log's index needs another stretch of shared memory. */
static enum err fill_log(struct db *db, void *cache_bytes)
{
	static const char insert[] = "INSERT INTO filler VALUES (zeroblob(?1))";
	enum err e;

	if ((e = db_set_cache(db, *(size_t *)cache_bytes)) != OK ||
	    (e = db_exec(db, "CREATE TABLE IF NOT EXISTS filler (x)")) != OK)
		return e;
	return db_run(db, insert, DB_INT(24 << 20));
}

TEST(commit_goes_on_when_there_is_memory_for_the_log_again)
{
	struct store *s = help_store_open();
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	char *folder = strdup(store_folder(s));
	size_t cache_bytes = 128 << 20, small_bytes = 1 << 20;
	int64_t head;

	vfs->xSetSystemCall(vfs, "mmap", (sqlite3_syscall_ptr)map_or_not);
	assert_ok(help_put_text(s, "/f", "before").error);
	head = store_head(s);
	atomic_store(&refuses_maps, true);
	assert_int_equal(commit_call(s, fill_log, &cache_bytes), E_UNKNOWN);
	assert_int_equal(commit_call(s, fill_log, &cache_bytes), E_UNKNOWN);
	/* Before the commit it is known that nothing came of it. */
	assert_int_equal(commit_call(s, fill_log, &small_bytes), E_BUSY);
	assert_true(atomic_load(&refused_maps) > 0);
	assert_true(help_has(s, "/f", "before", 6));
	assert_int_equal(store_head(s), head);
	atomic_store(&refuses_maps, false);

	/* Nobody sees what failed, and what comes after it takes its place for good. */
	assert_false(store_is_read_only(s));
	assert_ok(help_put_text(s, "/g", "after").error);
	assert_ok(commit_call(s, fill_log, &small_bytes));
	assert_ok(help_put_text(s, "/h", "after").error);
	assert_int_equal(store_head(s), head + 2);
	store_close(s);
	s = help_store_reopen(folder);
	assert_true(help_has(s, "/f", "before", 6) && help_has(s, "/g", "after", 5) && help_has(s, "/h", "after", 5));
	vfs->xSetSystemCall(vfs, "mmap", NULL);
	store_close(s);
	free(folder);
}

/* The collection of garbage and compaction: what goes, what stays, and against traffic. */
#include "server/store/store_gc.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/db.h"
#include "common/fsio.h"
#include "server/store/commit.h"
#include "server/store/store_snapshot.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

/* A collection from beginning to end. */
static struct store_gc_totals collect(struct store *s, bool rehearses)
{
	struct store_gc *g = store_gc_new(s, rehearses ? STORE_GC_REHEARSE : 0);
	struct store_gc_totals totals;
	bool is_end = false;

	while (!is_end)
		assert_ok(store_gc_next(g, &totals, &is_end));
	store_gc_free(g);
	return totals;
}

/* All history goes, at once: what only it referred to is dead. */
static enum err drop_history(struct db *db, void *arg)
{
	(void)arg;
	return db_exec(db, "DELETE FROM version; DELETE FROM trash;"
			   "DELETE FROM node WHERE parent = 2 AND id <> 2");
}

static void forget(struct store *s)
{
	assert_ok(commit_call(s, drop_history, NULL));
}

static char *noise(size_t len, unsigned seed)
{
	char *bytes = xmalloc(len + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)((i * 2654435761u + seed * 40503u) >> 7 ^ seed);
	return bytes;
}

static int64_t disk_bytes(const struct store *s, const char *name)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", store_folder(s), name);
	return stat(path, &st) == 0 ? (int64_t)st.st_blocks * 512 : -1;
}

TEST(gc_removes_what_nothing_refers_to_and_nothing_else)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *large = noise(3 << 20, 1), *other = noise(2 << 20, 2);
	struct store_gc_totals t;

	assert_ok(help_put(s, "/large", large, 3 << 20, NULL).error);
	assert_ok(help_put(s, "/large", other, 2 << 20, NULL).error);
	assert_ok(help_put_text(s, "/small", "one").error);
	assert_ok(help_put_text(s, "/small", "two").error);
	assert_ok(help_put_text(s, "/same", "one").error);
	assert_ok(help_put_text(s, "/gone", "deleted").error);
	assert_ok(help_delete(s, "/gone", NULL).error);
	t = collect(s, false);
	assert_int_equal(t.contents, 0); /* history refers to all of it */
	forget(s);
	t = collect(s, true);
	assert_int_equal(t.contents, 2);
	assert_int_equal(t.content_bytes, (3 << 20) + 7);
	t = collect(s, false);
	assert_int_equal(t.contents, 2);
	assert_true(t.freed_bytes >= 3 << 20);
	assert_int_equal(collect(s, false).contents, 0);
	assert_true(help_has(s, "/large", other, 2 << 20) && help_has(s, "/small", "two", 3) &&
		    help_has(s, "/same", "one", 3));
	/* The same bytes again: their row is made anew. */
	assert_ok(help_put(s, "/again", large, 3 << 20, NULL).error);
	assert_true(help_has(s, "/again", large, 3 << 20));
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
	free(large);
	free(other);
}

TEST(gc_gives_the_blocks_of_a_large_body_in_a_segment_back)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *a = noise(1 << 20, 1), *b = noise(1 << 20, 2), *c = noise(900000, 3);
	struct store_node node;
	struct store_content content;
	int64_t before;

	assert_ok(help_put(s, "/a", a, 1 << 20, NULL).error);
	assert_ok(help_put(s, "/b", b, 1 << 20, NULL).error);
	assert_ok(help_put(s, "/c", c, 900000, NULL).error);
	before = disk_bytes(s, "seg/000001");
	assert_ok(store_lookup(s, span_of("/a"), &node));
	assert_ok(store_content_open(s, &node, &content));
	assert_ok(help_delete(s, "/a", NULL).error);
	forget(s);
	/* Somebody reads it: no hole. */
	assert_int_equal(collect(s, false).freed_bytes, 0);
	assert_true(disk_bytes(s, "seg/000001") >= before);
	assert_ok(fsio_read_at(content.fd, a, 1 << 20, content.offset));
	assert_true(digest_equal(&(struct digest[]){ digest_of(a, 1 << 20) }[0], &node.digest));
	store_content_close(&content);
	assert_ok(help_delete(s, "/c", NULL).error);
	forget(s);
	assert_true(collect(s, false).freed_bytes >= 800000);
	assert_true(disk_bytes(s, "seg/000001") <= before - 800000);
	assert_true(help_has(s, "/b", b, 1 << 20));
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
	free(a);
	free(b);
	free(c);
}

TEST(gc_compacts_a_segment_that_is_mostly_dead)
{
	enum { FILES = 400, SIZE = 4000 };
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), path[32];
	struct store_gc_totals t;

	for (unsigned i = 0; i < FILES; i++) {
		autofree char *bytes = noise(SIZE, i);

		snprintf(path, sizeof path, "/f%u", i);
		assert_ok(help_put(s, path, bytes, SIZE, NULL).error);
	}
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(path, sizeof path, "/f%u", i);
		if (i % 5)
			assert_ok(help_delete(s, path, NULL).error);
	}
	forget(s);
	t = collect(s, true);
	assert_int_equal(t.contents, FILES / 5 * 4);
	t = collect(s, false);
	assert_int_equal(t.contents, FILES / 5 * 4);
	assert_int_equal(t.segments, 1);
	assert_int_equal(t.moved_bytes, FILES / 5 * SIZE);
	assert_true(t.freed_bytes >= (FILES - FILES / 5) * SIZE);
	assert_int_equal(disk_bytes(s, "seg/000001"), -1);
	for (unsigned i = 0; i < FILES; i += 5) {
		autofree char *bytes = noise(SIZE, i);

		snprintf(path, sizeof path, "/f%u", i);
		assert_true(help_has(s, path, bytes, SIZE));
	}
	assert_int_equal(collect(s, false).segments, 0);
	store_close(s);
	assert_true(check_store(folder));
	s = help_store_reopen(folder);
	assert_int_equal(collect(s, false).segments, 0);
	assert_ok(help_put_text(s, "/after", "after").error);
	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

TEST(gc_leaves_a_damaged_content_where_it_is)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *dead = noise(50000, 1), *path = xasprintf("%s/seg/000001", folder);
	struct store_node node;
	struct store_content content;
	int fd;

	assert_ok(help_put_text(s, "/rotten", "will rot").error);
	assert_ok(help_put_text(s, "/good", "stays good").error);
	for (int i = 0; i < 4; i++) {
		dead[0] = (char)i;
		assert_ok(help_put(s, "/dead", dead, 50000, NULL).error);
	}
	assert_ok(help_delete(s, "/dead", NULL).error);
	forget(s);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "X", 1, 0), 1);
	close(fd);
	assert_int_equal(collect(s, false).segments, 0); /* the segment stays */
	assert_ok(store_lookup(s, span_of("/rotten"), &node));
	assert_int_equal(store_content_open(s, &node, &content), E_CORRUPT);
	assert_true(help_has(s, "/good", "stays good", 10));
	assert_ok(help_put_text(s, "/other", "will rot").error); /* heals */
	assert_true(help_has(s, "/rotten", "will rot", 8));
	assert_int_equal(collect(s, false).segments, 1);
	store_close(s);
	assert_true(check_store(folder));
	free(dead);
	free(folder);
	free(path);
}

TEST(gc_does_nothing_while_somebody_copies)
{
	struct store *s = help_store_open();
	struct store_gc *g = store_gc_new(s, 0);
	struct store_gc_totals t;
	bool is_end = false;
	int64_t hold;
	enum err e = OK;

	assert_ok(help_put_text(s, "/a", "a").error);
	assert_ok(help_put_text(s, "/a", "b").error);
	forget(s);
	hold = store_hold(s);
	while (e == OK && !is_end)
		e = store_gc_next(g, &t, &is_end);
	assert_int_equal(e, E_BUSY);
	assert_int_equal(t.contents, 0);
	store_let_go(s, hold - 1); /* somebody else's */
	assert_int_equal(store_gc_next(g, &t, &is_end), E_BUSY);
	store_let_go(s, hold);
	for (is_end = false; !is_end;)
		assert_ok(store_gc_next(g, &t, &is_end));
	assert_int_equal(t.contents, 1);
	store_gc_free(g);
	store_close(s);
}

/* ---- against traffic ---- */

enum { NAMES = 8, KINDS = 6, SECONDS = 3, PATIENCE = 120 };

struct traffic {
	struct store *store;
	atomic_bool stop;
	atomic_int reads, writes, collections;
	char *bodies[KINDS];
	size_t sizes[KINDS];
};

/* The same few contents come and go under a few names: each dies and is born again all the time. */
static void *write_names(void *arg)
{
	struct traffic *t = arg;
	unsigned seed = 7;
	char path[16];

	while (!atomic_load(&t->stop)) {
		unsigned dice = (seed = seed * 1103515245u + 12345u) >> 16, kind = dice / NAMES % KINDS;
		struct store_result r;

		snprintf(path, sizeof path, "/n%u", dice % NAMES);
		if (dice % 5 == 0)
			r = help_delete(t->store, path, NULL);
		else
			r = help_put(t->store, path, t->bodies[kind], t->sizes[kind], NULL);
		assert_true(r.error == OK || r.error == E_NOT_FOUND);
		atomic_fetch_add(&t->writes, 1);
	}
	return NULL;
}

static void *read_names(void *arg)
{
	struct traffic *t = arg;
	char *room = xmalloc(2 << 20), path[16];
	unsigned seed = 99;

	while (!atomic_load(&t->stop)) {
		struct store_node node;
		struct store_content c;
		struct digest have;
		enum err e;

		seed = seed * 1103515245u + 12345u;
		snprintf(path, sizeof path, "/n%u", (seed >> 16) % NAMES);
		if (store_lookup(t->store, span_of(path), &node) != OK)
			continue;
		e = store_content_open(t->store, &node, &c);
		if (e == E_BUSY) /* it went since the look-up: all history goes at once here */
			continue;
		assert_ok(e);
		assert_ok(fsio_read_at(c.fd, room, (size_t)c.size_bytes, c.offset));
		have = digest_of(room, (size_t)c.size_bytes);
		assert_true(digest_equal(&have, &node.digest));
		store_content_close(&c);
		atomic_fetch_add(&t->reads, 1);
	}
	free(room);
	return NULL;
}

static void *collect_all_the_time(void *arg)
{
	struct traffic *t = arg;

	while (!atomic_load(&t->stop)) {
		forget(t->store);
		collect(t->store, false);
		atomic_fetch_add(&t->collections, 1);
	}
	return NULL;
}

TEST(gc_with_a_grace_of_nothing_harms_no_reader_and_no_put_of_the_same_bytes)
{
	static const size_t sizes[KINDS] = { 0, 700, 70000, 300000, 1 << 20, (1 << 20) + 5 };
	struct traffic t = { .store = help_store_open() };
	char *folder = strdup(store_folder(t.store));
	pthread_t threads[6];

	for (unsigned i = 0; i < KINDS; i++) {
		t.sizes[i] = sizes[i];
		t.bodies[i] = noise(sizes[i], i);
	}
	pthread_create(&threads[0], NULL, write_names, &t);
	pthread_create(&threads[1], NULL, write_names, &t);
	pthread_create(&threads[2], NULL, read_names, &t);
	pthread_create(&threads[3], NULL, read_names, &t);
	pthread_create(&threads[4], NULL, collect_all_the_time, &t);
	pthread_create(&threads[5], NULL, collect_all_the_time, &t);
	sleep(SECONDS);
	for (unsigned n = 0; n < PATIENCE && (t.reads <= 10 || t.writes <= 10 || t.collections <= 2); n++)
		sleep(1);
	atomic_store(&t.stop, true);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	assert_true(t.reads > 10 && t.writes > 10 && t.collections > 2);
	store_close(t.store);
	assert_true(check_store(folder));
	for (unsigned i = 0; i < KINDS; i++)
		free(t.bodies[i]);
	free(folder);
}

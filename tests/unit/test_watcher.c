/* What the kernel tells of a folder, and what is made of it when it lost some. */
#include "client/sync/watcher.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

static void touch(int folder, const char *name)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

/* More than the kernel keeps for who does not read; alternating, as it keeps equal ones but once. */
static void flood(int folder)
{
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	long most = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &most), 1);
	fclose(f);
	for (long i = 0; i <= most; i++)
		assert_int_equal(fchmodat(folder, i % 2 ? "a" : "b", 0600, 0), 0);
}

static struct dirty *nothing_dirty(void)
{
	struct dirty *dirty = dirty_new();

	dirty_clear(dirty);
	return dirty;
}

static struct watcher *watch(int folder)
{
	struct watcher *w;

	assert_int_equal(watcher_new(folder, &w), OK);
	return w;
}

TEST(watcher_tells_of_the_folder_alone_that_something_changed_in)
{
	int folder = open(test_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirty *dirty = nothing_dirty();
	struct watcher *w;

	assert_int_equal(mkdirat(folder, "d", 0700), 0);
	assert_int_equal(mkdirat(folder, "other", 0700), 0);
	w = watch(folder);
	assert_int_equal(watcher_take(w, dirty), WATCHER_QUIET);
	touch(folder, "d/new");
	assert_int_equal(watcher_take(w, dirty), WATCHER_NOW);
	assert_int_not_equal(dirty_at(dirty, "d"), DIRTY_NOT);
	assert_int_equal(dirty_at(dirty, "other"), DIRTY_NOT);
	assert_false(dirty_is_all(dirty));
	dirty_free(dirty);
	watcher_free(w);
	close(folder);
}

TEST(watcher_that_lost_events_takes_everything_for_changed_and_watches_what_came_meanwhile)
{
	int folder = open(test_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirty *dirty = nothing_dirty();
	struct watcher *w;

	touch(folder, "a");
	touch(folder, "b");
	w = watch(folder);
	flood(folder);
	assert_int_equal(mkdirat(folder, "late", 0700), 0);
	assert_int_equal(watcher_take(w, dirty), WATCHER_NOW);
	assert_true(dirty_is_all(dirty));
	dirty_clear(dirty);
	touch(folder, "late/new");
	assert_int_equal(watcher_take(w, dirty), WATCHER_NOW);
	assert_int_not_equal(dirty_at(dirty, "late"), DIRTY_NOT);
	dirty_free(dirty);
	watcher_free(w);
	close(folder);
}

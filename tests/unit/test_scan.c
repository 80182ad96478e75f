/* A file that somebody writes while it is read is held: its digest would be of what never was. */
#include "client/sync/scan.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

enum { SIZE = 64 << 20, TRIES = 100 };

struct writer {
	int fd;
	atomic_bool is_over;
};

static void *write_on(void *arg)
{
	struct writer *w = arg;

	while (!atomic_load(&w->is_over))
		if (write(w->fd, "x", 1) != 1)
			break;
	return NULL;
}

/* Was the one file there is held, and for that reason? */
static bool is_held(int folder)
{
	struct scan_config config = { .root = folder, .ignore = ignore_new(NULL) };
	struct scan scan;
	struct note why;
	bool is;

	assert_int_equal(scan_run(&config, &scan, &why), OK);
	assert_int_equal(scan.entry_count, 1);
	is = scan.entries[0].value.kind == PLAN_HELD && scan.entries[0].why == scan_being_written;
	scan_clear(&scan);
	ignore_free(config.ignore);
	return is;
}

TEST(scan_holds_a_file_that_changes_while_it_is_read)
{
	int folder = open(test_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct writer w = { .fd = openat(folder, "growing", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) };
	pthread_t thread;
	bool was_held = false;

	assert_true(w.fd >= 0);
	assert_int_equal(ftruncate(w.fd, SIZE), 0);
	assert_false(is_held(folder));
	assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
	/* The writer may not get a processor while it is read. */
	for (int i = 0; i < TRIES && !was_held; i++)
		was_held = is_held(folder);
	atomic_store(&w.is_over, true);
	pthread_join(thread, NULL);
	assert_true(was_held);
	close(w.fd);
	close(folder);
}

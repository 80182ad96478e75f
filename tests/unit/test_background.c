#include "client/remote/background.h"

#include <stdatomic.h>
#include <time.h>

#include "tests/unit/test.h"

enum { STEPS = 500 };

static atomic_int worked, woken;
static int collected; /* only the collecting thread touches it */

static void work(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void done(void *arg not_used)
{
	collected++;
}

static void wake(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

TEST(background_works_elsewhere_and_is_done_here)
{
	struct background *b = background_new(wake, &woken);
	size_t count = 0;

	for (int i = 0; i < STEPS; i++)
		background_add(b, work, done, &worked);
	for (int turns = 0; count < STEPS && turns < 10000; turns++) {
		count += background_collect(b);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	assert_int_equal(count, STEPS);
	assert_int_equal(worked, STEPS);
	assert_int_equal(collected, STEPS);
	assert_int_equal(woken, STEPS);
	background_free(b);
}

TEST(background_ends_what_it_began)
{
	struct background *b = background_new(wake, &woken);
	static atomic_int finished;

	for (int i = 0; i < STEPS; i++)
		background_add(b, work, done, &finished);
	background_free(b);
	assert_int_equal(finished, STEPS);
	background_free(NULL);
	background_free(background_new(wake, &woken));
}

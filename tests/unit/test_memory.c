/* The reserve, in a process of its own whose address space is limited for real. */
#include "common/clock.h"
#include "common/memory.h"
#include "tests/unit/test.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A sanitizer takes all address space for itself. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

enum { MIB = 1 << 20, RESERVE = 8 * MIB, ROOM = 24 * MIB, PIECES = 1024, PIECE = 256 << 10 };

#define NEED(what) \
	do { \
		if (!(what)) \
			return __LINE__; \
	} while (0)

static size_t address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int until_it_is_short(void)
{
	static void *pieces[PIECES];
	size_t limit = address_space() + ROOM;
	unsigned n = 0;
	int64_t end_ns;
	char *more;

	NEED(address_space() && memory_keep_reserve(RESERVE) && !memory_is_short());
	NEED(setrlimit(RLIMIT_AS, &(struct rlimit){ limit, limit }) == 0);
	while ((more = memory_grow(NULL, MIB)) && n < PIECES)
		pieces[n++] = more;
	/* A peer's wish that is too large is refused, and nothing is given up for it. */
	NEED(n > 4 && n < PIECES && !memory_is_short());
	/* What must be is there, from the reserve; and now it is short, and no peer's wish is granted, however small. */
	NEED((more = xmalloc(MIB)) != NULL && memory_is_short() && !memory_grow(NULL, 1));
	NEED(!memory_give_up()); /* once only */
	for (unsigned i = 0; i < 4; i++)
		NEED((pieces[n++] = memory_alloc(MIB)) != NULL);
	while (n)
		free(pieces[--n]);
	end_ns = clock_monotonic_ns() + 60 * NS_PER_S;
	while (memory_is_short() && clock_monotonic_ns() < end_ns)
		nanosleep(&(struct timespec){ 0, 10 * NS_PER_MS }, NULL);
	NEED(!memory_is_short() && memory_give_up());
	free(more);
	return 0;
}

/* What the heap of one thread has left over helps no other: the reserve is given to all. */
static int with_a_heap_full_of_holes(void)
{
	void *pieces[2 * RESERVE / PIECE];
	size_t before;

	mallopt(M_MMAP_THRESHOLD, MIB);
	mallopt(M_TRIM_THRESHOLD, 8 * RESERVE);
	for (unsigned i = 0; i < ARRAY_LEN(pieces); i++)
		NEED((pieces[i] = malloc(PIECE)) != NULL);
	for (unsigned i = 0; i < ARRAY_LEN(pieces); i++)
		free(pieces[i]);
	NEED(memory_keep_reserve(RESERVE));
	before = address_space();
	NEED(memory_give_up() && before - address_space() >= RESERVE);
	NEED(!memory_is_short()); /* taken back */
	before = address_space();
	NEED(memory_give_up() && before - address_space() >= RESERVE);
	return 0;
}

static void run_apart(int (*fn)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(fn() % 256);
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

TEST(memory_that_is_given_up_is_for_every_thread)
{
	run_apart(with_a_heap_full_of_holes);
}

TEST(memory_that_is_short_is_refused_to_peers_and_comes_back)
{
	run_apart(until_it_is_short);
}

#endif

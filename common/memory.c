#include "common/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "common/log.h"

enum { TRY_MS = 100 };

/*
 * Mapped, not allocated: malloc() may give what one thread's arena has left over, and gets that back again; another thread, whose own
 * arena cannot grow, has nothing of it.
 */
static struct {
	size_t size;          /* 0: nobody wants one */
	_Atomic(void *) kept; /* NULL: given up */
	_Atomic int64_t tried_ns;
	atomic_bool is_said; /* not where it was given up: that may be in the midst of anything */
} reserve;

/* NULL: so much is not to be had. */
static void *take(size_t size)
{
	/* cppcheck-suppress invalidFunctionArg; of no file, and so it is with -1 */
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* cppcheck-suppress memleak; it is returned */
	return at == MAP_FAILED ? NULL : at;
}

bool memory_keep_reserve(size_t size_bytes)
{
	void *kept = take(size_bytes);

	reserve.size = kept ? size_bytes : 0;
	atomic_store(&reserve.kept, kept);
	return kept != NULL;
}

bool memory_give_up(void)
{
	void *kept = atomic_exchange(&reserve.kept, NULL);

	if (kept)
		munmap(kept, reserve.size);
	return kept != NULL;
}

/* Takes it back if a quarter more than it is there: who is let in again needs some as well. */
static bool take_back(void)
{
	size_t more_size = reserve.size / 4 + 1;
	void *more = take(more_size), *kept = more ? take(reserve.size) : NULL, *none = NULL;

	if (more)
		munmap(more, more_size);
	if (kept && !atomic_compare_exchange_strong(&reserve.kept, &none, kept))
		munmap(kept, reserve.size);
	return kept != NULL;
}

bool memory_is_short(void)
{
	int64_t now_ns, tried_ns;

	if (!reserve.size || atomic_load_explicit(&reserve.kept, memory_order_relaxed))
		return false;
	now_ns = clock_monotonic_ns();
	tried_ns = atomic_load(&reserve.tried_ns);
	if (now_ns - tried_ns < TRY_MS * NS_PER_MS ||
	    !atomic_compare_exchange_strong(&reserve.tried_ns, &tried_ns, now_ns))
		return true;
	if (!take_back()) {
		if (!atomic_exchange(&reserve.is_said, true))
			log_warning("refuse requests=new reason=\"memory is short\"");
		return true;
	}
	if (atomic_exchange(&reserve.is_said, false))
		log_info("accept requests=new reason=\"memory is there again\"");
	return false;
}

void *memory_resize(void *old, size_t size_bytes)
{
	void *at = realloc(old, size_bytes);

	if (!at && size_bytes && memory_give_up())
		at = realloc(old, size_bytes);
	return at;
}

void *memory_alloc(size_t size_bytes)
{
	return memory_resize(NULL, size_bytes);
}

void *memory_zalloc(size_t count, size_t size_bytes)
{
	void *at = calloc(count, size_bytes);

	if (!at && count && size_bytes && memory_give_up())
		at = calloc(count, size_bytes);
	return at;
}

void *memory_grow(void *old, size_t size_bytes)
{
	if (!reserve.size)
		return xrealloc(old, size_bytes);
	return memory_is_short() ? NULL : realloc(old, size_bytes);
}

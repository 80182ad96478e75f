#include "common/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"

/* Large enough for malloc() to map each by itself, so that giving it up serves whoever asks next, for whatever. */
enum { PIECE_BYTES = 1 << 20, TRY_MS = 100 };

struct piece {
	struct piece *next;
};

static struct {
	unsigned pieces;               /* 0: nobody wants one */
	_Atomic(struct piece *) first; /* NULL: given up */
	_Atomic int64_t tried_ns;
	atomic_bool is_said; /* not where it was given up: that may be in the midst of anything */
} reserve;

static void release(struct piece *first)
{
	while (first) {
		struct piece *next = first->next;

		free(first);
		first = next;
	}
}

/* NULL: so many are not to be had. */
static struct piece *take(unsigned pieces)
{
	struct piece *first = NULL;

	for (unsigned i = 0; i < pieces; i++) {
		struct piece *p = malloc(PIECE_BYTES);

		if (!p) {
			release(first);
			return NULL;
		}
		p->next = first;
		first = p;
	}
	return first;
}

bool memory_keep_reserve(size_t size_bytes)
{
	unsigned pieces = (unsigned)((size_bytes + PIECE_BYTES - 1) / PIECE_BYTES);
	struct piece *first = take(pieces);

	reserve.pieces = first ? pieces : 0;
	atomic_store(&reserve.first, first);
	return first != NULL;
}

bool memory_give_up(void)
{
	struct piece *first = atomic_exchange(&reserve.first, NULL);

	release(first);
	return first != NULL;
}

/* Takes it back if a quarter more than it is there: who is let in again needs some as well. */
static bool take_back(void)
{
	struct piece *more = take(reserve.pieces / 4 + 1), *first = more ? take(reserve.pieces) : NULL, *none = NULL;

	release(more);
	if (first && !atomic_compare_exchange_strong(&reserve.first, &none, first))
		release(first);
	return first != NULL;
}

bool memory_is_short(void)
{
	int64_t now_ns, tried_ns;

	if (!reserve.pieces || atomic_load_explicit(&reserve.first, memory_order_relaxed))
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
	if (!reserve.pieces)
		return xrealloc(old, size_bytes);
	return memory_is_short() ? NULL : realloc(old, size_bytes);
}

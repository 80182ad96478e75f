#include "server/store/proved.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

enum { SLOTS = 1 << 18, DAY_S = 86400 };

struct proved {
	atomic_uint_least64_t marks[SLOTS];
};

struct proved *proved_new(void)
{
	return xcalloc(1, sizeof(struct proved));
}

void proved_free(struct proved *p)
{
	free(p);
}

/* 64 bits of the digest, which nobody chooses twice, and the day: yesterday's mark is none. */
static uint64_t mark_of(const struct digest *d)
{
	uint64_t bits;

	memcpy(&bits, d->bytes, sizeof bits);
	return bits + (uint64_t)(clock_monotonic_ns() / NS_PER_S / DAY_S) + 1;
}

static atomic_uint_least64_t *slot_of(struct proved *p, const struct digest *d)
{
	uint64_t bits;

	memcpy(&bits, d->bytes + sizeof bits, sizeof bits);
	return &p->marks[bits % SLOTS];
}

bool proved_has(struct proved *p, const struct digest *d)
{
	return atomic_load_explicit(slot_of(p, d), memory_order_relaxed) == mark_of(d);
}

void proved_add(struct proved *p, const struct digest *d)
{
	atomic_store_explicit(slot_of(p, d), mark_of(d), memory_order_relaxed);
}

#include "common/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t fixed;

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t clock_now_ns(void)
{
	int64_t at = atomic_load_explicit(&fixed, memory_order_relaxed);

	return at ? at : read_clock(CLOCK_REALTIME);
}

int64_t clock_now_s(void)
{
	return clock_now_ns() / NS_PER_S;
}

int64_t clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_set_fixed(int64_t fixed_ns)
{
	atomic_store_explicit(&fixed, fixed_ns, memory_order_relaxed);
}

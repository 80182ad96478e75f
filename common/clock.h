/*
 * clock: the time, replaceable by tests.  Everything that asks for the time asks here.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include "common/base.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* Wall-clock time: nanoseconds since 1970-01-01 UTC. */
int64_t clock_now_ns(void);

/* The same in whole seconds, rounded down. */
int64_t clock_now_s(void);

/* Monotonic nanoseconds, for deadlines and durations. */
int64_t clock_monotonic_ns(void);

/* For tests: from now on clock_now_ns() answers `fixed_ns`; 0 gives the real clock back. */
void clock_set_fixed(int64_t fixed_ns);

#endif

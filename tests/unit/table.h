/*
 * table.h: assertions for tables of cases; a failure names the index of its row.
 */
#ifndef TESTS_UNIT_TABLE_H
#define TESTS_UNIT_TABLE_H

#include <string.h>

#include "tests/unit/test.h"

#define CASE_EQUAL(i, got, want) \
	do { \
		long long got_ = (long long)(got), want_ = (long long)(want); \
		if (got_ != want_) \
			fail_msg("case %zu: %s is %lld, not %lld", (size_t)(i), #got, got_, want_); \
	} while (0)

#define CASE_TRUE(i, what) \
	do { \
		if (!(what)) \
			fail_msg("case %zu: not %s", (size_t)(i), #what); \
	} while (0)

#define CASE_TEXT(i, got, want) \
	do { \
		const char *got_ = (got), *want_ = (want); \
		if (strcmp(got_, want_) != 0) \
			fail_msg("case %zu: %s is \"%s\", not \"%s\"", (size_t)(i), #got, got_, want_); \
	} while (0)

#endif

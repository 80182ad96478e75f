/*
 * test.h: self-registering cmocka tests.  A test's name is the sentence it proves: etag_weak_never_matches_if_match.
 */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void test_add(const char *name, CMUnitTestFunction fn);

/* A new empty folder below the build's temporary one, removed when the test program ends.  Not freed by the caller. */
const char *test_folder(void);

/* TEST(name) { body }: defines a test and registers it before main runs. */
#define TEST(name) \
	static void name(void **); \
	__attribute__((constructor)) static void add_##name(void) \
	{ \
		test_add(#name, name); \
	} \
	static void name(void **state __attribute__((unused)))

#endif

/* The unit-test program: `unit` runs all, `unit 'etag*'` those whose names match. */
#include "tests/unit/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TESTS_MAX = 2000 };

static struct CMUnitTest tests[TESTS_MAX];
static size_t count;
static char root[] = "/tmp/syncd-unit-XXXXXX";

void test_add(const char *name, CMUnitTestFunction fn)
{
	if (count == TESTS_MAX)
		abort();
	tests[count++] = (struct CMUnitTest){ .name = name, .test_func = fn };
}

const char *test_folder(void)
{
	static char paths[TESTS_MAX][64];
	static size_t used;
	char *path;

	if (used == TESTS_MAX)
		abort();
	path = paths[used++];
	snprintf(path, sizeof paths[0], "%s/XXXXXX", root);
	if (!mkdtemp(path))
		abort();
	return path;
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

int main(int argc, char **argv)
{
	int failed;

	if (!mkdtemp(root))
		return 2;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	failed = _cmocka_run_group_tests("unit", tests, count, NULL, NULL);
	nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return failed != 0;
}

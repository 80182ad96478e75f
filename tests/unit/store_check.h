/*
 * store_check: looks at a closed store from outside and says whether everything in it fits (until `syncd fsck` exists).
 */
#ifndef TESTS_UNIT_STORE_CHECK_H
#define TESTS_UNIT_STORE_CHECK_H

#include <stdbool.h>

/*
 * The chain of the journal; every collection's hash, members and bytes recomputed from scratch; every content of a node or
 * version there with its digest; no file in tmp/ or obj/ that no row names, no segment above the counter.  False: not
 * all of it, and what was printed.
 */
bool check_store(const char *folder);

#endif

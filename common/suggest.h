/*
 * suggest: "did you mean push?"
 */
#ifndef COMMON_SUGGEST_H
#define COMMON_SUGGEST_H

#include "common/base.h"

/*
 * The name of a table that is nearest to `typed`: by insertions, removals, changes and swaps of neighbours, at most two
 * and at most half of the letters; the first of several.  `first` points at the name in the first row, `stride` is
 * the size of a row in bytes; `count` 0: the table ends with a row whose name is NULL.  NULL: nothing is near.
 */
const char *suggest_nearest(const char *typed, const char *const *first, size_t count, size_t stride);

#endif

#include "common/suggest.h"

#include <string.h>

enum { WORD_LIMIT = 40, DISTANCE_LIMIT = 2 };

/* Edits from `a` to `b` (both at most WORD_LIMIT long), a swap of neighbours counted as one. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][WORD_LIMIT + 1], *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t changed = last[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = MIN(MIN(last[j], row[j - 1]) + 1, changed);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

const char *suggest_nearest(const char *typed, const char *const *first, size_t count, size_t stride)
{
	size_t typed_len = strnlen(typed, WORD_LIMIT + 1), best_distance = DISTANCE_LIMIT + 1;
	const char *best = NULL;

	if (typed_len == 0 || typed_len > WORD_LIMIT)
		return NULL;
	for (size_t i = 0; count == 0 || i < count; i++) {
		const char *name = *(const char *const *)(const void *)((const char *)first + i * stride);
		size_t len, edits;

		if (!name && count == 0)
			break;
		len = name ? strlen(name) : 0;
		if (len == 0 || len > WORD_LIMIT)
			continue;
		edits = distance(typed, typed_len, name, len);
		if (edits < best_distance && 2 * edits <= MAX(len, typed_len)) {
			best = name;
			best_distance = edits;
		}
	}
	return best;
}

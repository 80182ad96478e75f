/*
 * fuzz.h: FUZZ(input) { body } is a target; MUST(what) is an invariant.  libFuzzer hands over a heap block of just the
 * input's size, so that AddressSanitizer sees every byte read too far.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/span.h"

#define MUST(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ(input) \
	static void fuzz(struct span input); \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) \
	{ \
		fuzz((struct span){ (const char *)data, size }); \
		return 0; \
	} \
	static void fuzz(struct span input)

/* Cuts the next line off `rest`, as a C string (cut at a NUL) that the caller frees; "" at the end. */
static inline char *fuzz_line(struct span *rest)
{
	struct span line = { "", 0 };

	span_cut(rest, '\n', &line);
	return span_dup(line);
}

/* Does `part` lie within `whole`? */
static inline bool fuzz_is_within(struct span part, struct span whole)
{
	return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

#endif

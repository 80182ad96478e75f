/* span: parts and elements lie within what came; a number is what strtoll reads. */
#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct span rest = text, part;
	size_t total = 0;
	int64_t number;

	while (span_cut(&rest, ',', &part)) {
		MUST(fuzz_is_within(part, text));
		total += part.len + 1;
	}
	MUST(total == text.len + 1);
	rest = text;
	while (span_list_next(&rest, &part))
		MUST(part.len > 0 && fuzz_is_within(part, text) && span_eq(part, span_trim(part)));
	if (span_to_int64(text, &number)) {
		char *copy = span_dup(text);

		MUST(number == strtoll(copy, NULL, 10));
		free(copy);
	}
}

/* range: the first line is a size, the rest a Range.  Parts lie inside, apart from each other, and are not too many. */
#include "server/http/range.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct range_validator current = { NULL, 0, 0 };
	struct span line = { "", 0 };
	struct range_set set;
	int64_t size = 10;

	span_cut(&text, '\n', &line);
	if (!span_to_int64(line, &size))
		size = 1000;
	(void)range_is_wanted(line, &current, 1767225600);
	if (range_parse(text, size, &set) != RANGE_PARTS)
		return;
	MUST(set.count >= 1 && set.count <= RANGE_SPECS_LIMIT);
	for (size_t i = 0; i < set.count; i++) {
		const struct range *a = &set.parts[i];

		MUST(a->first >= 0 && a->len > 0 && a->first < size && a->len <= size - a->first);
		for (size_t j = 0; j < i; j++) {
			const struct range *b = &set.parts[j];

			MUST(a->first > b->first + b->len || b->first > a->first + a->len);
		}
	}
}

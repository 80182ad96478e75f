/* when: what is read as a moment is written as one and read again, to the second; with and without what only people write. */
#include "common/when.h"

#include "common/clock.h"
#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	static const int64_t nows[] = { 0, INT64_C(1795901405) * NS_PER_S, INT64_C(9000000000) * NS_PER_S };
	char formatted[WHEN_SIZE];
	int64_t at, again;

	for (size_t i = 0; i < ARRAY_LEN(nows); i++)
		for (int is_local = 0; is_local < 2; is_local++) {
			if (!when_parse(text, is_local, nows[i], &at))
				continue;
			/* Seconds before 1970 are rounded towards it; the last minute that nanoseconds reach is not read again. */
			if (at < 0 || at > INT64_MAX - 120 * NS_PER_S)
				continue;
			MUST(when_parse(span_of(when_format(at, formatted)), false, 0, &again));
			MUST(again / NS_PER_S == at / NS_PER_S);
		}
}

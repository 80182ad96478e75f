/* httpdate: what is read as a date is written as one and read again. */
#include "common/httpdate.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	static const int64_t nows[] = { INT64_MIN, 0, 1767225600, INT64_C(253402300799), INT64_MAX };
	char formatted[HTTPDATE_SIZE];
	int64_t seconds, again;

	for (size_t i = 0; i < ARRAY_LEN(nows); i++) {
		if (!httpdate_parse(text, nows[i], &seconds))
			continue;
		MUST(httpdate_parse(span_of(httpdate_format(seconds, formatted)), 0, &again));
		/* The leap second at the end of the year 9999 lies beyond what can be written. */
		MUST(again == seconds || (seconds == INT64_C(253402300800) && again == seconds - 1));
	}
}

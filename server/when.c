#include "server/when.h"

#include "common/clock.h"
#include "server/units.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool read_date(const char *text, int64_t *out_ns)
{
	static const char *const forms[] = {
		"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%MZ",
		"%Y-%m-%dT%H:%M",     "%Y-%m-%d %H:%M",    "%Y-%m-%d"
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct tm tm = { .tm_mday = 1 };
		const char *end = strptime(text, forms[i], &tm);

		if (end && !*end) {
			*out_ns = (int64_t)timegm(&tm) * NS_PER_S;
			return true;
		}
	}
	return false;
}

bool when_read(struct span text, int64_t *out_ns)
{
	autofree char *copy = span_dup(text);
	int64_t seconds;

	if (read_date(copy, out_ns))
		return true;
	/* A bare number is not so many seconds ago: it would be too easily taken for another thing. */
	if (!text.len || (copy[text.len - 1] >= '0' && copy[text.len - 1] <= '9') ||
	    !units_read_seconds(text, &seconds))
		return false;
	if (seconds > clock_now_s())
		return false;
	*out_ns = (clock_now_s() - seconds) * NS_PER_S;
	return true;
}

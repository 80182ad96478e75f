/* log: quoted text of any bytes stays inside its room and its line. */
#include "common/log.h"

#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	char *copy = span_dup(text), *out = xmalloc(LOG_QUOTED_MAX);
	struct span rest;

	log_quote(out, copy);
	MUST(strlen(out) >= 2 && out[0] == '"' && out[strlen(out) - 1] == '"');
	for (rest = span_of(out); rest.len;) {
		int32_t code_point = utf8_next(&rest);

		MUST(code_point >= 0 && !utf8_is_control(code_point));
	}
	free(copy);
	free(out);
}

/* human: whatever somebody else wrote, nothing of it can steer a terminal. */
#include "client/ui/human.h"
#include "common/utf8.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	char *given = span_dup(text), *shown = human_quoted(given);
	struct span rest = span_of(shown);

	MUST(utf8_is_valid(rest));
	while (rest.len) {
		int32_t point = utf8_next(&rest);

		MUST(!utf8_is_control(point) && !(point >= 0x202a && point <= 0x202e));
	}
	MUST(strlen(shown) <= 4 * strlen(given) + 2);
	(void)human_width(shown);
	free(shown);
	free(given);
}

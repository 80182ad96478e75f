/* suggest: a name suggests itself, whatever else is in the table. */
#include "common/suggest.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	char *typed = fuzz_line(&text), *other = fuzz_line(&text);
	const char *names[] = { other, typed, "push", NULL };
	const char *near = suggest_nearest(typed, names, 0, sizeof names[0]);

	MUST(!near || near == other || near == typed || near == names[2]);
	if (typed[0] && strlen(typed) <= 40)
		MUST(near && (strcmp(near, typed) == 0));
	free(typed);
	free(other);
}

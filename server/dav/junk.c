#include "server/dav/junk.h"

#include <string.h>

bool junk_policy_from_text(const char *text, enum junk_policy *out)
{
	static const char *const names[] = { [JUNK_KEEP] = "keep", [JUNK_HIDE] = "hide", [JUNK_DROP] = "drop" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum junk_policy)i;
			return true;
		}
	return false;
}

bool junk_is_name(struct span name)
{
	static const char *const names[] = { ".DS_Store", "Thumbs.db", "desktop.ini" };

	if (name.len > 2 && span_starts(name, "._"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_eq_nocase(name, names[i]))
			return true;
	return false;
}

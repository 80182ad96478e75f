#include "client/sync/conflictname.h"

#include <string.h>

#include "common/path.h"

enum { HOST_LIMIT = 40, ENDING_LIMIT = 100 };

/* The length of what fits into `room` bytes without cutting a character of valid UTF-8. */
static size_t fitting(const char *text, size_t len, size_t room)
{
	if (len <= room)
		return len;
	while (room && ((unsigned char)text[room] & 0xc0) == 0x80)
		room--;
	return room;
}

char *conflictname_make(const char *name, bool is_folder, const char *date, const char *host, unsigned number)
{
	const char *dot = is_folder ? NULL : strrchr(name, '.');
	size_t len = strlen(name),
	       stem = dot && dot != name && len - (size_t)(dot - name) < ENDING_LIMIT ? (size_t)(dot - name) : len;
	autofree char *count = number > 1 ? xasprintf(" %u", number) : xstrdup("");
	autofree char *words = NULL;

	words = xasprintf(" (conflict %s %.*s%s)", date, (int)fitting(host, strlen(host), HOST_LIMIT), host, count);
	return xasprintf("%.*s%s%s", (int)fitting(name, stem, PATH_NAME_LIMIT - strlen(words) - (len - stem)), name,
			 words, name + stem);
}

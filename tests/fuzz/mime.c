/* mime: a type that is taken is taken again, and can stand in a header; a mime.types of any bytes gives only types. */
#include "server/http/mime.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct arena *arena = arena_new();
	struct mime_map *map = mime_map_new(text);
	const char *type = mime_check(text, arena), *found;
	struct span rest = text, word;

	if (type) {
		MUST(strlen(type) <= MIME_TYPE_LIMIT && !strpbrk(type, "\r\n"));
		MUST(mime_check(span_of(type), arena));
	}
	while (span_cut(&rest, ' ', &word))
		if ((found = mime_map_find(map, word)))
			MUST(mime_check(span_of(found), arena));
	MUST(mime_check(span_of(mime_from_name(text)), arena));
	mime_map_free(map);
	arena_free(arena);
}

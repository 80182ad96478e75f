/* uri: a target that is taken is a clean path, and survives encoding and reading. */
#include "common/uri.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct arena *arena = arena_new();
	struct target t, again;
	const char *encoded, *value;

	if (uri_to_target(text, arena, &t) == OK) {
		MUST(path_check(span_of(t.path)) == OK);
		MUST(fuzz_is_within(t.query, text) && fuzz_is_within(t.authority, text));
		encoded = uri_encode_path(span_of(t.path), arena);
		for (const char *c = encoded; *c; c++)
			MUST(*c > ' ' && *c < 0x7f && !strchr("\"#&<>?[\\]^`{|}", *c));
		MUST(uri_to_target(span_of(encoded), arena, &again) == OK);
		MUST(strcmp(t.path, again.path) == 0 && !again.has_query);
		if (uri_query_value(t.query, "at", arena, &value) == OK)
			MUST(strlen(value) <= t.query.len);
	}
	arena_free(arena);
}

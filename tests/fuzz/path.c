/* path: a good name has a key that is a good name too and its own key; paths fall into the segments they are made of. */
#include "common/path.h"

#include "common/buf.h"
#include "tests/fuzz/fuzz.h"

static void try_name(struct span name)
{
	char *key, *again;
	enum err e;

	if (path_check_name(name) != OK)
		return;
	key = path_key(name);
	e = path_check_name(span_of(key));
	MUST(e == OK || e == E_URI_TOO_LONG); /* NFC can be longer */
	again = path_key(span_of(key));
	MUST(strcmp(key, again) == 0);
	free(key);
	free(again);
}

FUZZ(text)
{
	struct span rest = text, segment;
	autobuf struct buf built = buf_new(PATH_LIMIT);

	try_name(text);
	if (path_check(text) != OK)
		return;
	while (path_next(&rest, &segment)) {
		MUST(path_check_name(segment) == OK);
		MUST(buf_add_text(&built, "/") == OK && buf_add_span(&built, segment) == OK);
	}
	MUST(span_eq(buf_span(&built), text) || span_is(text, "/"));
	MUST(path_check(path_parent(text)) == OK);
	MUST(path_is_within(text, path_parent(text)) && path_is_within(text, text) &&
	     path_is_within(text, span_of("/")));
	MUST(span_is(text, "/") || path_check_name(path_name(text)) == OK);
	(void)path_is_reserved(text);
}

/* ifheader: what is read has lists with terms, all of them within the text. */
#include "server/dav/ifheader.h"

#include "tests/fuzz/fuzz.h"

static void place(void *arg, struct span text, struct store_if_list *out)
{
	const struct span *whole = arg;

	MUST(!text.ptr || (text.ptr >= whole->ptr && text.ptr + text.len <= whole->ptr + whole->len));
	out->path = text;
}

FUZZ(text)
{
	struct arena *arena = arena_new();
	const struct store_if *ifs;

	if (ifheader_parse(text, arena, place, &text, &ifs) == OK) {
		MUST(ifs->list_count > 0 && ifs->list_count <= IFHEADER_LISTS_LIMIT);
		for (unsigned i = 0; i < ifs->list_count; i++) {
			MUST(ifs->lists[i].term_count > 0 && ifs->lists[i].term_count <= IFHEADER_TERMS_LIMIT);
			for (unsigned k = 0; k < ifs->lists[i].term_count; k++) {
				struct span t = ifs->lists[i].terms[k].text;

				MUST(t.len > 0 && t.ptr >= text.ptr && t.ptr + t.len <= text.ptr + text.len);
			}
		}
	}
	arena_free(arena);
}

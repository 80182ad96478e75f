/* listing: however the bytes are cut, the same entries or the same refusal; names are clean, sorted and unique. */
#include "client/remote/listing.h"
#include "common/path.h"

#include "tests/fuzz/fuzz.h"

static enum err read_in_steps(struct listing *l, struct span text, size_t step)
{
	struct note why;
	enum err e = OK;

	listing_init(l);
	for (size_t at = 0; at < text.len && e == OK; at += step)
		e = listing_add(l, text.ptr + at, MIN(step, text.len - at), &why);
	return e == OK ? listing_end(l, &why) : e;
}

FUZZ(text)
{
	struct listing whole, bytes;
	enum err e = read_in_steps(&whole, text, text.len + 1);

	MUST(read_in_steps(&bytes, text, 3) == e);
	if (e == OK) {
		MUST(whole.count == bytes.count);
		for (size_t i = 0; i < whole.count; i++) {
			MUST(path_check_name(span_of(whole.entries[i].name)) == OK && whole.entries[i].size_bytes >= 0);
			MUST(strcmp(whole.entries[i].name, bytes.entries[i].name) == 0);
			MUST(i == 0 || strcmp(whole.entries[i - 1].name, whole.entries[i].name) < 0);
		}
	}
	listing_clear(&whole);
	listing_clear(&bytes);
}

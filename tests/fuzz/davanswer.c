/* davanswer: however the bytes are cut, the same resources or the same refusal; paths are clean. */
#include "client/remote/davanswer.h"
#include "common/path.h"

#include "tests/fuzz/fuzz.h"

static enum err count(void *arg, const struct davanswer_resource *r)
{
	MUST(path_check(span_of(r->path)) == OK && r->size_bytes >= -1 && strlen(r->etag) <= DAVANSWER_TEXT_LIMIT);
	++*(unsigned *)arg;
	return OK;
}

static enum err read_in_steps(struct span text, size_t step, unsigned *out)
{
	struct davanswer *d = davanswer_new(count, out);
	enum err e = OK;

	*out = 0;
	for (size_t at = 0; at < text.len && e == OK; at += step)
		e = davanswer_add(d, text.ptr + at, MIN(step, text.len - at));
	if (e == OK)
		e = davanswer_end(d);
	davanswer_free(d);
	return e;
}

FUZZ(text)
{
	unsigned whole, bytes;
	enum err e = read_in_steps(text, text.len + 1, &whole);

	MUST(read_in_steps(text, 3, &bytes) == e);
	MUST(e != OK || whole == bytes);
}

#include "server/api/streams.h"

#include "server/api/fields.h"

const struct stream_kind *const streams[] = { &stream_journal, &stream_chain,  &stream_fsck, &stream_snapshot,
					      &stream_hold,    &stream_import, &stream_gc,   NULL };

enum err stream_next(const struct stream_kind *kind, void *arg, struct buf *out, bool *out_end)
{
	enum err failed = kind->produce(arg, out, out_end), e;

	if (failed == OK)
		return OK;
	*out_end = true;
	e = fields_add(out, "failed", err_words(failed));
	return e == OK ? fields_end(out) : e;
}

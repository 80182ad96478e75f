#include "server/dav/updaterange.h"

enum err updaterange_read(struct span text, int64_t size_bytes, int64_t body_bytes, int64_t *out_first)
{
	struct span unit, first, last;
	int64_t from, to = 0;

	*out_first = size_bytes;
	text = span_trim(text);
	if (span_eq_nocase(text, "append"))
		return OK;
	last = text;
	if (!span_cut(&last, '=', &unit) || !span_eq_nocase(unit, "bytes") || !last.ptr ||
	    !span_cut(&last, '-', &first) || !last.ptr)
		return E_BAD_REQUEST;
	if (!first.len) { /* counted from the end */
		if (!span_to_int64(last, &to))
			return E_BAD_REQUEST;
		if (to > size_bytes)
			return E_RANGE;
		*out_first = size_bytes - to;
		return OK;
	}
	if (!span_to_int64(first, &from) || (last.len && (!span_to_int64(last, &to) || to < from)))
		return E_BAD_REQUEST;
	if (from > size_bytes || (last.len && to - from != body_bytes - 1))
		return E_RANGE;
	*out_first = from;
	return OK;
}

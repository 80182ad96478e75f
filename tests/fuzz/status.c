/* status: the first two bytes are a status and what was seen, the rest an ETag. */
#include "common/status.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct status_seen seen = { 0 };
	unsigned faults;
	int bits;

	if (text.len < 2)
		return;
	bits = (unsigned char)text.ptr[1];
	seen = (struct status_seen){ .status = 100 + (unsigned char)text.ptr[0] * 2,
				     .is_put = bits & 1,
				     .has_length = bits & 2,
				     .has_transfer_encoding = bits & 4,
				     .has_body_bytes = bits & 8,
				     .etag = { text.ptr + 2, text.len - 2 } };
	faults = status_faults(&seen);
	MUST(!(faults & STATUS_FAULT_NO_ETAG) || !(faults & STATUS_FAULT_WEAK_ETAG));
	MUST(seen.status == 204 || !(faults & 7));
	MUST(seen.is_put || !(faults & ~7u));
	MUST(status_reason(seen.status)[0]);
	MUST(!status_has_body(seen.status, true));
}

/*
 * streams: what takes long, or answers at length, on a running server and a stopped store alike: begun with a request of fields, then
 * made piece by piece as records of fields (fields.h), with flat memory.
 *
 * The last record says how it went: "end=ok" among the totals, or "failed=WHY".  An answer without one was cut.
 */
#ifndef SERVER_API_STREAMS_H
#define SERVER_API_STREAMS_H

#include "common/buf.h"
#include "server/store/store.h"

enum { STREAM_REQUEST_LIMIT = 64 << 10, STREAM_RECORD_LIMIT = 64 << 10 };

struct stream_kind {
	const char *path; /* of its resource behind the admin socket */
	/* Does not block.  E_BAD_REQUEST with the reason.  `out` goes to the other two. */
	enum err (*begin)(struct store *s, struct span request, void **out, struct note *why);
	/* Appends some records, within seconds.  Blocks. */
	enum err (*produce)(void *arg, struct buf *out, bool *out_end);
	void (*release)(void *arg);
	size_t request_limit; /* 0: STREAM_REQUEST_LIMIT */
};

extern const struct stream_kind stream_journal, stream_chain, stream_fsck, stream_snapshot, stream_hold, stream_import,
    stream_gc;

/* All of them; the last is NULL. */
extern const struct stream_kind *const streams[];

/* produce(), with an error of it as the last record. */
enum err stream_next(const struct stream_kind *kind, void *arg, struct buf *out, bool *out_end) must_check;

#endif

/*
 * store_gc: giving back what nobody needs: history that is kept no longer, contents that nothing refers to, segments that are mostly
 * dead, what crashes left, codes and locks that ran out.  While the store is in use.
 */
#ifndef SERVER_STORE_STORE_GC_H
#define SERVER_STORE_STORE_GC_H

#include "server/store/store.h"

struct store_gc_totals {
	int64_t versions, trashed;       /* of history that went (store_retain.h) */
	int64_t changes;                 /* and of the journal */
	int64_t contents, content_bytes; /* that nothing referred to */
	int64_t segments, moved_bytes;   /* that were compacted or removed; what of them lives on elsewhere */
	int64_t strays, stray_bytes; /* files that no row named; sets of parts that nobody finished (store_parts.h) */
	int64_t freed_bytes;         /* given back to the disk by all of this; what is still being read follows */
	int64_t expired;             /* locks and login codes */
	const char *at;              /* what is being looked at */
};

enum {
	STORE_GC_REHEARSE = 1, /* says what would go, and changes nothing */
	/* Begins with letting history go, by the rule the store was opened with: not for who opened it without knowing the config. */
	STORE_GC_HISTORY = 2,
	STORE_GC_NOTED =
	    4, /* only contents of which it was noted that they lost their last reference (keep.h): quick */
};

/* `flags`: of the above.  The caller frees it with store_gc_free(), NULL is fine. */
struct store_gc *store_gc_new(struct store *s, unsigned flags);
void store_gc_free(struct store_gc *g);

/*
 * Does some more, for a second or so, in slices between other changes.  Blocks: on a worker; one thread at a time.  E_BUSY: somebody
 * copies from the store (store_hold()): later.  Errors of the database and the disk.
 */
enum err store_gc_next(struct store_gc *g, struct store_gc_totals *out, bool *out_end) must_check;

#endif

/*
 * textmerge: two versions of a text brought together by lines, with the one that both came from, by diff3(1).
 *
 * It only ever takes text: valid UTF-8 without a NUL, at most TEXTMERGE_LIMIT_BYTES a side.  All functions block.
 */
#ifndef CLIENT_SYNC_TEXTMERGE_H
#define CLIENT_SYNC_TEXTMERGE_H

#include "common/buf.h"

enum { TEXTMERGE_LIMIT_BYTES = 1 << 20 };

struct textmerge {
	int mine, theirs;                      /* open files, borrowed; read from their beginning */
	int base;                              /* what both came from; -1: not to be had */
	const char *mine_label, *theirs_label; /* for the marks */
};

/* A buffer that every merge fits into. */
struct buf textmerge_buf(void);

/*
 * OK: `out` is the merge: all that either side changed (where nothing but a missing end of the last line is in the way, it has one).
 * E_PRECONDITION: both changed the same lines (without a base: they differ at all), and there `out` has both, between marks.
 * E_TOO_LARGE, E_MEDIA_TYPE: no text that is merged.  E_IO: it cannot be read, or diff3(1) is not there or was at it for too long; `why`
 * says it.
 */
enum err textmerge_run(const struct textmerge *m, struct buf *out, struct note *why) must_check;

/* Are marks of that merge still in the text? */
bool textmerge_has_marks(const struct textmerge *m, struct span text);

#endif

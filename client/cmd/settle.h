/*
 * settle: what is to become of two versions of one text: asking a person, and merging them, in the editor where both changed the same
 * lines.
 */
#ifndef CLIENT_CMD_SETTLE_H
#define CLIENT_CMD_SETTLE_H

#include "client/cmd/difflines.h"
#include "client/session.h"
#include "client/sync/textmerge.h"

enum settle_way { SETTLE_MERGE, SETTLE_MINE, SETTLE_THEIRS, SETTLE_QUIT };

/*
 * What the options say, else shows how they differ and asks.  E_USAGE, said: two options, or none and no terminal.
 */
enum err settle_ask(struct session *s, const struct difflines *how, enum settle_way *out) must_check;

/*
 * Merges; where an editor is needed, as mergeplace.h says.  `path`: of the file on the server.  OK: `out` has the whole.  E_PRECONDITION: marks are left, or
 * there is no editor; E_IO: the editor failed, too; E_MEDIA_TYPE, E_TOO_LARGE: no text; `why` says it.  `out_left`: where what was
 * written in the editor so far stays, then; NULL: nothing.  The caller frees it.
 */
enum err settle_merge(struct session *s, const struct textmerge *texts, const char *path, struct buf *out,
		      char **out_left, struct note *why) must_check;

#endif

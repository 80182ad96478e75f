/*
 * put: what PUT and the joining of parts (parts.h) share: a content takes its place at c->path.
 */
#ifndef SERVER_DAV_PUT_H
#define SERVER_DAV_PUT_H

#include "server/dav/call.h"

/*
 * May a content of `bytes` (-1: unknown) take the place at c->path, as far as can be told now?  E_CONFLICT, E_LOCKED, E_PRECONDITION,
 * E_TOO_LARGE, E_NO_SPACE, errors of the store: answer with call_reply_refused().
 */
enum err put_check(struct call *c, int64_t bytes) must_check;

/*
 * Makes the change; takes `upload`, which is finished.  `sums` and `type` are borrowed for the call and may be NULL; `done` owes the
 * reply.
 */
void put_submit(struct call *c, struct upload *upload, const struct store_sums *sums, const char *type,
		call_done_fn *done);

/* 201 or 204 with the entity tag; or why not. */
call_done_fn put_reply;

#endif

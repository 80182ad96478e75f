/*
 * remote: WebDAV servers in memory, as little of them as two-way sync asks for: one of our kind, with REPORT sync-collection and
 * conditions by digest and by id, by the rules of sync-protocol(7), and others (tests/model/otherdav.h).  They answer a request of
 * client/remote/http.h in place.
 */
#ifndef TESTS_MODEL_REMOTE_H
#define TESTS_MODEL_REMOTE_H

#include "client/sync/foreign.h"
#include "tests/model/methods.h"

/* Empty, and a new epoch: older tokens are refused.  `kind`: what it is like, borrowed; NULL: of our kind. */
void remote_reset(const struct foreign *kind);
const struct foreign *remote_foreign(void);

/* Carries the request out, and fills in its answer; `done` is not called.  `refuses`: no token is taken for one of ours. */
void remote_serve(struct http_request *req, bool refuses);

/* Somebody there writes "content N" or removes something, as the server lets him; `number` 0: removes. */
void remote_edit(const char *path, unsigned number);

#endif

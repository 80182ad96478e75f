/*
 * quotas: what `quota` does to the store, as text in and text out (server/api/fields.h).
 */
#ifndef SERVER_API_QUOTAS_H
#define SERVER_API_QUOTAS_H

#include "common/buf.h"
#include "server/store/store_quota.h"

/* A record for each: path, limit, used.  E_TOO_LARGE.  Blocks. */
enum err quotas_list(struct store *s, struct buf *out, struct note *why) must_check;

/*
 * `request`: path and limit, bytes or "none".  Answers its record, without a limit if there is none any more.  E_BAD_REQUEST,
 * E_NOT_FOUND with the reason in `why`.  Blocks until it is on stable storage.
 */
enum err quotas_set(struct store *s, struct span request, struct buf *out, struct note *why) must_check;

#endif

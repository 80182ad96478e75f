/*
 * otherdav: a WebDAV server in memory that is not of our kind: PROPFIND, LOCK and UNLOCK, tags as exact or as coarse as it is told, and
 * conditions only where it is told to have them.
 */
#ifndef TESTS_MODEL_OTHERDAV_H
#define TESTS_MODEL_OTHERDAV_H

#include "client/sync/foreign.h"
#include "tests/model/methods.h"

/* No locks; `foreign` says what it is like, NULL: it is not asked. */
void otherdav_reset(const struct foreign *foreign);

void otherdav_serve(struct http_request *req);

/* Does a lock keep others from changing this, or what is below? */
bool otherdav_is_locked(const char *path);

#endif

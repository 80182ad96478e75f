/*
 * ancestor: a content that a path had before, from the server's history: what two changed versions both came from.
 */
#ifndef CLIENT_REMOTE_ANCESTOR_H
#define CLIENT_REMOTE_ANCESTOR_H

#include "client/remote/http.h"

/*
 * Writes the version of `path` (clean, below the remote's root) with that content to `fd`.  E_NOT_FOUND: it is not kept; E_TOO_LARGE:
 * over `limit_bytes`; else the errors of versions_ask() and getfile(); `why` says it.  Waits.
 */
enum err ancestor_fetch(struct http *h, const char *path, const struct digest *digest, int64_t limit_bytes, int fd,
			struct note *why) must_check;

#endif

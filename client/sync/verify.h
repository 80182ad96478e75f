/*
 * verify: is what is here what the server has?  Every file is read; a folder's ETag is the hash of everything under it, so that one
 * request tells that all is equal, and where it is not only what differs is walked.  On a foreign server every file is read there, too.
 */
#ifndef CLIENT_SYNC_VERIFY_H
#define CLIENT_SYNC_VERIFY_H

#include "client/remote/http.h"
#include "client/sync/scan.h"

enum verify_difference { VERIFY_ONLY_HERE, VERIFY_ONLY_THERE, VERIFY_OTHER_CONTENT, VERIFY_OTHER_KIND, VERIFY_HELD };

typedef void verify_fn(void *arg, enum verify_difference what, const char *path, const char *why);

/*
 * Compares.  `scan`: made without a base; the digests of its folders are filled in.  `fn` is told of each difference, of a folder that
 * is on one side alone without what is in it.  `out`: the hash of the whole here.  Errors of asking the server; `why`.
 */
enum err verify_run(struct http *http, const char *collection, bool is_foreign, struct scan *scan,
		    const struct ignore *ignore, verify_fn *fn, void *arg, struct digest *out,
		    struct note *why) must_check;

#endif

/*
 * bodycheck: the digests that a client declares for the body it sends: Repr-Digest and Content-Digest (RFC 9530), and
 * OC-Checksum (ownCloud's clients).  A body that does not fit them is refused with 400 before anything changes.
 */
#ifndef SERVER_DAV_BODYCHECK_H
#define SERVER_DAV_BODYCHECK_H

#include "common/digest.h"
#include "server/http/req.h"
#include "server/store/store_sums.h"

struct bodycheck;

/*
 * Reads the declarations of a request.  `out` may become NULL: nothing is declared that needs work; every function here
 * accepts it.  E_BAD_REQUEST: a field that cannot be read; `why` says which.  The caller frees with bodycheck_free().
 */
enum err bodycheck_new(struct req *r, struct bodycheck **out, const char **why) must_check;
void bodycheck_free(struct bodycheck *b);

/* Some bytes of the body; any one thread at a time. */
void bodycheck_add(struct bodycheck *b, const void *bytes, size_t len);

/* All bytes were added and hash to `digest`.  E_BAD_REQUEST: a declared digest differs. */
enum err bodycheck_finish(struct bodycheck *b, const struct digest *digest, const char **why) must_check;

/* The hashes beside SHA-256 that were declared, after bodycheck_finish() proved them. */
struct store_sums bodycheck_sums(const struct bodycheck *b);

#endif

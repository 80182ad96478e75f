/*
 * updaterange: the X-Update-Range field of SabreDAV's PATCH: where in the file the body goes.
 */
#ifndef SERVER_DAV_UPDATERANGE_H
#define SERVER_DAV_UPDATERANGE_H

#include "common/err.h"
#include "common/span.h"

/*
 * "append", "bytes=a-b" (as many bytes as the body has), "bytes=a-", "bytes=-n" (n before the end): the first byte that is
 * replaced, of a file of `size_bytes`.  E_BAD_REQUEST: none of these; E_RANGE: it begins behind the end of the file, or a-b is not
 * as long as the body.
 */
enum err updaterange_read(struct span text, int64_t size_bytes, int64_t body_bytes, int64_t *out_first) must_check;

#endif

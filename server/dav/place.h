/*
 * place: from what a client writes to where it is in the tree: the request-target, Destination, and the tags of If.  One function, so
 * that what is checked is what is used.
 */
#ifndef SERVER_DAV_PLACE_H
#define SERVER_DAV_PLACE_H

#include "server/dav/call.h"

struct place {
	struct span path; /* clean, in the request's arena */
	bool has_trailing_slash;
	const char *prefix; /* what of the target is before `path`: "", or "/remote.php/dav/files/ann" */
};

/*
 * Reads an absolute URI or a path.  The scheme may be any: behind a proxy that ends TLS the client's differs from ours; so may the
 * port.  E_BAD_REQUEST: malformed, or with a query; E_URI_TOO_LONG; E_BAD_GATEWAY: on another host; E_NOT_FOUND: under another
 * user's prefix.
 */
enum err place_read(const struct call *c, struct span text, struct place *out) must_check;

/*
 * Where the Destination field leads, which the caller must have the right to change.  E_FORBIDDEN also for a reserved name: one may
 * learn nothing of places that one may not read.  `why` (perhaps NULL) is for the reply.
 */
enum err place_read_destination(struct call *c, struct place *out, const char **why) must_check;

/* As place_read(), of a clean path, that of the request-target.  E_NOT_FOUND as there. */
enum err place_of_path(const struct call *c, struct span path, struct place *out) must_check;

#endif

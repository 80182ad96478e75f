/*
 * receive: a request's body on its way into an upload, with back-pressure, in bounded memory; for PUT and PATCH.
 */
#ifndef SERVER_DAV_RECEIVE_H
#define SERVER_DAV_RECEIVE_H

#include "server/dav/bodycheck.h"
#include "server/dav/call.h"

struct receive_plan {
	int64_t expected_bytes;  /* of the body: Content-Length or X-Expected-Entity-Length; -1: unknown */
	int64_t total_bytes;     /* of the upload, with what `before` and `after` add; -1: unknown */
	struct bodycheck *check; /* what was declared for the body; taken; NULL: nothing */

	/* What the upload has before and after the body; on a worker; NULL: nothing. */
	enum err (*before)(void *arg, struct upload *u);
	enum err (*after)(void *arg, struct upload *u);

	/* On the loop: everything is there, finished and proven; takes `upload`, and owes the reply. */
	void (*done)(void *arg, struct upload *upload, const struct store_sums *sums);
	void *arg;
};

/*
 * Asks for the body (100 Continue) and receives it.  What goes wrong is answered here, and then `done` is not called: 400, broken
 * off, of another length or digest than declared; 413, over the limit of uploads; 503, too many at once; errors of the store.
 */
void receive_body(struct call *c, const struct receive_plan *plan);

#endif

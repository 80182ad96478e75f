/*
 * davask: a request with a small XML body whose answer is a 207, read as it arrives (davanswer.h): PROPFIND and REPORT for what
 * members.h does not ask.
 */
#ifndef CLIENT_REMOTE_DAVASK_H
#define CLIENT_REMOTE_DAVASK_H

#include "client/remote/davanswer.h"
#include "client/remote/http.h"

struct davask {
	const char *method, *depth, *body; /* literals; depth: NULL: none */
	char *target;                      /* percent-encoded, below the remote's root; taken */
	bool is_once;                      /* must not reach the server twice; it may need long */
	bool is_at_origin;                 /* below the server's root instead */
	davanswer_fn *take;                /* each resource */
	void (*restart)(void *arg);        /* what was taken goes: the request is sent once more */
	void *arg;
};

/*
 * Asks and waits for the end.  E_BAD_REQUEST: no such answer, or the server has not got that method; errors of the network, of the
 * status and of `take`.  `why` says it.
 */
enum err davask(struct http *h, const struct davask *ask, struct note *why) must_check;

#endif

/*
 * admin_http: the least of an HTTP/1.1 client, for one request to our own server over a socket that is connected.  Strict
 * and bounded: it talks to a process of the same user, but trusts no length it is told.
 */
#ifndef SERVER_ADMIN_HTTP_H
#define SERVER_ADMIN_HTTP_H

#include "common/buf.h"

/*
 * Sends the request and reads the answer until its end.  `out` gets the body, at most its maximum.  E_NETWORK with the
 * reason in `why`: the connection broke, timed out, or the answer is not one.  Blocks for as long as the socket's timeouts.
 */
enum err admin_http_exchange(int fd, const char *method, const char *path, struct span body, int *out_status,
			     struct buf *out, struct note *why) must_check;

/*
 * The same for an answer of any length, which `take` gets piece by piece as it comes (of status 200; another status's body goes to
 * `out`).  An error of `take` ends it and is returned.
 */
typedef enum err admin_http_take_fn(void *arg, struct span bytes);
enum err admin_http_stream(int fd, const char *path, struct span body, admin_http_take_fn *take, void *arg,
			   int *out_status, struct buf *out, struct note *why) must_check;

/* Takes a whole answer apart: head and body as they were received.  For admin_http_exchange() and its tests. */
enum err admin_http_parse(struct span answer, int *out_status, struct span *out_body, struct note *why) must_check;

#endif

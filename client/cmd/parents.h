/*
 * parents: makes the folders above a path with MKCOL, from the top down.
 */
#ifndef CLIENT_CMD_PARENTS_H
#define CLIENT_CMD_PARENTS_H

#include "client/session.h"

typedef void parents_done_fn(void *arg, enum err e, const char *why);

/*
 * Makes every folder above `path`, and with `itself` that one too.  `done` gets the answer for the last one: OK, it was
 * made; E_METHOD, something of that name exists already; else why not.  What cannot be made above the last one is no
 * failure: one may have rights only further down.  `done` may be called before this returns.
 */
void parents_start(struct session *s, const char *path, bool itself, parents_done_fn *done, void *arg);

#endif

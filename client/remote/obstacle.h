/*
 * obstacle: a 207 to DELETE, MOVE or COPY, which is a failure and names what was in the way (RFC 4918 §9.6.1, §9.8.5).
 */
#ifndef CLIENT_REMOTE_OBSTACLE_H
#define CLIENT_REMOTE_OBSTACLE_H

#include "client/remote/answer.h"

/* Never OK.  E_LOCKED, E_FORBIDDEN: the first one's; E_BAD_REQUEST: it names none.  `why` says it. */
enum err obstacle_read(const struct answer *a, struct note *why) must_check;

#endif

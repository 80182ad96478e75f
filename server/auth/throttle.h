/*
 * throttle: how long wrong credentials from an address (IPv6: a /64) have to wait for their answer.  Codes and tokens have 128
 * random bits or more, so this protects passwords, the log and the workers rather than those.
 */
#ifndef SERVER_AUTH_THROTTLE_H
#define SERVER_AUTH_THROTTLE_H

#include "common/base.h"

struct throttle;

struct throttle *throttle_new(void);
void throttle_free(struct throttle *t);

/*
 * Notes a failure of `address` and says how many milliseconds the answer has to wait: 250 for the first, doubling to 4000;
 * a minute without failures forgets.  Any thread.
 */
unsigned throttle_failed(struct throttle *t, const char *address);

#endif

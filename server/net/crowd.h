/*
 * crowd: how many connections each network has open, over all loops.  Memory grows with the open connections alone.
 */
#ifndef SERVER_NET_CROWD_H
#define SERVER_NET_CROWD_H

#include "common/network.h"

struct crowd;

struct crowd *crowd_new(void);
void crowd_free(struct crowd *c); /* NULL is fine */

/* One connection more, unless there are `max` (0: any number).  False: too many.  Any thread; a short lock. */
bool crowd_enter(struct crowd *c, const struct network *n, unsigned max) must_check;

/* After crowd_enter() said true. */
void crowd_leave(struct crowd *c, const struct network *n);

#endif

/*
 * dress: the executable bit of files whose content is settled: who changed it last time we agreed tells the other.  It is kept on the
 * server as Apache's property `executable`; on a file system without such a bit nothing of this is done.
 */
#ifndef CLIENT_SYNC_DRESS_H
#define CLIENT_SYNC_DRESS_H

#include "client/sync/work.h"

/* Adds to a finished plan, where there is nothing else to do: PLAN_CHMOD, PLAN_FLAG, or PLAN_ADOPT if both sides agree already. */
void dress_plan(struct work *w);

#endif

/*
 * dress: the executable bit and the time of files whose content is settled: who changed one of them since we last agreed tells the other;
 * of two that changed the time the server's stands.  The bit is kept on the server as Apache's property `executable`; on a file system
 * without such a bit it is left alone.
 */
#ifndef CLIENT_SYNC_DRESS_H
#define CLIENT_SYNC_DRESS_H

#include "client/sync/work.h"

/*
 * Adds to a finished plan, where there is nothing else to do: PLAN_CHMOD, PLAN_FLAG, PLAN_TOUCH, PLAN_STAMP, or PLAN_ADOPT if both
 * sides agree already.
 */
void dress_plan(struct work *w, bool has_modes);

#endif

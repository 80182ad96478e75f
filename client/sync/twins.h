/*
 * twins: names of the server that cannot be here beside one that is: this file system takes two that differ only in case, or in how
 * accents are written, for one and the same.
 *
 * Taken for it, the second would look as if it had gone from here, and be deleted there.  The one that is here keeps its place; the
 * other, and all below it, is held until one of the two is renamed.
 */
#ifndef CLIENT_SYNC_TWINS_H
#define CLIENT_SYNC_TWINS_H

#include "client/sync/place.h"
#include "client/sync/possible.h"
#include "client/sync/work.h"

/*
 * Holds what would be made here and cannot be, or only in the place of another; and what would be made there while the server has that
 * name in another spelling of its accents, which to it is the same.  `one_by_one`: of names in the plan itself that may be
 * twins only the first is made in this round: the next one sees whether that stands for the other, too.  Blocks.
 */
void twins_hold(const struct place *p, struct possible *possible, struct work *w, bool one_by_one);

#endif

/*
 * moves: a peephole on a finished plan: a deletion and a creation of the same thing become one move.
 *
 * It only saves work: without it, or when a move does not succeed, what the move was made of leads to the same trees.
 */
#ifndef CLIENT_SYNC_MOVES_H
#define CLIENT_SYNC_MOVES_H

#include "client/sync/work.h"

/*
 * There: a file or a whole folder that went here, and came elsewhere with the same content, becomes PLAN_MOVE.  Here: one that went
 * there, and came elsewhere with the same resource-id and content, PLAN_RENAME.  What goes along becomes PLAN_MOVED.  Empty files are
 * left alone: they are all alike.
 */
void moves_pair(struct work *w);

/* The index behind the last item below `index`. */
size_t moves_end(const struct work *w, size_t index);

#endif

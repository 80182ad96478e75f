/*
 * treepath: paths below a linked folder, "a/b" without a slash in front, and the order of a walk: a folder, then what is in it,
 * then what comes after it.  Plain byte order would put "a-b" between "a" and "a/b"; here "/" is the lowest byte.
 */
#ifndef CLIENT_SYNC_TREEPATH_H
#define CLIENT_SYNC_TREEPATH_H

#include "common/span.h"

/* Less than, equal to or greater than 0, in the order of a walk. */
int treepath_compare(const char *a, const char *b);

/* True if `path` lies below the folder (not the folder itself); everything lies below "". */
bool treepath_is_below(const char *path, const char *folder);

/* "a/b" to "a" and "b"; "b" to "" and "b".  The name is borrowed; the caller frees the folder's path. */
char *treepath_parent(const char *path);
const char *treepath_name(const char *path);

/* "a" and "b" to "a/b"; "" and "b" to "b".  The caller frees it. */
char *treepath_join(const char *folder, const char *name);

/* How many folders it is in. */
size_t treepath_depth(const char *path);

/* Is one of its names ".sync", which is never synced? */
bool treepath_is_ours(const char *path);

#endif

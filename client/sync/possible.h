/*
 * possible: which names the file system of a linked folder takes, and what it makes of them.  It is asked with files of those names in
 * .sync/tmp: nobody else can say it (vfat, NTFS and SMB refuse characters, devices' names, a dot at the end, or cut that off; HFS+
 * writes accents in its own way; each driver has errors of its own for it).
 */
#ifndef CLIENT_SYNC_POSSIBLE_H
#define CLIENT_SYNC_POSSIBLE_H

#include "client/sync/place.h"

struct possible {
	int folder; /* where it is tried; -1: it was not asked yet */
	int temp;
	bool takes_all;
};

/* Does it give a name back in another normal form than the one it was given?  Blocks. */
bool possible_is_normalising(const struct place *p);

void possible_init(struct possible *k, const struct place *p);

/* Why there can be nothing of that name (one segment) here; NULL: there can, or it cannot be told.  Blocks. */
const char *possible_why_not(struct possible *k, const char *name);
void possible_clear(struct possible *k);

#endif

/*
 * mergeplace: where a merge lies while somebody settles in the editor what could not be merged by itself: in the folder of its remote file
 * (editplace.h), so that it outlives the command, and the next merge of the same goes on with it.
 *
 *     $XDG_STATE_HOME/sync/edits/HASH/merge/NAME   what is edited; /start what it was; /NAME.1 and so on: of other merges, left
 */
#ifndef CLIENT_CMD_MERGEPLACE_H
#define CLIENT_CMD_MERGEPLACE_H

#include "common/err.h"
#include "common/span.h"

struct mergeplace {
	char *folder, *name, *file; /* the file's path */
	bool is_continued;          /* what was written of the same merge is in it */
	char *older;                /* where what was written of another one is now; NULL: there was none */
};

/* Puts `start` there, unless what was made of the very same lies there.  `why`.  mergeplace_clear() frees, whatever came. */
enum err mergeplace_begin(const char *remote, const char *path, struct span start, struct mergeplace *out,
			  struct note *why) must_check;
void mergeplace_clear(struct mergeplace *m);

/* Has somebody written something there? */
bool mergeplace_is_written(const struct mergeplace *m);

/* It is settled: nothing of it is needed any more. */
void mergeplace_remove(const struct mergeplace *m);

/* What was written of a merge of the file that was not ended, or NULL.  The caller frees it. */
char *mergeplace_left(const char *remote, const char *path);

#endif

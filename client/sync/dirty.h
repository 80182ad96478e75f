/*
 * dirty: the folders of a linked folder in which something may differ from the base, so that a scan reads these alone.
 *
 * It begins with everything, and comes back to it when there are too many: it is never too small, whatever was forgotten of it.
 */
#ifndef CLIENT_SYNC_DIRTY_H
#define CLIENT_SYNC_DIRTY_H

#include "common/err.h"

struct dirty;

/* Everything is dirty.  The caller frees it; NULL is fine. */
struct dirty *dirty_new(void);
void dirty_free(struct dirty *d);

/* The folder's own entries, or `is_deep` all below it.  "" is the root. */
void dirty_add(struct dirty *d, const char *folder, bool is_deep);
void dirty_add_all(struct dirty *d);

/* Nothing is. */
void dirty_clear(struct dirty *d);

bool dirty_is_all(const struct dirty *d);
bool dirty_is_empty(const struct dirty *d);

enum dirty_reach {
	DIRTY_NOT,
	DIRTY_BELOW, /* not the folder, but some below it */
	DIRTY_ITSELF,
	DIRTY_WHOLE
};

enum dirty_reach dirty_at(const struct dirty *d, const char *folder);

/*
 * The folders in `folder` that are dirty or have some below, in the order of a walk: calls back with the path of each, an error ends it.
 */
typedef enum err dirty_fn(void *arg, const char *path);
enum err dirty_each_in(const struct dirty *d, const char *folder, dirty_fn *fn, void *arg) must_check;

#endif

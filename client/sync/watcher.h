/*
 * watcher: says when something in a linked folder changed, and in which of its folders, by inotify: one watch for each folder, .sync
 * left out.
 *
 * It only says where something did: what, a scan finds out.  When the kernel lost events, everything may have changed.
 */
#ifndef CLIENT_SYNC_WATCHER_H
#define CLIENT_SYNC_WATCHER_H

#include "client/sync/dirty.h"

struct watcher;

enum watcher_news {
	WATCHER_QUIET,
	WATCHER_SOON, /* something is being done: wait until it is quiet for a moment */
	WATCHER_NOW   /* a file was closed after writing, or came by a rename */
};

/* `root` is an open folder, borrowed.  E_IO and the like: there is no inotify.  The caller frees it. */
enum err watcher_new(int root, struct watcher **out) must_check;
void watcher_free(struct watcher *w);

/* To poll for reading. */
int watcher_fd(const struct watcher *w);

/* Takes what has come, adds the folders to `dirty`, and watches folders that came with it.  Does not wait. */
enum watcher_news watcher_take(struct watcher *w, struct dirty *dirty);

/* False: the limit of watches (fs.inotify.max_user_watches) was met, and not everything is watched. */
bool watcher_is_whole(const struct watcher *w);

#endif

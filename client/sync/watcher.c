#include "client/sync/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/local.h"
#include "client/sync/ignore.h"
#include "client/sync/names.h"
#include "client/sync/treepath.h"

enum { EVENTS_SIZE = 64 << 10, DEPTH_LIMIT = 256 };

#define NOW_MASK  (IN_CLOSE_WRITE | IN_MOVED_TO)
#define SOON_MASK (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

struct watcher {
	int root, fd;
	char **paths; /* by watch descriptor; NULL: none */
	size_t room;
	bool is_whole;
};

static void remember(struct watcher *w, int wd, const char *path)
{
	size_t at = (size_t)wd;

	if (at >= w->room) {
		size_t room = MAX(2 * w->room, at + 64);

		w->paths = xrealloc(w->paths, room * sizeof *w->paths);
		memset(w->paths + w->room, 0, (room - w->room) * sizeof *w->paths);
		w->room = room;
	}
	free(w->paths[at]);
	w->paths[at] = xstrdup(path);
}

/* The folder, and all below it.  What cannot be opened is not watched: the scan holds it. */
static void add_tree(struct watcher *w, int fd, const char *path, unsigned depth)
{
	char link[64];
	struct names names;
	int wd;

	/* By its descriptor: no link on the way is followed. */
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	wd = inotify_add_watch(w->fd, link, NOW_MASK | SOON_MASK | IN_ONLYDIR | IN_EXCL_UNLINK);
	w->is_whole &= wd >= 0 || errno != ENOSPC;
	if (wd < 0 || depth > DEPTH_LIMIT)
		return;
	remember(w, wd, path);
	if (names_read(fd, &names) != OK)
		names.count = 0;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.entries[i].name;
		autofree char *below = treepath_join(path, name);
		struct stat st;
		autoclose int inner = -1;

		if (strcmp(name, ".sync") == 0 || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner >= 0)
			add_tree(w, inner, below, depth + 1);
	}
	names_clear(&names);
}

static void add_path(struct watcher *w, const char *path)
{
	struct note why;
	int fd = -1;

	if (local_folder_below(w->root, path, false, &fd, &why) == OK)
		add_tree(w, fd, path, (unsigned)treepath_depth(path));
	if (fd >= 0)
		close(fd);
}

enum err watcher_new(int root, struct watcher **out)
{
	struct watcher *w = xcalloc(1, sizeof *w);

	*w = (struct watcher){ .root = root, .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .is_whole = true };
	if (w->fd < 0) {
		enum err e = err_from_errno(errno);

		watcher_free(w);
		return e;
	}
	add_path(w, "");
	*out = w;
	return OK;
}

void watcher_free(struct watcher *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	for (size_t i = 0; i < w->room; i++)
		free(w->paths[i]);
	free(w->paths);
	free(w);
}

int watcher_fd(const struct watcher *w)
{
	return w->fd;
}

bool watcher_is_whole(const struct watcher *w)
{
	return w->is_whole;
}

static enum watcher_news take_event(struct watcher *w, const struct inotify_event *event, struct dirty *dirty)
{
	const char *folder = event->wd >= 0 && (size_t)event->wd < w->room ? w->paths[event->wd] : NULL;

	if (event->mask & IN_Q_OVERFLOW) { /* what was missed may be anything, new folders too */
		dirty_add_all(dirty);
		add_path(w, "");
		return WATCHER_NOW;
	}
	if (event->mask & IN_IGNORED) {
		if (folder)
			free(TAKE(w->paths[event->wd]));
		return WATCHER_QUIET;
	}
	if (!folder || (event->len && strcmp(event->name, ".sync") == 0))
		return WATCHER_QUIET;
	dirty_add(dirty, folder, false);
	if (event->len && strcmp(event->name, IGNORE_FILE) == 0)
		dirty_add_all(dirty);
	if ((event->mask & IN_ISDIR) && (event->mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)) && event->len) {
		autofree char *path = treepath_join(folder, event->name); /* new, or to be read at last */

		dirty_add(dirty, path, true);
		add_path(w, path);
		return event->mask & IN_ATTRIB ? WATCHER_SOON : WATCHER_NOW;
	}
	return event->mask & NOW_MASK ? WATCHER_NOW : event->mask & SOON_MASK ? WATCHER_SOON : WATCHER_QUIET;
}

enum watcher_news watcher_take(struct watcher *w, struct dirty *dirty)
{
	autofree char *events = xmalloc(EVENTS_SIZE);
	enum watcher_news news = WATCHER_QUIET;
	ssize_t len;

	while ((len = read(w->fd, events, EVENTS_SIZE)) > 0)
		for (ssize_t at = 0; at < len;) {
			/* Whole events, each with its name behind it, padded so that the next is aligned (inotify(7)). */
			const struct inotify_event *event = (const void *)(events + at);
			enum watcher_news one = take_event(w, event, dirty);

			news = MAX(news, one);
			at += (ssize_t)(sizeof *event + event->len);
		}
	return news;
}

/*
 * kept: what has a URL of its own beside the tree (protocol.md, "Versions, trash, time").
 *
 *     /.sync/versions/<uuid>/<number>    a resource as it was at that number: a file's content, a collection and all below it.
 *                                        Never changes.  GET, HEAD, PROPFIND; COPY from it restores
 *     /.sync/trash/                      what was deleted, the last first.  PROPFIND
 *     /.sync/trash/<number>-<name>       one such thing, and what is below it.  GET, HEAD, PROPFIND; MOVE restores it with its
 *                                        history, DELETE removes it for good
 *
 * One sees what one may read both at the place it had then and where it is now, or would be; to remove something for good takes
 * the right to write there.
 */
#ifndef SERVER_DAV_KEPT_H
#define SERVER_DAV_KEPT_H

#include "server/dav/call.h"

/* Is the call's path one of these? */
bool kept_is_one(const struct call *c);

/* Answers the request, now or later. */
void kept_handle(struct call *c);

/* COPY of a version, MOVE out of the trash (restore.c): c->node as it was at the number c->at. */
void kept_restore(struct call *c);
void kept_undelete(struct call *c);

/* PROPFIND of the trash (trash.c), and of one thing in it. */
void kept_list_trash(struct call *c);

/* The name of something in the trash, "1041-notes.txt", in `arena`. */
const char *kept_trash_name(struct arena *arena, int64_t number, const char *name);

/* May the caller read both places? */
bool kept_may_read(const struct call *c, struct span then, struct span now);

#endif

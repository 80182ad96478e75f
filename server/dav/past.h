/*
 * past: the tree as it was: `?at=` with a number or a time, and Accept-Datetime (RFC 7089), of GET, HEAD and PROPFIND.
 *
 * One sees what one may read: by the path that is asked, and by where the thing is now (protocol.md, "Versions, trash, time").
 */
#ifndef SERVER_DAV_PAST_H
#define SERVER_DAV_PAST_H

#include "server/dav/call.h"

/* Does the request ask for the past? */
bool past_is_asked(struct call *c);

/*
 * Finds what was there, on a worker: c->is_past, c->at, c->exists and c->node are set, and the reply's fields that say of when it
 * is; then calls back on the loop, unless it was answered (a moment that cannot be read is 400, as is one with another method).
 */
void past_find(struct call *c, void (*found)(struct call *c));

/* Is the node now where the caller may read, or was deleted from there?  Short look-ups; any thread. */
bool past_may_read_now(const struct call *c, int64_t node);

/*
 * The tag and size that a collection had then, if that can be told for what PAST_BUDGET of a request's looks cost, and the caller may
 * read everything, so that it tells of nothing else; else its size is -1.  On a worker.
 */
enum { PAST_BUDGET = 50000 };
void past_sum(struct call *c, struct store_node *io_node);

/* Is only the name of it known?  Of a collection as it was. */
bool past_is_vague(const struct call *c, const struct store_node *node);

/* Memento-Datetime (RFC 7089 §2.1.1), and where what it was is now.  `original` is percent-encoded. */
void past_set_fields(struct call *c, int64_t moment_ns, const char *original);

#endif

/*
 * fetch: bytes of files without waiting for a disk: what is in the page cache is read at once (preadv2 RWF_NOWAIT), for the
 * rest a worker reads it into the cache first.
 */
#ifndef SERVER_NET_FETCH_H
#define SERVER_NET_FETCH_H

#include "server/net/pool.h"

#include <sys/types.h>

enum { FETCH_COLD = -1, FETCH_FAILED = -2, FETCH_WARM_MAX = 4 << 20 };

/* Bytes read (0: the file ends here), FETCH_COLD: not without waiting, FETCH_FAILED. */
ssize_t fetch_now(int fd, void *out, size_t len, off_t offset);

/* The same, may wait: for what a worker has just read. */
ssize_t fetch_warm(int fd, void *out, size_t len, off_t offset);

/*
 * Are so many bytes cached, every page of them?  At most FETCH_WARM_MAX.  By mincore(2): one call where reading a byte of each page's
 * neighbourhood took sixty; it tells the truth only to the file's owner, which a store's process is.  False where it is not allowed.
 */
bool fetch_is_warm(int fd, off_t offset, size_t len);

struct fetch;

/*
 * Has a worker read [offset, offset + len) into the cache; `done` runs on the loop unless it was cancelled; `ok`: false if reading
 * failed.  The descriptor is duplicated: it may be closed meanwhile.  NULL: no descriptor left.
 */
struct fetch *fetch_start(struct loop *loop, struct pool *pool, int fd, off_t offset, size_t len,
			  void (*done)(void *arg, bool ok), void *arg);

/* `done` will not be called. */
void fetch_cancel(struct fetch *f);

#endif

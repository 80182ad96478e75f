/*
 * filebody: a file here, or the text that stands for a link, as the body of a request: as the scan saw it, or not at all.
 */
#ifndef CLIENT_SYNC_FILEBODY_H
#define CLIENT_SYNC_FILEBODY_H

#include <sys/types.h>

#include "client/local.h"
#include "client/sync/place.h"

struct filebody {
	int fd; /* -1: none */
	int64_t at, size_bytes;
	bool has_changed; /* it became shorter while it was read */
};

/* False: it is another by now, or cannot be read.  filebody_close() closes, whatever came. */
bool filebody_open(struct filebody *b, const struct place *place, const char *path, const struct local_id *expected);
void filebody_close(struct filebody *b);

/* The next bytes; -1: an error. */
ssize_t filebody_read(struct filebody *b, char *out, size_t len);

#endif
